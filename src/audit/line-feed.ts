/** Things that come in batches, each of an entry and in the order of the log, taken up to where they are wanted. */
export class LineFeed<T extends { readonly index: number }> {
  readonly #source: AsyncIterator<readonly T[]>;
  #waiting: readonly T[] = [];
  #at = 0;

  constructor(source: AsyncIterator<readonly T[]>) {
    this.#source = source;
  }

  /** The next ones of entries up to and including `index`, at most `limit`. */
  async takeUpTo(index: number, limit = Infinity): Promise<T[]> {
    const taken: T[] = [];
    while (taken.length < limit) {
      const next = await this.#next();
      if (next === undefined || next.index > index) break;
      taken.push(next);
      this.#at += 1;
    }
    return taken;
  }

  /** All of entries up to and including `index`, so many at a time. */
  async *batchesUpTo(index: number, limit: number): AsyncGenerator<readonly T[]> {
    for (;;) {
      const batch = await this.takeUpTo(index, limit);
      if (batch.length === 0) return;
      yield batch;
    }
  }

  async #next(): Promise<T | undefined> {
    while (this.#at >= this.#waiting.length) {
      const batch = await this.#source.next();
      if (batch.done === true) return undefined;
      this.#waiting = batch.value;
      this.#at = 0;
    }
    return this.#waiting[this.#at];
  }
}
