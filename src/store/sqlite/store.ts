import { mkdirSync, openSync, closeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { InstanceId } from '../../domain/ids.ts';
import type { Milliseconds } from '../../domain/time.ts';
import { readRecord } from '../../audit/record.ts';
import type { ContentBytes, AuditRecord } from '../../audit/record.ts';
import type { PreparedEntry } from '../../audit/entry.ts';
import type {
  Act,
  Committed,
  FollowedEntry,
  Housekeeping,
  Reader,
  Redemption,
  Settled,
  Store,
} from '../store.ts';
import { migrate, openForWriting } from './database.ts';
import { holdLock } from './lock.ts';
import { openReading, type Reading } from './reading.ts';
import { threadUrl } from './thread-url.ts';
import type { WriterOrder, WriterReport, WriterThreadOptions } from './writer-thread.ts';

export interface SqliteStoreOptions extends WriterThreadOptions {
  /** How long a caller waits for an append at most. */
  readonly deadlineMs?: Milliseconds;
}

const DEADLINE_MS = 2000;
const MAX_QUEUED = 4096;
const MAX_BATCH = 256;
const CHECK_EVERY_MS = 50;

/** Opens the store in `file`, making it and bringing its schema up to date. Throws if another process has it open. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 });
  closeSync(openSync(options.file, 'a', 0o600));
  const unlock = holdLock(options.file);
  try {
    const db = openForWriting(options.file);
    await migrate(db);
    db.close();
    const store = new SqliteStore(options, unlock);
    await store.started;
    return store;
  } catch (error) {
    unlock();
    throw error;
  }
}

interface WaitingAct {
  readonly act: Act;
  readonly since: Milliseconds;
  readonly answer: (committed: Committed) => void;
  readonly settle: (settled: Settled) => void;
  readonly settled: Promise<Settled>;
}

interface WaitingWork {
  readonly work: Housekeeping;
  readonly resolve: (redemption: Redemption | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** The main thread's end of the writer: a queue, a deadline, one batch under way, and the feed. */
class SqliteStore implements Store {
  readonly instance: InstanceId;
  readonly started: Promise<void>;
  readonly #options: SqliteStoreOptions;
  readonly #deadlineMs: Milliseconds;
  readonly #unlock: () => void;
  readonly #listeners = new Set<(entries: readonly FollowedEntry[]) => void>();
  readonly #acts: WaitingAct[] = [];
  readonly #works: WaitingWork[] = [];
  readonly #watch: NodeJS.Timeout;
  #worker: Worker;
  #reading: Reading;
  #underWay: readonly WaitingAct[] = [];
  #worksUnderWay: readonly WaitingWork[] = [];
  /** Acts of a batch that broke: settled when the writer is able again, by looking for their entries. */
  #doubtful: readonly WaitingAct[] = [];
  #size = 0;
  #state: 'starting' | 'idle' | 'busy' | 'broken' | 'closed' = 'starting';
  #why = 'the store is starting';
  #onStarted: { resolve: () => void; reject: (error: Error) => void };
  #onClosed: (() => void) | undefined;

  constructor(options: SqliteStoreOptions, unlock: () => void) {
    this.instance = options.instance;
    this.#options = options;
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    this.#unlock = unlock;
    const started = Promise.withResolvers<void>();
    this.started = started.promise;
    this.#onStarted = started;
    this.#reading = openReading(options.file);
    this.#worker = this.#startWorker();
    this.#watch = setInterval(() => this.#giveUpLate(), CHECK_EVERY_MS);
    this.#watch.unref();
  }

  get reader(): Reader {
    return this.#reading.reader;
  }

  commit(act: Act): Promise<Committed> {
    if (this.#state === 'broken' || this.#state === 'closed')
      return Promise.resolve({ outcome: 'failed', cause: this.#why });
    if (this.#acts.length >= MAX_QUEUED)
      return Promise.resolve({ outcome: 'failed', cause: 'too many acts wait for the log' });
    const answer = Promise.withResolvers<Committed>();
    const settled = Promise.withResolvers<Settled>();
    this.#acts.push({
      act,
      since: performance.now(),
      answer: answer.resolve,
      settled: settled.promise,
      settle: (outcome) => {
        settled.resolve(outcome);
        answer.resolve(outcome);
      },
    });
    this.#next();
    return answer.promise;
  }

  async keep(work: Housekeeping): Promise<void> {
    await this.#keep(work);
  }

  async redeem(work: Extract<Housekeeping, { do: 'redeem-code' }>): Promise<Redemption> {
    return (await this.#keep(work)) ?? { outcome: 'unknown' };
  }

  follow(listener: (entries: readonly FollowedEntry[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  health(): { able: true } | { able: false; why: string } {
    if (this.#state === 'idle') return { able: true };
    const oldest = this.#underWay[0];
    if (this.#state === 'busy') {
      const isLate = oldest !== undefined && performance.now() - oldest.since > this.#deadlineMs;
      return isLate ? { able: false, why: 'the log takes too long to write' } : { able: true };
    }
    return { able: false, why: this.#why };
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    await this.#drained();
    clearInterval(this.#watch);
    const closed = Promise.withResolvers<void>();
    this.#onClosed = closed.resolve;
    this.#state = 'closed';
    this.#why = 'the store was closed';
    this.#order({ do: 'close' });
    await closed.promise;
    await this.#reading.close();
    await this.#worker.terminate();
    this.#unlock();
  }

  #keep(work: Housekeeping): Promise<Redemption | undefined> {
    if (this.#state === 'broken' || this.#state === 'closed')
      return Promise.reject(new Error(this.#why));
    return new Promise((resolve, reject) => {
      this.#works.push({ work, resolve, reject });
      this.#next();
    });
  }

  /** Whatever is queued goes as one batch, as soon as the last one has been answered. */
  #next(): void {
    if (this.#state !== 'idle') return;
    if (this.#acts.length > 0) {
      this.#state = 'busy';
      this.#underWay = this.#acts.splice(0, MAX_BATCH);
      this.#order({ do: 'commit', acts: this.#underWay.map((waiting) => waiting.act) });
    } else if (this.#works.length > 0) {
      this.#state = 'busy';
      this.#worksUnderWay = this.#works.splice(0, MAX_BATCH);
      this.#order({ do: 'keep', works: this.#worksUnderWay.map((waiting) => waiting.work) });
    }
  }

  #order(order: WriterOrder): void {
    this.#worker.postMessage(order);
  }

  #startWorker(): Worker {
    const { file, instance, retentionMs } = this.#options;
    const workerData: WriterThreadOptions = { file, instance, retentionMs };
    const worker = new Worker(threadUrl('writer-thread'), { workerData });
    worker.on('message', (report: WriterReport) => this.#hear(report));
    worker.on('error', (error: Error) => this.#restart(error.message));
    return worker;
  }

  /** The thread itself died: another one takes its place, and finds out what the last one had written. */
  #restart(why: string): void {
    if (this.#state === 'closed') return;
    this.#break(`the writer died: ${why}`);
    this.#worker = this.#startWorker();
  }

  #hear(report: WriterReport): void {
    switch (report.is) {
      case 'able':
        return this.#recover();
      case 'broken':
        if (this.#state === 'starting') return this.#onStarted.reject(new Error(report.why));
        return this.#break(report.why);
      case 'committed':
        this.#settleBatch(report.settled);
        break;
      case 'kept':
        this.#worksUnderWay.forEach((waiting, at) => waiting.resolve(report.redemptions[at]));
        this.#worksUnderWay = [];
        break;
      case 'closed':
        return this.#onClosed?.();
    }
    if (this.#state === 'busy') this.#state = 'idle';
    this.#next();
  }

  /** Followers hear of an entry before the one who asked for it does. */
  #settleBatch(settled: readonly Settled[]): void {
    const batch = this.#underWay;
    this.#underWay = [];
    this.#publish(
      batch.flatMap(({ act }, at) => {
        const outcome = settled[at];
        return outcome?.outcome === 'recorded' ? followedEntries(act, outcome) : [];
      }),
    );
    batch.forEach((waiting, at) =>
      waiting.settle(settled[at] ?? { outcome: 'failed', cause: 'the writer did not say' }),
    );
  }

  #publish(entries: readonly FollowedEntry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#size = last.index + 1;
    for (const listener of this.#listeners) listener(entries);
  }

  #break(why: string): void {
    this.#state = 'broken';
    this.#why = `the log cannot be written: ${why}`;
    this.#doubtful = [...this.#doubtful, ...this.#underWay];
    this.#underWay = [];
    for (const waiting of this.#doubtful) this.#answerUnknown(waiting, this.#why);
    for (const waiting of this.#acts.splice(0))
      waiting.settle({ outcome: 'failed', cause: this.#why });
    for (const waiting of [...this.#worksUnderWay, ...this.#works.splice(0)])
      waiting.reject(new Error(this.#why));
    this.#worksUnderWay = [];
  }

  #answerUnknown(waiting: WaitingAct, cause: string): void {
    waiting.answer({ outcome: 'unknown', cause, settled: waiting.settled });
  }

  /** The writer works: what was in doubt is looked up, the readers look at the file as it is now, and the queue goes on. */
  #recover(): void {
    const isFirst = this.#state === 'starting';
    if (!isFirst) {
      const old = this.#reading;
      this.#reading = openReading(this.#options.file);
      void old.close();
    }
    const doubtful = this.#doubtful;
    this.#doubtful = [];
    const stored = this.#storedSince(this.#size);
    const settled = doubtful.map((waiting) => settleByCommitment(waiting.act, stored));
    this.#publish(
      doubtful.flatMap(({ act }, at) => {
        const outcome = settled[at];
        return outcome?.outcome === 'recorded' ? followedEntries(act, outcome) : [];
      }),
    );
    doubtful.forEach((waiting, at) => waiting.settle(settled[at] ?? NOT_WRITTEN));
    this.#size = Math.max(this.#size, stored.end);
    this.#state = 'idle';
    if (isFirst) this.#onStarted.resolve();
    this.#next();
  }

  #storedSince(from: number): StoredEntries {
    const rows = this.#reading.db
      .prepare<[number], { idx: number; entry: Uint8Array }>(
        'SELECT idx, entry FROM entries WHERE idx >= ? ORDER BY idx DESC LIMIT 4096',
      )
      .all(from);
    return {
      end: (rows[0]?.idx ?? from - 1) + 1,
      byCommitment: new Map(
        rows.map(({ idx, entry }) => [commitmentKey(entry.subarray(24, 56)), { idx, entry }]),
      ),
    };
  }

  #giveUpLate(): void {
    const before = performance.now() - this.#deadlineMs;
    while (this.#acts[0] !== undefined && this.#acts[0].since < before)
      this.#acts.shift()?.settle({ outcome: 'failed', cause: 'the log took too long to write' });
    for (const waiting of this.#underWay)
      if (waiting.since < before) this.#answerUnknown(waiting, 'the log took too long to write');
  }

  async #drained(): Promise<void> {
    while (this.#state === 'busy' || this.#acts.length > 0 || this.#works.length > 0) {
      if (this.#state === 'broken') return;
      await Promise.race([
        ...this.#underWay.map((waiting) => waiting.settled),
        new Promise((resolve) => setImmediate(resolve)),
      ]);
    }
  }
}

const NOT_WRITTEN: Settled = { outcome: 'failed', cause: 'it was not written' };

interface StoredEntries {
  readonly end: number;
  readonly byCommitment: ReadonlyMap<string, { idx: number; entry: Uint8Array }>;
}

function commitmentKey(commitment: Uint8Array): string {
  return Buffer.from(commitment).toString('hex');
}

/** Commitments are salted, so no two entries share one: an act is in the log if its entries' commitments are. */
function settleByCommitment(act: Act, stored: StoredEntries): Settled {
  const found = act.entries.map((entry) =>
    stored.byCommitment.get(commitmentKey(entry.commitment)),
  );
  const first = found[0];
  if (first === undefined || found.includes(undefined)) return NOT_WRITTEN;
  const at = Number(Buffer.from(first.entry).readBigUInt64BE(8));
  return { outcome: 'recorded', indexes: found.flatMap((one) => one?.idx ?? []), at };
}

function followedEntries(
  act: Act,
  recorded: Extract<Settled, { outcome: 'recorded' }>,
): FollowedEntry[] {
  return act.entries.flatMap((entry, position) => {
    const index = recorded.indexes[position];
    return index === undefined ? [] : [new JustCommitted(index, recorded.at, entry)];
  });
}

/** An entry of this process: its record is read back only for a listener who looks at it. */
class JustCommitted implements FollowedEntry {
  readonly index: number;
  readonly at: number;
  readonly #entry: PreparedEntry;
  #record: AuditRecord | undefined;

  constructor(index: number, at: number, entry: PreparedEntry) {
    this.index = index;
    this.at = at;
    this.#entry = entry;
  }

  get record(): AuditRecord {
    const { content, publicPayload } = this.#entry;
    const bytes: ContentBytes = Object.fromEntries(
      Object.entries(content).map(([name, section]) => [name, section.bytes]),
    );
    this.#record ??= readRecord({ index: this.index, time: this.at, publicPayload }, bytes);
    return this.#record;
  }
}
