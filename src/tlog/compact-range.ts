import { HASH_SIZE, hashNode, type Sha256 } from './hash.ts';

/** The height of a tile: 2^8 hashes wide (C2SP tlog-tiles). */
export const TILE_HEIGHT = 8;

/** The root of a full subtree of 256^level leaves: a hash in a tile of that level. */
export interface FullSubtree {
  readonly level: number;
  readonly position: number;
  readonly hash: Uint8Array;
}

/**
 * The right edge of an RFC 6962 tree: the roots of its perfect subtrees, largest first, one for each
 * bit set in the size. All that is needed to append and to tell the root.
 */
export class CompactRange {
  readonly #sha256: Sha256;
  readonly #hashes: Uint8Array[];
  #size: number;

  /** Throws a RangeError if `edge` does not hold exactly one hash for each bit set in `size`. */
  constructor(sha256: Sha256, size = 0, edge: Uint8Array = new Uint8Array()) {
    if (edge.length !== HASH_SIZE * countOnes(size))
      throw new RangeError(`an edge of ${edge.length} bytes does not fit a tree of size ${size}`);
    this.#sha256 = sha256;
    this.#size = size;
    this.#hashes = [];
    for (let at = 0; at < edge.length; at += HASH_SIZE)
      this.#hashes.push(edge.slice(at, at + HASH_SIZE));
  }

  get size(): number {
    return this.#size;
  }

  /** Appends a leaf hash; answers with the tile hashes that became complete by it, lowest first. */
  append(leaf: Uint8Array): FullSubtree[] {
    return this.#put(leaf, 0);
  }

  /**
   * Appends the root of a perfect subtree of 2^height leaves as if they had been appended one by one.
   * Throws a RangeError where no such subtree can begin.
   */
  appendSubtree(root: Uint8Array, height: number): void {
    if (this.#size % 2 ** height !== 0)
      throw new RangeError(`no subtree of 2^${height} leaves begins with leaf ${this.#size}`);
    this.#put(root, height);
  }

  #put(root: Uint8Array, from: number): FullSubtree[] {
    const completed: FullSubtree[] = [];
    let hash = root;
    let height = from;
    for (let rest = this.#size / 2 ** from; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = this.#hashes.pop();
      if (left === undefined) throw new RangeError('the edge is shorter than the size says');
      hash = hashNode(this.#sha256, left, hash);
      height += 1;
      if (height % TILE_HEIGHT === 0)
        completed.push({
          level: height / TILE_HEIGHT,
          position: Math.floor(this.#size / 2 ** height),
          hash,
        });
    }
    this.#hashes.push(hash);
    this.#size += 2 ** from;
    return completed;
  }

  /** The root hash; of an empty tree SHA-256 of nothing (RFC 6962 section 2.1). */
  root(): Uint8Array {
    const [last, ...rest] = this.#hashes.toReversed();
    if (last === undefined) return this.#sha256(new Uint8Array());
    return rest.reduce((right, left) => hashNode(this.#sha256, left, right), last);
  }

  /** The edge as bytes, as the constructor takes it. */
  edge(): Uint8Array {
    const bytes = new Uint8Array(HASH_SIZE * this.#hashes.length);
    this.#hashes.forEach((hash, at) => bytes.set(hash, at * HASH_SIZE));
    return bytes;
  }
}

function countOnes(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
