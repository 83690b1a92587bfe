import { TILE_HEIGHT } from './compact-range.ts';
import { HASH_SIZE } from './hash.ts';
import { TlogRefused } from './tlog-refused.ts';

/** The hashes in a full tile. */
export const TILE_WIDTH = 2 ** TILE_HEIGHT;

/**
 * A run of hashes side by side (C2SP tlog-tiles): level 0 holds leaf hashes, each hash of level L
 * is the root of a full subtree of 256^L leaves. A tile less than 256 wide is partial.
 */
export interface Tile {
  readonly level: number;
  readonly index: number;
  /** 1 to 256 hashes. */
  readonly width: number;
}

/** How many hashes a level has in a tree of that size: its full subtrees of 256^level leaves. */
export function countHashes(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** The width that a tile has in a tree of that size; 0 if the tree does not have it. */
export function widthOfTile(size: number, level: number, index: number): number {
  return Math.min(TILE_WIDTH, Math.max(0, countHashes(size, level) - index * TILE_WIDTH));
}

/** The tiles of a tree, from level 0 upwards and from left to right. Of level 0, the entry bundles too. */
export function tilesOf(size: number): Generator<Tile> {
  return changedTiles(0, size);
}

/** The tiles of a tree of size `to` that one of size `from` does not have, or has less wide. */
export function* changedTiles(from: number, to: number): Generator<Tile> {
  for (let level = 0; countHashes(to, level) > 0; level += 1) {
    if (countHashes(to, level) === countHashes(from, level)) continue;
    const first = Math.floor(countHashes(from, level) / TILE_WIDTH);
    const count = Math.ceil(countHashes(to, level) / TILE_WIDTH);
    for (let index = first; index < count; index += 1)
      yield { level, index, width: widthOfTile(to, level, index) };
  }
}

/**
 * A run of hashes in a tile's bytes read from outside. Throws a TlogRefused `tile-malformed` unless they
 * are as many as the tile is wide.
 */
export function hashesIn(
  { width }: Tile,
  bytes: Uint8Array,
  offset: number,
  count: number,
): Uint8Array[] {
  if (bytes.length !== width * HASH_SIZE)
    throw new TlogRefused('tile-malformed', `a tile of ${bytes.length} bytes, ${width} wide`);
  return Array.from({ length: count }, (_, n) =>
    bytes.subarray((offset + n) * HASH_SIZE, (offset + n + 1) * HASH_SIZE),
  );
}
