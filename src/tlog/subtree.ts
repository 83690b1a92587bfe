import { CompactRange, TILE_HEIGHT } from './compact-range.ts';
import { hashNode, type Sha256 } from './hash.ts';
import { countHashes, type Tile, TILE_WIDTH, widthOfTile } from './tile.ts';

/** The leaves from `start` up to but not including `end`, where they are one subtree of a tree. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** Where in which tile the hashes lie that a perfect subtree is computed from. */
export interface HashRun {
  readonly tile: Tile;
  readonly offset: number;
  readonly count: number;
}

/** The largest power of two that is less than `size` (RFC 6962 section 2.1: k). `size` is at least 2. */
export function splitSize(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

/**
 * The tile hashes below each perfect subtree that a range is made of, largest subtree first, in a tree
 * of `size` leaves. Each lies within one tile, because tiles are perfect subtrees themselves.
 */
export function runsOf({ start, end }: LeafRange, size: number): HashRun[] {
  const runs: HashRun[] = [];
  for (let at = start; at < end; ) {
    const leaves = largestPowerUpTo(end - at);
    runs.push(runOf(at, leaves, size));
    at += leaves;
  }
  return runs;
}

/**
 * The heights of the largest perfect subtrees that lie side by side from leaf `start` up to but not
 * including `end`: what `CompactRange` appends to get from one size to the other.
 */
export function heightsBetween(start: number, end: number): number[] {
  const heights: number[] = [];
  for (let at = start; at < end; ) {
    let height = 0;
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= end) height += 1;
    heights.push(height);
    at += 2 ** height;
  }
  return heights;
}

/** The roots of a range's perfect subtrees, largest first, made into the root of all. */
export function foldEdge(sha256: Sha256, { start, end }: LeafRange, edge: Uint8Array): Uint8Array {
  return new CompactRange(sha256, end - start, edge).root();
}

/** The root of a perfect subtree from the hashes at one level of it, a power of two of them. */
export function foldRun(sha256: Sha256, hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes;
  while (row.length > 1) row = foldPairs(sha256, row);
  const [root] = row;
  if (root === undefined) throw new RangeError('there is nothing to fold');
  return root;
}

function foldPairs(sha256: Sha256, row: readonly Uint8Array[]): Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let at = 0; at < row.length; at += 2) {
    const [left, right] = row.slice(at, at + 2);
    if (left === undefined || right === undefined) throw new RangeError('a hash has no sibling');
    parents.push(hashNode(sha256, left, right));
  }
  return parents;
}

/** Of the subtree of `leaves` leaves, a power of two, that begins with leaf `start`. */
function runOf(start: number, leaves: number, size: number): HashRun {
  const level = Math.floor(Math.log2(leaves) / TILE_HEIGHT);
  const first = countHashes(start, level);
  const index = Math.floor(first / TILE_WIDTH);
  const tile = { level, index, width: widthOfTile(size, level, index) };
  return { tile, offset: first % TILE_WIDTH, count: countHashes(leaves, level) };
}

function largestPowerUpTo(size: number): number {
  return size === 1 ? 1 : splitSize(size + 1);
}
