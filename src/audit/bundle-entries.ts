import { joinBytes } from '../tlog/bytes.ts';
import { MEMBERS } from './bundle-format.ts';
import { BundleRefused } from './bundle-refused.ts';
import { readChunks } from './bundle-stream.ts';

/** An entry at its place. */
export interface EntryAt {
  readonly index: number;
  readonly entry: Uint8Array;
}

/**
 * The entries of the range, as many at once as there are in a chunk. Throws a BundleRefused if there are
 * fewer or more than the range says, or if the last one is cut off.
 */
export async function* readEntries(
  member: Blob,
  { from, to }: { readonly from: number; readonly to: number },
): AsyncGenerator<readonly EntryAt[]> {
  let rest: Uint8Array = new Uint8Array();
  let index = from;
  let done = 0;
  for await (const chunk of readChunks(member)) {
    const bytes = joinBytes(rest, chunk);
    const entries = splitEntries(bytes, index);
    index += entries.length;
    if (index > to) refuse(done, `more entries stand there than the ${to - from} of the range`);
    yield entries;
    rest = bytes.slice(lengthOf(entries));
    done += bytes.length - rest.length;
  }
  if (rest.length > 0) refuse(done, `entry ${index} is cut off`);
  if (index < to) refuse(done, `entry ${index} of the range up to ${to} is missing`);
}

function splitEntries(bytes: Uint8Array, first: number): EntryAt[] {
  const entries: EntryAt[] = [];
  for (let at = 0; ; ) {
    const [high, low] = bytes.subarray(at, at + 2);
    if (high === undefined || low === undefined) return entries;
    const end = at + 2 + high * 256 + low;
    if (end > bytes.length) return entries;
    entries.push({ index: first + entries.length, entry: bytes.subarray(at + 2, end) });
    at = end;
  }
}

function lengthOf(entries: readonly EntryAt[]): number {
  return entries.reduce((length, { entry }) => length + 2 + entry.length, 0);
}

function refuse(byte: number, detail: string): never {
  throw new BundleRefused(`${MEMBERS.entries} byte ${byte}`, detail);
}
