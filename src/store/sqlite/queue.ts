import type { Milliseconds } from '../../domain/time.ts';
import type { Act, Committed, Housekeeping, Settled } from '../store.ts';
import type { Kept } from './writer.ts';

/** An act on its way to the log. It is answered at most once, within the deadline, and settled at most once. */
export class WaitingAct {
  readonly act: Act;
  readonly since: Milliseconds = performance.now();
  readonly #answer = Promise.withResolvers<Committed>();
  readonly #settled = Promise.withResolvers<Settled>();

  constructor(act: Act) {
    this.act = act;
  }

  get answer(): Promise<Committed> {
    return this.#answer.promise;
  }

  settle(settled: Settled): void {
    this.#settled.resolve(settled);
    this.#answer.resolve(settled);
  }

  /** Whoever waits is told that nobody knows; `settle` may still follow. */
  leaveInDoubt(cause: string): void {
    this.#answer.resolve({ outcome: 'unknown', cause, settled: this.#settled.promise });
  }
}

/** Work without an entry, on its way to the database. */
export class WaitingWork {
  readonly work: Housekeeping;
  readonly since: Milliseconds = performance.now();
  readonly #done = Promise.withResolvers<Kept>();

  constructor(work: Housekeeping) {
    this.work = work;
  }

  get done(): Promise<Kept> {
    return this.#done.promise;
  }

  finish(kept: Kept): void {
    this.#done.resolve(kept);
  }

  fail(cause: string): void {
    this.#done.reject(new Error(cause));
  }
}

/** What goes to the writer at once. */
export interface Batch {
  readonly acts: readonly WaitingAct[];
  readonly works: readonly WaitingWork[];
}

export const NO_BATCH: Batch = { acts: [], works: [] };

const MAX_QUEUED = 4096;
const MAX_BATCH = 256;

/** What waits for the writer, bounded. */
export class WriteQueue {
  #acts: WaitingAct[] = [];
  #works: WaitingWork[] = [];
  #isWorksTurn = false;

  /** `undefined`: the queue is full. */
  addAct(act: Act): WaitingAct | undefined {
    if (this.#acts.length >= MAX_QUEUED) return undefined;
    const waiting = new WaitingAct(act);
    this.#acts.push(waiting);
    return waiting;
  }

  /** `undefined`: the queue is full. */
  addWork(work: Housekeeping): WaitingWork | undefined {
    if (this.#works.length >= MAX_QUEUED) return undefined;
    const waiting = new WaitingWork(work);
    this.#works.push(waiting);
    return waiting;
  }

  /** Acts and works take turns, so that a busy log holds no work up for ever. */
  takeBatch(): Batch | undefined {
    const isForWorks = this.#works.length > 0 && (this.#isWorksTurn || this.#acts.length === 0);
    this.#isWorksTurn = !isForWorks;
    if (isForWorks) return { acts: [], works: this.#works.splice(0, MAX_BATCH) };
    if (this.#acts.length > 0) return { acts: this.#acts.splice(0, MAX_BATCH), works: [] };
    return undefined;
  }

  /** Gives up what has waited since before `instant` on the monotonic clock. None of it was sent. */
  giveUpOlder(instant: Milliseconds, cause: string): void {
    const isLate = (waiting: { since: Milliseconds }): boolean => waiting.since < instant;
    const late = { acts: this.#acts.filter(isLate), works: this.#works.filter(isLate) };
    this.#acts = this.#acts.filter((waiting) => !isLate(waiting));
    this.#works = this.#works.filter((waiting) => !isLate(waiting));
    failUnsent(late, cause);
  }

  giveUpAll(cause: string): void {
    this.giveUpOlder(Infinity, cause);
  }
}

function failUnsent(batch: Batch, cause: string): void {
  for (const waiting of batch.acts) waiting.settle({ outcome: 'failed', cause });
  for (const waiting of batch.works) waiting.fail(cause);
}

/** What begins on a full disk would need the room that ends are written in. */
export function beginsAccess({ changes }: Act): boolean {
  return changes.some((change) => 'open' in change);
}
