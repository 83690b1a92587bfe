import assert from 'node:assert/strict';
import { CompactRange } from '../../src/tlog/compact-range.ts';
import { hashLeaf } from '../../src/tlog/hash.ts';
import type { Tile } from '../../src/tlog/tile.ts';
import { sha256 } from '../support/sha256.ts';

export const numberedLeaf = (n: number): Uint8Array =>
  hashLeaf(sha256, new TextEncoder().encode(`leaf ${n}`));

/** A tree of numbered leaves, kept as a store keeps it: leaf hashes and the roots of full subtrees. */
export class TreeTiles {
  readonly levels: Uint8Array[][] = [[]];
  readonly #edges: Uint8Array[] = [];
  readonly #range = new CompactRange(sha256);

  constructor(size: number) {
    this.#edges.push(this.#range.edge());
    for (let n = 0; n < size; n += 1) this.#append(numberedLeaf(n));
  }

  get leaves(): readonly Uint8Array[] {
    return this.levels[0] ?? [];
  }

  rootOf(size: number): Uint8Array {
    return new CompactRange(sha256, size, this.#edges[size]).root();
  }

  /** The bytes of a tile as the tree of `size` leaves has it: reading beyond it fails. */
  read(size: number): (tile: Tile) => Uint8Array {
    return ({ level, index, width }) => {
      const count = Math.floor(size / 256 ** level);
      assert.equal(width, Math.min(256, count - index * 256), 'the width is that of this size');
      const hashes = this.levels[level]?.slice(index * 256, index * 256 + width) ?? [];
      assert.equal(hashes.length, width, `level ${level}, tile ${index}`);
      return new Uint8Array(Buffer.concat(hashes));
    };
  }

  #append(leaf: Uint8Array): void {
    this.levels[0]?.push(leaf);
    for (const { level, position, hash } of this.#range.append(leaf)) {
      const hashes = (this.levels[level] ??= []);
      assert.equal(hashes.length, position);
      hashes.push(hash);
    }
    this.#edges.push(this.#range.edge());
  }
}
