import { cosignedMessage, decodeTimedSignature, encodeTimedSignature } from './cosignature.ts';
import { formatSignature, isNoteText, type SignatureLine, splitNote } from './note-form.ts';
import type { VerifierKey, VerifyEd25519 } from './note-key.ts';
import { TlogRefused } from './tlog-refused.ts';
import { encodeUtf8 } from './utf8.ts';

const SIGNATURE_SIZE = 64;

/** A text that at least one known key has signed. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A signature that has been verified. */
export interface NoteSignature {
  readonly key: VerifierKey;
  /** Seconds since the epoch, as a cosignature says; `undefined` for other types. */
  readonly time: number | undefined;
}

/** A secret key at work: makes the Ed25519 signature (RFC 8032) of the bytes given. */
export interface Signer {
  readonly key: VerifierKey;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/**
 * Opens a note (C2SP signed-note). Only name and id together name a key; signatures of unknown keys are
 * passed over. Throws a TlogRefused: `note-malformed`, `signature-wrong` if a known key's signature is
 * not that of the text, `signature-missing` if no known key has signed.
 */
export function openNote(
  verifyEd25519: VerifyEd25519,
  keys: readonly VerifierKey[],
  bytes: Uint8Array,
): Note {
  const { text, signatures } = splitNote(bytes);
  const verified = signatures.flatMap((line) => verifyLine(verifyEd25519, keys, text, line));
  if (verified.length === 0)
    throw new TlogRefused('signature-missing', 'no known key has signed the note');
  return { text, signatures: verified };
}

/**
 * A note: the text, a blank line and a signature by each signer. `time` in seconds since the epoch is
 * what cosigners state. Throws a RangeError for a text that cannot be signed, for no signer, and for a
 * cosigner without a time.
 */
export function signNote(text: string, signers: readonly Signer[], time?: number): Uint8Array {
  if (signers.length === 0) throw new RangeError('a note needs a signer');
  const lines = signers.map((signer) => formatSignature(signText(text, signer, time)));
  return encodeUtf8(`${text}\n${lines.join('')}`);
}

/** One signature of a text, to be shown apart from it, as a witness answers. Throws as `signNote` does. */
export function signText(text: string, { key, sign }: Signer, time?: number): SignatureLine {
  if (!isNoteText(text)) throw new RangeError('this text cannot be signed');
  const { name, id, type } = key;
  if (type === 'note') return { name, id, bytes: sign(encodeUtf8(text)) };
  if (time === undefined) throw new RangeError('a cosignature states its time');
  const signature = sign(cosignedMessage(text, time));
  return { name, id, bytes: encodeTimedSignature({ time, signature }) };
}

/**
 * The note with those of the signatures added that known keys made, one a key; it takes the place of an
 * older one of that key. Throws a TlogRefused: `note-malformed`, `signature-wrong`.
 */
export function addSignatures(
  verifyEd25519: VerifyEd25519,
  keys: readonly VerifierKey[],
  note: Uint8Array,
  added: readonly SignatureLine[],
): Uint8Array {
  const { text, signatures } = splitNote(note);
  const accepted = new Map<VerifierKey, SignatureLine>();
  for (const line of added)
    for (const { key } of verifyLine(verifyEd25519, keys, text, line)) accepted.set(key, line);
  const kept = signatures.filter((line) => ![...accepted.keys()].some((key) => isOf(key, line)));
  return encodeUtf8(`${text}\n${[...kept, ...accepted.values()].map(formatSignature).join('')}`);
}

function isOf(key: VerifierKey, line: SignatureLine): boolean {
  return key.name === line.name && key.id === line.id;
}

/** What a signature line proves: nothing if its key is unknown. Throws if the key is known and the signature wrong. */
function verifyLine(
  verifyEd25519: VerifyEd25519,
  keys: readonly VerifierKey[],
  text: string,
  line: SignatureLine,
): NoteSignature[] {
  return keys
    .filter((key) => isOf(key, line))
    .map((key) => {
      const claim = claimOf(key, text, line);
      if (claim === undefined || !verifyEd25519(key.publicKey, claim.message, claim.signature))
        throw new TlogRefused('signature-wrong', 'the signature of a known key is wrong');
      return { key, time: claim.time };
    });
}

interface SignatureClaim {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly time: number | undefined;
}

/** What the signature is of, by its key's type; `undefined` for one of another length. */
function claimOf(
  { type }: VerifierKey,
  text: string,
  { bytes }: SignatureLine,
): SignatureClaim | undefined {
  const timed =
    type === 'cosignature' ? decodeTimedSignature(bytes) : { time: undefined, signature: bytes };
  if (timed?.signature.length !== SIGNATURE_SIZE) return undefined;
  const message = timed.time === undefined ? encodeUtf8(text) : cosignedMessage(text, timed.time);
  return { ...timed, message };
}
