import { areEqualBytes } from '../tlog/bytes.ts';
import type { Sha256 } from '../tlog/hash.ts';
import type { VerifyEd25519 } from '../tlog/note-key.ts';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from '../tlog/tlog-proof.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { decodeUtf8, encodeUtf8 } from '../tlog/utf8.ts';
import type { LogTrust, VerifiedCheckpoint } from '../tlog/verify-checkpoint.ts';
import { canonicalText } from './canonical.ts';
import {
  type DisclosedContent,
  isCommittedTo,
  readDisclosed,
  writeDisclosed,
} from './disclosed.ts';
import { decodeEnvelope, type Envelope } from './envelope.ts';
import { fromHex, toHex } from './hex.ts';
import { type AuditRecord, bytesOfSections, readRecord } from './record.ts';

/** The content of a receipt always carries all five digests. */
type ReceiptContent = DisclosedContent & { readonly digests: readonly Uint8Array[] };

/** One entry with as much of its content as its reader may see, and the proof that it is in the log. */
export interface Receipt {
  readonly index: number;
  readonly entry: Uint8Array;
  readonly content: ReceiptContent;
  /** The hashes of its inclusion proof. */
  readonly hashes: readonly Uint8Array[];
  /** A signed note, to the letter. */
  readonly checkpoint: Uint8Array;
}

/** What a receipt proves, once it was verified. */
export interface VerifiedReceipt {
  readonly index: number;
  readonly envelope: Envelope;
  /** The sections that are shown. */
  readonly record: AuditRecord;
  readonly checkpoint: VerifiedCheckpoint;
}

/** A receipt as a file: a C2SP tlog-proof whose extra data is the entry and its content. */
export function formatReceipt({ index, entry, content, hashes, checkpoint }: Receipt): Uint8Array {
  const extra = encodeUtf8(extraText(entry, content));
  return formatTlogProof({ extra, index, hashes, checkpoint });
}

/**
 * Reads a receipt without verifying it. Throws a TlogRefused `proof-malformed`, or a SyntaxError that says
 * what is wrong with its extra data.
 */
export function parseReceipt(bytes: Uint8Array): Receipt {
  const { extra, index, hashes, checkpoint } = parseTlogProof(bytes);
  const text = extra && decodeUtf8(extra);
  if (text === undefined) throw new SyntaxError('the receipt has no extra data');
  const json: unknown = JSON.parse(text);
  const { sections, digests } = readDisclosed(json);
  if (digests === undefined) throw new SyntaxError('the receipt has no digests');
  const entry = readEntry(json);
  const content = { sections, digests };
  // One text for one receipt: two readers cannot see different things in it.
  if (extraText(entry, content) !== text)
    throw new SyntaxError('the extra data is not written canonically');
  return { index, entry, content, hashes, checkpoint };
}

/**
 * Verifies a receipt: the entry is in a log that is trusted, and what is shown is what it commits to. Throws
 * a TlogRefused as `verifyTlogProof` does, `proof-malformed` for a content that is another one, and a
 * SyntaxError as `parseReceipt` does.
 */
export function verifyReceipt(
  by: { readonly sha256: Sha256; readonly verifyEd25519: VerifyEd25519 },
  trust: LogTrust,
  bytes: Uint8Array,
): VerifiedReceipt {
  const receipt = parseReceipt(bytes);
  const { index, entry, content } = receipt;
  const checkpoint = verifyTlogProof(by, trust, receipt, entry);
  const envelope = readAs(() => decodeEnvelope(entry));
  if (!isContentOf(by.sha256, envelope, content))
    throw new TlogRefused('proof-malformed', 'the content is not the one the entry commits to');
  const { time, publicPayload } = envelope;
  const record = readAs(() =>
    readRecord({ index, time, publicPayload }, bytesOfSections(content.sections)),
  );
  return { index, envelope, record, checkpoint };
}

function extraText(entry: Uint8Array, content: ReceiptContent): string {
  const { sections, salts, digests } = writeDisclosed(content);
  return canonicalText({
    entry: toHex(entry),
    sections: { ...sections },
    salts: { ...salts },
    digests,
  });
}

function readEntry(json: unknown): Uint8Array {
  const hex = typeof json === 'object' && json !== null && 'entry' in json ? json.entry : undefined;
  const entry = typeof hex === 'string' ? fromHex(hex, hex.length / 2) : undefined;
  if (entry === undefined) throw new SyntaxError('the entry is not in hex');
  return entry;
}

/** Whoever wrote the log may have written anything: what nobody could read is told as what it is. */
function readAs<Read>(read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError)
      throw new SyntaxError(error.message, { cause: error });
    throw error;
  }
}

/** A public entry has no content: its receipt shows none, and has the digests of absent sections. */
function isContentOf(sha256: Sha256, envelope: Envelope, content: ReceiptContent): boolean {
  if (envelope.publicPayload === undefined)
    return isCommittedTo(sha256, content, envelope.commitment);
  const absent = new Uint8Array(32);
  return (
    Object.keys(content.sections).length === 0 &&
    content.digests.every((digest) => areEqualBytes(digest, absent))
  );
}
