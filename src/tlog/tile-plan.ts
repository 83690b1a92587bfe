import { joinBytes } from './bytes.ts';
import { CompactRange } from './compact-range.ts';
import type { Sha256 } from './hash.ts';
import { foldEdge, foldRun, type HashRun, type LeafRange, runsOf } from './subtree.ts';
import { hashesIn, type Tile } from './tile.ts';

/**
 * Something to be computed from a few tiles: which ones, and then how. Reading them is the caller's,
 * one after the other or all at once, from a table, a file or another machine.
 */
export interface TilePlan<Result> {
  /** Each once; a proof needs about one for each level and edge, whatever the size of the tree. */
  readonly tiles: readonly Tile[];
  /** From the tiles' bytes, in that order. Throws a TlogRefused `tile-malformed` if one has another length. */
  readonly finish: (contents: readonly Uint8Array[]) => Result;
}

/** Reads the tiles of a plan, all at once, and finishes it. */
export async function fulfil<Result>(
  plan: TilePlan<Result>,
  read: (tile: Tile) => Uint8Array | Promise<Uint8Array>,
): Promise<Result> {
  return plan.finish(await Promise.all(plan.tiles.map(async (tile) => read(tile))));
}

/** The same where reading does not wait. */
export function fulfilAtOnce<Result>(
  plan: TilePlan<Result>,
  read: (tile: Tile) => Uint8Array,
): Result {
  return plan.finish(plan.tiles.map((tile) => read(tile)));
}

/** The root of the first `size` leaves (RFC 6962 section 2.1: MTH). */
export function planRoot(sha256: Sha256, size: number): TilePlan<Uint8Array> {
  const { tiles, finish } = planEdge(sha256, size);
  return { tiles, finish: (contents) => new CompactRange(sha256, size, finish(contents)).root() };
}

/** The right edge of the first `size` leaves, as `CompactRange` takes it. */
export function planEdge(sha256: Sha256, size: number): TilePlan<Uint8Array> {
  const runs = runsOf({ start: 0, end: size }, size);
  const tiles = distinctTiles(runs);
  return { tiles, finish: (contents) => edgeOf(sha256, runs, byTile(tiles, contents)) };
}

/** The roots of subtrees of a tree of `size` leaves. */
export function planSubtrees(
  sha256: Sha256,
  ranges: readonly LeafRange[],
  size: number,
): TilePlan<Uint8Array[]> {
  const parts = ranges.map((range) => ({ range, runs: runsOf(range, size) }));
  const tiles = distinctTiles(parts.flatMap(({ runs }) => runs));
  const finish = (contents: readonly Uint8Array[]): Uint8Array[] => {
    const read = byTile(tiles, contents);
    return parts.map(({ range, runs }) => foldEdge(sha256, range, edgeOf(sha256, runs, read)));
  };
  return { tiles, finish };
}

type TileContents = ReadonlyMap<string, Uint8Array>;

const keyOf = ({ level, index }: Tile): string => `${level}/${index}`;

function distinctTiles(runs: readonly HashRun[]): Tile[] {
  return [...new Map(runs.map(({ tile }) => [keyOf(tile), tile])).values()];
}

function byTile(tiles: readonly Tile[], contents: readonly Uint8Array[]): TileContents {
  return new Map(tiles.map((tile, at) => [keyOf(tile), contents[at] ?? new Uint8Array()]));
}

function edgeOf(sha256: Sha256, runs: readonly HashRun[], contents: TileContents): Uint8Array {
  return joinBytes(
    ...runs.map(({ tile, offset, count }) => {
      const bytes = contents.get(keyOf(tile)) ?? new Uint8Array();
      return foldRun(sha256, hashesIn(tile, bytes, offset, count));
    }),
  );
}
