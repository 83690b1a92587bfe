import { BUNDLE_FORMAT, MEMBERS, writeContentLine } from '../../src/audit/bundle-format.ts';
import { toHex } from '../../src/audit/hex.ts';
import { claimedOrigin } from '../../src/tlog/checkpoint.ts';
import { naiveConsistency, naiveInclusion } from '../tlog/naive-proof.ts';
import type { KeptLog } from './kept-log.ts';
import { naiveEdge, naiveRoot } from './naive-tree.ts';
import { makeZip } from './zip-maker.ts';

/** What goes into a bundle. */
export interface BundleWish {
  /** Everything unless said. */
  readonly range?: { readonly from: number; readonly to: number };
  /** Entries outside the range. */
  readonly selected?: readonly number[];
  /** Contents that are not given, and why. */
  readonly withheld?: ReadonlyMap<number, string>;
  readonly since?: { readonly note: Uint8Array; readonly size: number };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** The members of a bundle, made without any code of the program's but the formats of single lines. */
export function bundleMembers(log: KeptLog, wish: BundleWish = {}): Map<string, Uint8Array> {
  const { range = { from: 0, to: log.size }, selected = [], withheld, since } = wish;
  const within = Array.from({ length: range.to - range.from }, (_, n) => range.from + n);
  const given = [...within, ...selected].toSorted((a, b) => a - b);
  const texts: [string, string][] = [
    [MEMBERS.manifest, JSON.stringify(manifestOf(log, range, given))],
    [MEMBERS.keys, JSON.stringify(keysOf(log))],
    [MEMBERS.contents, contentLines(log, given, withheld)],
    [
      MEMBERS.withheld,
      linesOf([...(withheld ?? [])].map(([index, reason]) => ({ index, reason }))),
    ],
    [MEMBERS.selected, selectedLines(log, selected)],
  ];
  const members = new Map<string, Uint8Array>([
    [MEMBERS.checkpoint, log.note],
    [MEMBERS.before, naiveEdge(log.leaves.slice(0, range.from))],
    [MEMBERS.after, Buffer.concat(rootsAfter(log, range.to))],
    [MEMBERS.entries, Buffer.concat(within.map((index) => lengthened(log.entries[index])))],
    ...texts.map(([name, text]): [string, Uint8Array] => [name, Buffer.from(text)]),
  ]);
  if (since !== undefined) {
    const proof = naiveConsistency(log.leaves, since.size).map((hash) => `${base64(hash)}\n`);
    members.set(MEMBERS.since, since.note);
    members.set(MEMBERS.sinceProof, Buffer.from(proof.join('')));
  }
  return members;
}

/** Members as a bundle has them, in the order of their names. */
export function packBundle(members: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const sorted = [...members].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return makeZip(sorted.map(([name, bytes]) => ({ name, bytes })));
}

function manifestOf(log: KeptLog, range: { from: number; to: number }, given: readonly number[]) {
  const ahead = given.filter((index) => [19, 20].includes(log.entries[index]?.[4] ?? 0));
  const origin = claimedOrigin(log.note);
  return { format: BUNDLE_FORMAT, origin, size: log.size, range, query: '', ahead };
}

function keysOf({ tagKeys }: KeptLog) {
  return { log: [], tags: tagKeys.map((tag) => ({ ...tag, key: toHex(tag.key) })) };
}

function contentLines(
  log: KeptLog,
  given: readonly number[],
  withheld: ReadonlyMap<number, string> | undefined,
): string {
  return given
    .flatMap((index) => {
      const content = withheld?.has(index) === true ? undefined : log.contents.get(index);
      return content === undefined ? [] : [`${writeContentLine({ index, content })}\n`];
    })
    .join('');
}

function selectedLines(log: KeptLog, selected: readonly number[]): string {
  return linesOf(
    selected.map((index) => ({
      index,
      entry: base64(log.entries[index] ?? new Uint8Array()),
      proof: naiveInclusion(log.leaves, index).map(base64),
    })),
  );
}

function linesOf(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

function lengthened(entry: Uint8Array = new Uint8Array()): Uint8Array {
  return Buffer.concat([Uint8Array.of(entry.length >> 8, entry.length & 255), entry]);
}

/** Of the largest perfect subtrees side by side from a leaf to the end. */
function rootsAfter({ leaves, size }: KeptLog, from: number): Uint8Array[] {
  const roots: Uint8Array[] = [];
  for (let at = from; at < size; ) {
    let width = 1;
    while (at % (width * 2) === 0 && at + width * 2 <= size) width *= 2;
    roots.push(naiveRoot(leaves.slice(at, at + width)));
    at += width;
  }
  return roots;
}
