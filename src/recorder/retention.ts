import { formatDuration } from '../domain/duration.ts';
import type { Clock, Milliseconds } from '../domain/time.ts';
import type { ExpiredContent } from '../store/expired-contents.ts';
import type { Store } from '../store/store.ts';
import { eraseBatch, planBatches } from './erasure-plan.ts';
import { ErasureWait } from './erasure-wait.ts';
import type { Recorder } from './recorder.ts';

/** What whoever runs the gateway should hear of. */
export type RetentionReport =
  | { readonly is: 'erased'; readonly count: number }
  /** The run ended early; what is left goes in the next. */
  | { readonly is: 'hindered'; readonly error: unknown }
  /** The contents are erased, but their bytes are still in the engine's files: somebody reads there. Tried again in the next run. */
  | { readonly is: 'unpurged' };

export interface RetentionOptions {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** How long contents are kept after what they state has ended. */
  readonly retentionMs: Milliseconds;
  readonly report: (report: RetentionReport) => void;
  /** Between two batches, so that the log is never held up. */
  readonly pauseMs?: Milliseconds;
}

const EVERY_MS: Milliseconds = 5 * 60_000;
const PAUSE_MS: Milliseconds = 25;
/** Contents that are looked at in one go: other questions to the reader wait that long. */
const WINDOW = 500;
const PURGE_TRIES = 20;
/** A thorough purge reads a good part of the file: it takes at most this share of the time. */
const PURGE_SHARE = 0.01;

/** Forgets on time: erases the contents whose time is over, and says so in the log. */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #wait: ErasureWait;
  readonly #unfollow: () => void;
  readonly #closing = Promise.withResolvers<void>();
  #isClosing = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  /** An earlier process may have erased something and died before it was out of the files. */
  #isPurged = false;
  #isThoroughlyPurged = false;
  #thoroughAt: Milliseconds;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#wait = new ErasureWait(options.clock);
    this.#thoroughAt = options.clock.monotonicMs();
    this.#unfollow = options.recorder.follow((entries) => this.#wait.hear(entries));
  }

  /** Erases from now on whatever may be erased, every few minutes. */
  start(): void {
    this.#timer = setInterval(() => void this.run(), EVERY_MS);
    this.#timer.unref();
  }

  /** Erases what may be erased now. It does not fail: what goes wrong is reported. */
  run(): Promise<void> {
    this.#running ??= this.#tryRun().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Waits for the batch under way; what is left goes after the next start. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#closing.resolve();
    clearInterval(this.#timer);
    this.#unfollow();
    await this.#running;
  }

  async #tryRun(): Promise<void> {
    if (!this.#wait.isOver()) return;
    const { report } = this.#options;
    try {
      const count = await this.#eraseAll();
      if (count > 0) report({ is: 'erased', count });
      if (!this.#isPurged || !this.#isThoroughlyPurged) await this.#purge();
    } catch (error) {
      report({ is: 'hindered', error });
    }
  }

  /** From the oldest content on, up to where nothing can have reached its time. */
  async #eraseAll(): Promise<number> {
    let count = 0;
    for (let from: number | undefined = 0; from !== undefined; ) {
      const { expired, next } = await this.#options.store.reader.expiredContents(from, WINDOW);
      const erased = await this.#eraseThese(expired);
      count += erased.count;
      const { lastTime } = await this.#options.store.reader.logState();
      const isYoung = next !== undefined && next.writtenAt + this.#options.retentionMs > lastTime;
      from = isYoung || erased.isStopped ? undefined : next?.from;
      if (from !== undefined) await this.#pause();
    }
    return count;
  }

  async #eraseThese(
    expired: readonly ExpiredContent[],
  ): Promise<{ count: number; isStopped: boolean }> {
    const { store, recorder, retentionMs } = this.#options;
    const { lastTime: at } = await store.reader.logState();
    const book = await store.reader.activeHolds(at);
    const newestAgreement = await store.reader.newestAgreement();
    let count = 0;
    for (const batch of planBatches(expired, { at, book, newestAgreement })) {
      if (this.#isClosing || !this.#wait.isOver()) return { count, isStopped: true };
      const { event, ...together } = eraseBatch(batch, formatDuration(retentionMs), book);
      const recording = await recorder.record([event], together);
      // A hold was touched, or another instance was faster: the next run looks anew.
      if (recording.outcome === 'refused') return { count, isStopped: true };
      this.#isPurged = false;
      this.#isThoroughlyPurged = false;
      count += batch.length;
      await this.#pause();
    }
    return { count, isStopped: this.#isClosing };
  }

  /** What was erased goes out of the engine's files too; out of its unused space not in every run. */
  async #purge(): Promise<void> {
    const { store, clock, report } = this.#options;
    const began = clock.monotonicMs();
    const isThorough = !this.#isThoroughlyPurged && began >= this.#thoroughAt;
    for (let tries = 0; tries < PURGE_TRIES && !this.#isClosing; ) {
      const purge = await store.purge({ isThorough });
      if (purge === 'done') return this.#notePurged(isThorough, clock.monotonicMs() - began);
      if (purge === 'hindered') tries += 1;
      await this.#pause();
    }
    report({ is: 'unpurged' });
  }

  #notePurged(isThorough: boolean, tookMs: Milliseconds): void {
    this.#isPurged = true;
    if (!isThorough) return;
    this.#isThoroughlyPurged = true;
    this.#thoroughAt = this.#options.clock.monotonicMs() + tookMs / PURGE_SHARE;
  }

  async #pause(): Promise<void> {
    const timer = Promise.withResolvers<void>();
    const waiting = setTimeout(timer.resolve, this.#options.pauseMs ?? PAUSE_MS);
    await Promise.race([timer.promise, this.#closing.promise]);
    clearTimeout(waiting);
  }
}
