import { joinBytes } from './bytes.ts';
import { TlogRefused } from './tlog-refused.ts';

const MAX_ENTRY = 0xffff;

/**
 * Entries as a log serves them: each behind its length as 16 bits, big-endian (C2SP tlog-tiles,
 * section Log entries). Throws a RangeError for an entry longer than 65,535 bytes.
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  return joinBytes(...entries.flatMap((entry) => [encodeLength(entry.length), entry]));
}

/**
 * Reads a bundle that must hold exactly `width` entries. Throws a TlogRefused
 * `entry-bundle-malformed` if it holds fewer or more, or ends within one.
 */
export function decodeEntryBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (entries.length < width) {
    const [high, low] = bytes.subarray(at, at + 2);
    if (high === undefined || low === undefined) throw refused('ends too early', entries.length);
    const end = at + 2 + high * 256 + low;
    if (end > bytes.length) throw refused('ends within an entry', entries.length);
    entries.push(bytes.slice(at + 2, end));
    at = end;
  }
  if (at !== bytes.length) throw refused('goes on', entries.length);
  return entries;
}

function encodeLength(length: number): Uint8Array {
  if (length > MAX_ENTRY) throw new RangeError(`an entry of ${length} bytes fits no bundle`);
  return Uint8Array.of(length >> 8, length & 255);
}

function refused(what: string, count: number): TlogRefused {
  return new TlogRefused('entry-bundle-malformed', `the bundle ${what} after ${count} entries`);
}
