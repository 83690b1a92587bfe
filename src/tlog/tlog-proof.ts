import { decodeBase64, encodeBase64 } from './base64.ts';
import { parseDecimal } from './decimal.ts';
import { hashLeaf, type Sha256 } from './hash.ts';
import { verifyInclusion } from './inclusion.ts';
import type { VerifyEd25519 } from './note-key.ts';
import { formatHashes, formatHeaded, parseHashes, parseHeaded } from './proof-lines.ts';
import { TlogRefused } from './tlog-refused.ts';
import { type LogTrust, type VerifiedCheckpoint, verifyCheckpoint } from './verify-checkpoint.ts';

/** All that is needed to see offline that an entry is in a log (C2SP tlog-proof). */
export interface TlogProof {
  /** What the application adds. Nothing vouches for it: only what the entry commits to can be believed. */
  readonly extra?: Uint8Array | undefined;
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
  /** A checkpoint with its signatures, to the letter. */
  readonly checkpoint: Uint8Array;
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';

/** The proof as a file. Extra data of no bytes are none. */
export function formatTlogProof({ extra, index, hashes, checkpoint }: TlogProof): Uint8Array {
  const hasExtra = extra !== undefined && extra.length > 0;
  const extraLines = hasExtra ? [`extra ${encodeBase64(extra)}`] : [];
  const lines = [FIRST_LINE, ...extraLines, `index ${index}`, ...formatHashes(hashes)];
  return formatHeaded({ lines, checkpoint });
}

/** Reads a proof without verifying it. Throws a TlogRefused `proof-malformed`. */
export function parseTlogProof(bytes: Uint8Array): TlogProof {
  const { lines, checkpoint } = parseHeaded(bytes) ?? raise('no blank line follows the proof');
  const [first, second = '', ...others] = lines;
  if (first !== FIRST_LINE) raise('the first line is another format’s');
  const hasExtra = second.startsWith('extra ');
  const [indexLine = '', ...hashLines] = hasExtra ? others : [second, ...others];
  return {
    extra: hasExtra ? parseExtra(second.slice('extra '.length)) : undefined,
    index: parseIndex(indexLine) ?? raise('the index is missing'),
    hashes: parseHashes(hashLines) ?? raise('a line is no hash'),
    checkpoint,
  };
}

/**
 * Verifies that an entry stands at the proof's index in a log that is trusted. Throws a TlogRefused, as
 * `verifyCheckpoint` and `verifyInclusion` do.
 */
export function verifyTlogProof(
  by: { readonly sha256: Sha256; readonly verifyEd25519: VerifyEd25519 },
  trust: LogTrust,
  { index, hashes, checkpoint }: TlogProof,
  entry: Uint8Array,
): VerifiedCheckpoint {
  const verified = verifyCheckpoint(by.verifyEd25519, trust, checkpoint);
  const { size, root } = verified;
  const leaf = hashLeaf(by.sha256, entry);
  verifyInclusion(by.sha256, { leaf, index, size, root, proof: hashes });
  return verified;
}

function parseExtra(base64: string): Uint8Array {
  const extra = base64 === '' ? undefined : decodeBase64(base64);
  return extra ?? raise('the extra line is not base 64');
}

function parseIndex(line: string): number | undefined {
  return line.startsWith('index ') ? parseDecimal(line.slice('index '.length)) : undefined;
}

function raise(detail: string): never {
  throw new TlogRefused('proof-malformed', detail);
}
