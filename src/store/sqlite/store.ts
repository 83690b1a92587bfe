import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { InstanceId } from '../../domain/ids.ts';
import type { Milliseconds } from '../../domain/time.ts';
import type {
  Act,
  Committed,
  FollowedEntry,
  Housekeeping,
  Purge,
  Reader,
  Redemption,
  Settled,
  Store,
} from '../store.ts';
import { bringUpToDate } from './database.ts';
import { settleDoubt } from './doubt.ts';
import { Feed } from './feed.ts';
import { holdLock } from './lock.ts';
import { type Batch, beginsAccess, NO_BATCH, type WaitingAct, WriteQueue } from './queue.ts';
import { openReading, type Reading } from './reading.ts';
import { Reserve, RESERVE_BYTES, type ReserveReport } from './reserve.ts';
import { WriterLink, type WriterLinkOptions } from './writer-link.ts';
import type { Kept } from './writer.ts';
import type { WriterReport } from './writer-thread.ts';

export interface SqliteStoreOptions extends WriterLinkOptions {
  /** How long a caller waits for an append at most. */
  readonly deadlineMs?: Milliseconds;
  /** How much of the disk is kept for the day on which it is full; 0: nothing. */
  readonly reserveBytes?: number;
  readonly onReserve?: (report: ReserveReport) => void;
}

const WATCH_EVERY_MS: Milliseconds = 50;
/** Two seconds are promised; the watch looks only so often, and the answer has a way to go. */
const DEADLINE_MS: Milliseconds = 2000 - 3 * WATCH_EVERY_MS;
const CHECK_FILE_EVERY_MS: Milliseconds = 1000;
const RETRY_RECOVERY_MS: Milliseconds = 200;
const TOO_LATE = 'the log took too long to write';
const IN_RESERVE = 'the disk is full: until there is room, only what is under way is recorded';

/** Opens the store in `file`, making it and bringing its schema up to date. Throws if another process has it open. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 });
  const unlock = holdLock(options.file);
  const { file, reserveBytes = RESERVE_BYTES, onReserve = () => {} } = options;
  const reserve = new Reserve(file, reserveBytes, onReserve);
  try {
    await reserve.start();
    // Only under the lock: closing any handle of a file lets go of all this process has locked in it.
    closeSync(openSync(options.file, 'a', 0o600));
    await bringUpToDate(options.file);
  } catch (error) {
    await reserve.close();
    unlock();
    throw error;
  }
  const store = new SqliteStore(options, reserve, unlock);
  try {
    await store.started;
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The main thread's end of the writer: a queue, a deadline, one batch under way, and the feed. */
class SqliteStore implements Store {
  readonly instance: InstanceId;
  readonly started: Promise<void>;
  readonly #file: string;
  readonly #deadlineMs: Milliseconds;
  readonly #reserve: Reserve;
  readonly #unlock: () => void;
  readonly #feed = new Feed();
  readonly #queue = new WriteQueue();
  readonly #watch: NodeJS.Timeout;
  readonly #writer: WriterLink;
  readonly #onStarted: { resolve: () => void; reject: (error: Error) => void };
  #reading: Reading;
  #underWay: Batch = NO_BATCH;
  /** Acts of batches that broke: settled when the writer is able again. Nothing is sent to it before. */
  #doubtful: readonly WaitingAct[] = [];
  /** Everything below this index has been settled. */
  #settledUpTo = 0;
  #state: 'starting' | 'idle' | 'busy' | 'broken' | 'closed' = 'starting';
  #why = 'the store is starting';
  #busySince: Milliseconds = 0;
  #checkedFileAt: Milliseconds = performance.now();
  #recovering: NodeJS.Timeout | undefined;
  #onQuiet: (() => void) | undefined;

  constructor(options: SqliteStoreOptions, reserve: Reserve, unlock: () => void) {
    this.instance = options.instance;
    this.#file = options.file;
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    this.#reserve = reserve;
    this.#unlock = unlock;
    const started = Promise.withResolvers<void>();
    this.started = started.promise;
    this.#onStarted = started;
    this.#reading = openReading(options.file);
    this.#writer = new WriterLink(options, (report) => this.#hear(report));
    this.#watch = setInterval(() => this.#lookAfter(), WATCH_EVERY_MS).unref();
  }

  get reader(): Reader {
    return this.#reading.reader;
  }

  commit(act: Act): Promise<Committed> {
    if (this.#isOutOfOrder()) return Promise.resolve({ outcome: 'failed', cause: this.#why });
    if (this.#reserve.isFreed && beginsAccess(act))
      return Promise.resolve({ outcome: 'failed', cause: IN_RESERVE });
    const waiting = this.#queue.addAct(act);
    if (waiting === undefined)
      return Promise.resolve({ outcome: 'failed', cause: 'too many acts wait for the log' });
    this.#next();
    return waiting.answer;
  }

  async keep(work: Housekeeping): Promise<void> {
    await this.#keep(work);
  }

  async redeem(work: Extract<Housekeeping, { do: 'redeem-code' }>): Promise<Redemption> {
    const kept = await this.#keep(work);
    return typeof kept === 'object' ? kept : { outcome: 'unknown' };
  }

  async purge({ isThorough }: { readonly isThorough: boolean }): Promise<Purge> {
    const kept = await this.#keep({ do: 'purge', isThorough });
    return typeof kept === 'string' ? kept : 'hindered';
  }

  follow(listener: (entries: readonly FollowedEntry[]) => void): () => void {
    return this.#feed.follow(listener);
  }

  health(): { able: true } | { able: false; why: string } {
    if (this.#state !== 'idle' && this.#state !== 'busy') return { able: false, why: this.#why };
    if (this.#reserve.isFreed) return { able: false, why: IN_RESERVE };
    if (this.#state === 'idle') return { able: true };
    const isLate = performance.now() - this.#busySince > this.#deadlineMs;
    return isLate ? { able: false, why: TOO_LATE } : { able: true };
  }

  /** Writes what is queued, if it can be written within the deadline, and lets the file go. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    await this.#becomeQuiet();
    this.#state = 'closed';
    this.#why = 'the store was closed';
    clearInterval(this.#watch);
    clearTimeout(this.#recovering);
    this.#queue.giveUpAll(this.#why);
    // The writer goes last: only the last connection can put the write-ahead log into the file.
    await this.#reading.close();
    await this.#reserve.close();
    const hasEnded = await this.#writer.close(this.#deadlineMs);
    // A writer that hangs may still write: the lock is then kept until this process ends.
    if (hasEnded) this.#unlock();
  }

  #isOutOfOrder(): boolean {
    return this.#state === 'broken' || this.#state === 'closed';
  }

  async #keep(work: Housekeeping): Promise<Kept> {
    if (this.#isOutOfOrder()) throw new Error(this.#why);
    const waiting = this.#queue.addWork(work);
    if (waiting === undefined) throw new Error('too much work waits for the database');
    this.#next();
    return waiting.done;
  }

  /** Whatever is queued goes as one batch, as soon as the last one has been answered. */
  #next(): void {
    if (this.#state !== 'idle') return;
    const batch = this.#queue.takeBatch();
    if (batch === undefined) return this.#onQuiet?.();
    this.#underWay = batch;
    this.#becomeBusy();
    if (batch.acts.length > 0)
      this.#writer.order({ do: 'commit', acts: batch.acts.map(({ act }) => act) });
    else this.#writer.order({ do: 'keep', works: batch.works.map(({ work }) => work) });
  }

  #becomeBusy(): void {
    this.#state = 'busy';
    this.#busySince = performance.now();
  }

  #hear(report: WriterReport): void {
    if (this.#state === 'closed') return;
    if (report.is === 'broken') return this.#break(report);
    if (report.is === 'able') return this.#recover(report.tip?.size ?? 0);
    if (this.#state !== 'busy') return;
    const { acts, works } = this.#underWay;
    this.#underWay = NO_BATCH;
    if (report.is === 'committed') this.#settle(acts, report.settled);
    if (report.is === 'kept') works.forEach((work, at) => work.finish(report.kept[at]));
    this.#state = 'idle';
    this.#next();
  }

  /** Followers hear of an entry before the one who asked for it does. */
  #settle(batch: readonly WaitingAct[], settled: readonly Settled[]): void {
    for (const outcome of settled)
      if (outcome.outcome === 'recorded')
        this.#settledUpTo = Math.max(this.#settledUpTo, ...outcome.indexes.map((at) => at + 1));
    this.#feed.publish(
      batch.map(({ act }) => act),
      settled,
    );
    batch.forEach((waiting, at) =>
      waiting.settle(settled[at] ?? { outcome: 'failed', cause: 'the writer did not say' }),
    );
  }

  #break({ why, isDiskFull }: Extract<WriterReport, { is: 'broken' }>): void {
    if (isDiskFull) void this.#reserve.free();
    if (this.#state === 'starting') return this.#onStarted.reject(new Error(why));
    const { acts, works } = this.#underWay;
    this.#state = 'broken';
    this.#why = `the log cannot be written: ${why}`;
    this.#underWay = NO_BATCH;
    this.#doubtful = [...this.#doubtful, ...acts];
    clearTimeout(this.#recovering);
    for (const waiting of acts) waiting.leaveInDoubt(this.#why);
    for (const waiting of works) waiting.fail(this.#why);
    this.#queue.giveUpAll(this.#why);
    this.#onQuiet?.();
  }

  /** The writer works: what was in doubt is looked up, the readers look at the file as it is now, and the queue goes on. */
  #recover(size: number): void {
    try {
      if (this.#state === 'starting') this.#start(size);
      else this.#reopen();
    } catch (error) {
      this.#why = `the log cannot be read: ${String(error)}`;
      this.#recovering = setTimeout(() => this.#recover(size), RETRY_RECOVERY_MS);
      return;
    }
    this.#state = 'idle';
    this.#next();
  }

  #start(size: number): void {
    this.#settledUpTo = size;
    this.#onStarted.resolve();
  }

  #reopen(): void {
    const old = this.#reading;
    this.#reading = openReading(this.#file);
    void old.close();
    const doubtful = this.#doubtful;
    const acts = doubtful.map(({ act }) => act);
    const settled = settleDoubt(this.#reading.db, acts, this.#settledUpTo);
    this.#doubtful = [];
    this.#settle(doubtful, settled);
  }

  /** Nobody waits longer than the deadline, and a file that is lost does not go unnoticed while nothing is written. */
  #lookAfter(): void {
    const now = performance.now();
    this.#queue.giveUpOlder(now - this.#deadlineMs, TOO_LATE);
    for (const waiting of this.#underWay.acts)
      if (waiting.since < now - this.#deadlineMs) waiting.leaveInDoubt(TOO_LATE);
    for (const waiting of this.#underWay.works)
      if (waiting.since < now - this.#deadlineMs) waiting.fail(TOO_LATE);
    if (this.#state !== 'idle' || now - this.#checkedFileAt < CHECK_FILE_EVERY_MS) return;
    this.#checkedFileAt = now;
    this.#becomeBusy();
    this.#writer.order({ do: 'check' });
  }

  async #becomeQuiet(): Promise<void> {
    if (this.#state !== 'busy') return;
    const quiet = new Promise<void>((resolve) => (this.#onQuiet = resolve));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, this.#deadlineMs)));
    await Promise.race([quiet, late]);
    clearTimeout(timer);
  }
}
