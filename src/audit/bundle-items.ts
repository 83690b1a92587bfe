import { type ContentLine, type Manifest, MEMBERS, type WithheldLine } from './bundle-format.ts';
import { type EntryAt, readEntries } from './bundle-entries.ts';
import { readContent, readEntryLines, readSelected, readWithheld } from './bundle-lines.ts';
import type { BundleMembers } from './bundle-members.ts';
import { BundleRefused } from './bundle-refused.ts';
import { KINDS } from './envelope.ts';
import { LineFeed } from './line-feed.ts';
import type { LogItem } from './verifiable-log.ts';

/** So many entries, with their contents, are in memory at a time. */
const BATCH = 128;
/** Where the envelope says what an entry is about. */
const KIND_AT = 4;

type PlacedEntry = EntryAt & Pick<LogItem, 'proof'>;

/**
 * The items of a bundle in the order of the log: four members merged by index. Throws a BundleRefused for
 * what does not fit together.
 */
export async function* readItems(
  members: BundleMembers,
  manifest: Manifest,
): AsyncGenerator<readonly LogItem[]> {
  const ahead = new Set(manifest.ahead);
  const contents = new LineFeed(
    readEntryLines(MEMBERS.contents, memberOf(members, MEMBERS.contents), readContent),
  );
  const withheld = new LineFeed(
    readEntryLines(MEMBERS.withheld, memberOf(members, MEMBERS.withheld), readWithheld),
  );
  for await (const entries of readPlaced(members, manifest)) {
    const last = entries.at(-1)?.index ?? -1;
    const [shown, hidden] = [await contents.takeUpTo(last), await withheld.takeUpTo(last)];
    for (const entry of entries) checkAhead(entry, ahead);
    yield join(entries, shown, hidden);
  }
  refuseStray(MEMBERS.contents, await contents.takeUpTo(Infinity, 1));
  refuseStray(MEMBERS.withheld, await withheld.takeUpTo(Infinity, 1));
}

/** A member's part of the file; empty if it is not there. */
export function memberOf(members: BundleMembers, name: string): Blob {
  return members.get(name) ?? new Blob([]);
}

/** The entries of the range, and those before and behind it. */
async function* readPlaced(
  members: BundleMembers,
  { range, size }: Manifest,
): AsyncGenerator<readonly PlacedEntry[]> {
  const lines = memberOf(members, MEMBERS.selected);
  const selected = new LineFeed(readEntryLines(MEMBERS.selected, lines, readSelected));
  yield* selected.batchesUpTo(range.from - 1, BATCH);
  for await (const entries of readEntries(memberOf(members, MEMBERS.entries), range))
    for (let at = 0; at < entries.length; at += BATCH) yield entries.slice(at, at + BATCH);
  const [double] = await selected.takeUpTo(range.to - 1, 1);
  if (double !== undefined)
    throw new BundleRefused(MEMBERS.selected, `entry ${double.index} is in the range already`);
  yield* selected.batchesUpTo(size - 1, BATCH);
  const [beyond] = await selected.takeUpTo(Infinity, 1);
  if (beyond !== undefined)
    throw new BundleRefused(MEMBERS.selected, `entry ${beyond.index} is beyond the ${size} signed`);
}

function checkAhead({ index, entry }: PlacedEntry, ahead: ReadonlySet<number>): void {
  const kind = entry[KIND_AT];
  const isAhead = kind === KINDS.erasure || kind === KINDS.hold;
  if (isAhead === ahead.has(index)) return;
  const what = isAhead ? 'is not named there' : 'is neither an erasure nor a hold';
  throw new BundleRefused(MEMBERS.manifest, `ahead: entry ${index} ${what}`);
}

function join(
  entries: readonly PlacedEntry[],
  contents: readonly ContentLine[],
  withheld: readonly WithheldLine[],
): LogItem[] {
  const shown = new Map(contents.map((line) => [line.index, line.content]));
  const hidden = new Map(withheld.map((line) => [line.index, line.reason]));
  const items = entries.map(({ index, entry, proof }): LogItem => {
    const item = { index, entry, proof, content: shown.get(index), withheld: hidden.get(index) };
    if (item.content !== undefined && item.withheld !== undefined)
      throw new BundleRefused(MEMBERS.withheld, `entry ${index} has its content shown`);
    shown.delete(index);
    hidden.delete(index);
    return item;
  });
  refuseStray(
    MEMBERS.contents,
    [...shown.keys()].map((index) => ({ index })),
  );
  refuseStray(
    MEMBERS.withheld,
    [...hidden.keys()].map((index) => ({ index })),
  );
  return items;
}

function refuseStray(member: string, [stray]: readonly { readonly index: number }[]): void {
  if (stray !== undefined)
    throw new BundleRefused(member, `entry ${stray.index} is not in the bundle`);
}
