import { LRUCache } from 'lru-cache';
import type { Reader } from '../store/store.ts';
import { joinBytes } from '../tlog/bytes.ts';
import { planConsistency } from '../tlog/consistency.ts';
import { inclusionPath } from '../tlog/inclusion.ts';
import type { LeafRange } from '../tlog/subtree.ts';
import { fulfil, planEdge, planSubtrees } from '../tlog/tile-plan.ts';
import type { Tile } from '../tlog/tile.ts';
import { sha256 } from './crypto.ts';

const MAX_TILES = 64;
const MAX_ROOTS = 4096;

/**
 * Makes proofs against one published size of the log. It keeps what it has read and hashed for a while:
 * proofs of entries near each other are mostly the same.
 */
export class Prover {
  readonly size: number;
  readonly #reader: () => Pick<Reader, 'tile'>;
  readonly #tiles = new LRUCache<string, Promise<Uint8Array>>({ max: MAX_TILES });
  readonly #roots = new LRUCache<string, Uint8Array>({ max: MAX_ROOTS });

  constructor(reader: () => Pick<Reader, 'tile'>, size: number) {
    this.#reader = reader;
    this.size = size;
  }

  /** The inclusion proof of the entry at `index`. Throws a RangeError if it is not published. */
  async proveInclusion(index: number): Promise<Uint8Array[]> {
    return this.#rootsOf(inclusionPath(index, this.size));
  }

  /** The proof that the tree of `size` leaves, at least one, is the beginning of this one. */
  async proveGrowth(size: number): Promise<Uint8Array[]> {
    return fulfil(planConsistency(sha256, size, this.size), (tile) => this.#readTile(tile));
  }

  /** The right edge of the first `size` leaves, as `CompactRange` takes it. */
  async edgeOf(size: number): Promise<Uint8Array> {
    return fulfil(planEdge(sha256, size), (tile) => this.#reader().tile(tile));
  }

  /** The roots of the largest perfect subtrees that the leaves from `from` to the end are made of, left to right. */
  async rootsAfter(from: number): Promise<Uint8Array> {
    return joinBytes(...(await this.#rootsOf(perfectSubtrees(from, this.size))));
  }

  async #rootsOf(ranges: readonly LeafRange[]): Promise<Uint8Array[]> {
    const known = new Map<string, Uint8Array>();
    for (const range of ranges) {
      const root = this.#roots.get(keyOf(range));
      if (root !== undefined) known.set(keyOf(range), root);
    }
    const missing = ranges.filter((range) => !known.has(keyOf(range)));
    const plan = planSubtrees(sha256, missing, this.size);
    const found = await fulfil(plan, (tile) => this.#readTile(tile));
    missing.forEach((range, at) => {
      const root = found[at];
      if (root === undefined) return;
      known.set(keyOf(range), root);
      this.#roots.set(keyOf(range), root);
    });
    return ranges.flatMap((range) => known.get(keyOf(range)) ?? []);
  }

  #readTile(tile: Tile): Promise<Uint8Array> {
    const key = `${tile.level}/${tile.index}`;
    const known = this.#tiles.get(key);
    if (known !== undefined) return known;
    const read = this.#reader().tile(tile);
    this.#tiles.set(key, read);
    read.catch(() => this.#tiles.delete(key));
    return read;
  }
}

const keyOf = ({ start, end }: LeafRange): string => `${start}-${end}`;

/** Each begins at a multiple of its length, which is the largest power of two that fits. */
function perfectSubtrees(from: number, to: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  for (let start = from; start < to; ) {
    let length = 1;
    while (start % (length * 2) === 0 && start + length * 2 <= to) length *= 2;
    ranges.push({ start, end: start + length });
    start += length;
  }
  return ranges;
}
