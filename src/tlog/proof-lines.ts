import { decodeBase64Of, encodeBase64 } from './base64.ts';
import { joinBytes } from './bytes.ts';
import { HASH_SIZE } from './hash.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

/** No proof of a tree of fewer than 2^63 leaves is longer. */
const MAX_HASHES = 63;
const NEWLINE = 0x0a;

/** Lines, a blank line, and a checkpoint to the letter: the form of proofs and of what witnesses are sent. */
export interface HeadedCheckpoint {
  readonly lines: readonly string[];
  readonly checkpoint: Uint8Array;
}

export function formatHeaded({ lines, checkpoint }: HeadedCheckpoint): Uint8Array {
  return joinBytes(encodeUtf8(`${lines.join('\n')}\n\n`), checkpoint);
}

/** Parts it at its first blank line; `undefined` if there is none, or the lines before it are not UTF-8. */
export function parseHeaded(bytes: Uint8Array): HeadedCheckpoint | undefined {
  const blank = bytes.findIndex((byte, at) => byte === NEWLINE && bytes[at + 1] === NEWLINE);
  if (blank < 0) return undefined;
  const head = decodeUtf8(bytes.subarray(0, blank));
  if (head === undefined) return undefined;
  return { lines: head.split('\n'), checkpoint: bytes.slice(blank + 2) };
}

/** Hashes in base 64, one a line. */
export function formatHashes(hashes: readonly Uint8Array[]): string[] {
  return hashes.map(encodeBase64);
}

/** Reads them back; `undefined` if one is no hash, or if they are more than 63. */
export function parseHashes(lines: readonly string[]): Uint8Array[] | undefined {
  if (lines.length > MAX_HASHES) return undefined;
  const hashes = lines.flatMap((line) => decodeBase64Of(HASH_SIZE, line) ?? []);
  return hashes.length === lines.length ? hashes : undefined;
}
