import type { TreeEdge } from '../store/rehash.ts';
import type { Reader } from '../store/store.ts';
import { CompactRange } from '../tlog/compact-range.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { sha256 } from './crypto.ts';

/** Entries that are hashed anew in one go: other questions to the reader's thread wait that long. */
const CHUNK = 2048;

/** The stored log is not what was written. */
export class LogFlawed extends Error {
  override readonly name = 'LogFlawed';
}

/** A RangeError says that stored bytes have a shape that no log writes. */
export function isFlaw(error: unknown): error is Error {
  return error instanceof LogFlawed || error instanceof TlogRefused || error instanceof RangeError;
}

/** A tree as this process has read it back and hashed it, whatever the writer says. */
export class Reread {
  #tree: TreeEdge;

  /** Goes on from a tree that is committed to; from the empty one unless given. */
  constructor(from: TreeEdge = { size: 0, edge: new Uint8Array() }) {
    this.#tree = from;
  }

  get size(): number {
    return this.#tree.size;
  }

  root(): Uint8Array {
    return new CompactRange(sha256, this.#tree.size, this.#tree.edge).root();
  }

  /** Reads the next entries back, some of those up to size `upTo`. Throws LogFlawed where they are not what was written. */
  async advance(reader: Reader, upTo: number): Promise<void> {
    const count = Math.min(CHUNK, upTo - this.#tree.size);
    if (count <= 0) return;
    const rehash = await reader.rehash(this.#tree, count);
    if (rehash.outcome === 'flawed') throw new LogFlawed(rehash.why);
    if (rehash.tree.size !== this.#tree.size + count)
      throw new LogFlawed(`entry ${rehash.tree.size}: it is missing`);
    this.#tree = rehash.tree;
  }
}
