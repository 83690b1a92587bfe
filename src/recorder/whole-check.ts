import type { Milliseconds } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import { areEqualBytes } from '../tlog/bytes.ts';
import type { TreeHead } from '../tlog/consistency.ts';
import { isFlaw, LogFlawed, Reread } from './reread.ts';

/** How much of what had been signed before this process has been read back by it. */
export interface CheckProgress {
  readonly checked: number;
  readonly of: number;
}

const RETRY_EVERY_MS: Milliseconds = 1000;

/**
 * Reads back everything that was signed before this process started, from the first entry on, while
 * other things go on: it rests as long as it works.
 */
export class WholeCheck {
  readonly #store: Store;
  readonly #signed: TreeHead;
  readonly #read = new Reread();
  readonly #stopping = Promise.withResolvers<void>();
  #isStopping = false;

  constructor(store: Store, signed: TreeHead) {
    this.#store = store;
    this.#signed = signed;
  }

  get progress(): CheckProgress {
    return { checked: this.#read.size, of: this.#signed.size };
  }

  stop(): void {
    this.#isStopping = true;
    this.#stopping.resolve();
  }

  /**
   * Resolves when all of it was read or it was stopped. Throws a flaw; what else goes wrong is tried again,
   * and told to `hindered` the first time.
   */
  async run(hindered: (error: unknown) => void): Promise<void> {
    let wasHindered = false;
    while (!this.#isStopping && this.#read.size < this.#signed.size) {
      const since = performance.now();
      const isHindered = await this.#step(wasHindered ? () => {} : hindered);
      await this.#rest(isHindered ? RETRY_EVERY_MS : performance.now() - since);
      wasHindered = isHindered;
    }
    if (this.#read.size < this.#signed.size) return;
    if (!areEqualBytes(this.#read.root(), this.#signed.root))
      throw new LogFlawed(`its first ${this.#signed.size} entries are not those that were signed`);
  }

  async #step(hindered: (error: unknown) => void): Promise<boolean> {
    try {
      await this.#read.advance(this.#store.reader, this.#signed.size);
      return false;
    } catch (error) {
      if (isFlaw(error)) throw error;
      if (!this.#isStopping) hindered(error);
      return true;
    }
  }

  async #rest(ms: Milliseconds): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const rested = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms).unref()));
    await Promise.race([rested, this.#stopping.promise]);
    clearTimeout(timer);
  }
}
