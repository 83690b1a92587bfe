import { decodeEnvelope } from '../audit/envelope.ts';
import { type AuditRecord, bytesOfSections, readRecord } from '../audit/record.ts';
import type { Reader } from '../store/store.ts';
import type { WholeEntry } from '../store/whole-entry.ts';

/** Some entries in the order of the log; never more than a page of the store's. */
export type EntryPage = readonly WholeEntry[];

/** The longest list of indexes that is read at once. */
export const PAGE = 128;

export function recordOf({ index, entry, content }: WholeEntry): AuditRecord {
  const { time, publicPayload } = decodeEnvelope(entry);
  return readRecord({ index, time, publicPayload }, bytesOfSections(content ?? {}));
}

/** One entry after the other, for what is looked at and not kept. */
export async function* eachOf(
  pages: AsyncIterable<EntryPage>,
): AsyncGenerator<WholeEntry, void, void> {
  for await (const page of pages) yield* page;
}

/** The entries of a range, page by page. */
export async function* pagesOfRange(
  reader: () => Reader,
  { from, to }: { readonly from: number; readonly to: number },
): AsyncGenerator<EntryPage, void, void> {
  for (let at = from; at < to; ) {
    const page = await reader().wholeEntries(at, to);
    if (page[0]?.index !== at) throw new Error(`entry ${at} is not there any more`);
    yield page;
    at += page.length;
  }
}

/** The entries at these indexes, which are in their order. */
export async function* pagesAt(
  reader: () => Reader,
  indexes: readonly number[],
): AsyncGenerator<EntryPage, void, void> {
  for (let at = 0; at < indexes.length; at += PAGE)
    yield await reader().wholeEntriesAt(indexes.slice(at, at + PAGE));
}

/** Puts the entries at some more indexes, which are in their order, where they belong among others. */
export async function* withEntriesAt(
  reader: () => Reader,
  pages: AsyncIterable<EntryPage>,
  indexes: readonly number[],
): AsyncGenerator<EntryPage, void, void> {
  let next = 0;
  for await (const page of pages) {
    const known = new Map(page.map((whole) => [whole.index, whole]));
    const last = page.at(-1)?.index ?? -1;
    const begin = next;
    while ((indexes[next] ?? Infinity) <= last) next += 1;
    const missing = indexes.slice(begin, next).filter((index) => !known.has(index));
    if (missing.length === 0) yield page;
    else yield* mergedPages(reader, known, missing);
  }
  yield* pagesAt(reader, indexes.slice(next));
}

async function* mergedPages(
  reader: () => Reader,
  known: ReadonlyMap<number, WholeEntry>,
  missing: readonly number[],
): AsyncGenerator<EntryPage, void, void> {
  const order = [...known.keys(), ...missing].toSorted((one, other) => one - other);
  for (let at = 0; at < order.length; at += PAGE) {
    const wanted = order.slice(at, at + PAGE);
    const read = await reader().wholeEntriesAt(wanted.filter((index) => !known.has(index)));
    const kept = wanted.flatMap((index) => known.get(index) ?? []);
    yield [...kept, ...read].toSorted((one, other) => one.index - other.index);
  }
}
