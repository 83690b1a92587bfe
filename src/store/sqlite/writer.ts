import { statSync } from 'node:fs';
import { type ConditionFacts, holds } from '../../domain/condition.ts';
import type { InstanceId } from '../../domain/ids.ts';
import type { Clock, Instant, Milliseconds } from '../../domain/time.ts';
import { LogTime } from '../clock.ts';
import { readAccessRequest, readGrant, readSession, readVisit } from '../rows.ts';
import { buildErasureStatements, type ErasureStatements } from '../erasure-statements.ts';
import { buildRequestStatements, type RequestStatements } from '../request-statements.ts';
import { buildStatements, type Statements } from '../statements.ts';
import type { Act, Housekeeping, Purge, Redemption, Settled } from '../store.ts';
import { Appender, checkGoesOn, checkTail, type LogTip } from './appender.ts';
import { ChangeRefused, writeChange } from './changes.ts';
import {
  assertDurable,
  emptyWal,
  emptyWalAtOnce,
  openForWriting,
  queryBuilder,
  Runner,
  type SqliteDatabase,
} from './database.ts';
import { Eraser } from './eraser.ts';
import { keepHouse } from './housekeeping.ts';
import { GapWiper } from './page-gaps.ts';

/** What came of a piece of work that needs no entry. */
export type Kept = Redemption | Purge | undefined;

/** Pages that are looked at in one go: the log waits that long. */
const WIPED_AT_ONCE = 1000;

export interface WriterOptions {
  readonly file: string;
  readonly instance: InstanceId;
  readonly retentionMs: Milliseconds;
  readonly clock: Clock;
  /** Where the log is known to have stood, if this process has written to it before. */
  readonly tip?: LogTip | undefined;
}

/**
 * The one writer of a SQLite store: a plain module over a file and a clock; the thread is a shell
 * around it. Any error that leaves it leaves the outcome of that transaction unknown and the writer
 * unusable: what it holds in memory may be ahead of the file. Open a new one.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #db: SqliteDatabase;
  readonly #run: Runner;
  readonly #sql: AllStatements;
  readonly #facts: ConditionFacts;
  readonly #log: Appender;
  readonly #eraser: Eraser;
  readonly #time: LogTime;
  readonly #identity: string;
  #wiper: GapWiper | undefined;
  #isKnownDurable = false;

  /** Throws if the file cannot be written, or its log does not end as its state says, or does not go on from `tip`. */
  constructor(options: WriterOptions) {
    this.#options = options;
    this.#identity = fileIdentity(options.file);
    this.#db = openForWriting(options.file);
    try {
      this.#run = new Runner(this.#db);
      this.#sql = buildAll(this.#db);
      this.#facts = loadFacts(this.#run, this.#sql);
      this.#log = new Appender(this.#run, this.#sql, options.retentionMs);
      this.#eraser = new Eraser(this.#run, this.#sql);
      this.#time = new LogTime(options.clock, this.#log.refresh());
      checkTail(this.#db, this.#log.size);
      if (options.tip !== undefined) checkGoesOn(this.#db, options.tip);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Where the log stands; `undefined` while it is empty. */
  get tip(): LogTip | undefined {
    return this.#log.tip();
  }

  close(): void {
    this.#db.close();
  }

  /** Writes all acts in one transaction, in order; when it answers, they are on disk. */
  commit(acts: readonly Act[]): Settled[] {
    return this.#transact(() => {
      const { at, isClamped } = this.#time.now();
      const written = acts.map((act) => this.#writeAct(act, at, isClamped));
      if (written.some((one) => one.outcome === 'recorded')) {
        this.#log.writeState(at);
        this.#time.advance(at);
      }
      return written;
    });
  }

  /** Does what needs no entry, in one transaction. */
  keep(works: readonly Housekeeping[]): Kept[] {
    const kept = this.#transact(() =>
      works.map((work) =>
        work.do === 'purge' ? undefined : keepHouse(this.#run, this.#sql, work),
      ),
    );
    // What is purged lies outside every transaction.
    return works.map((work, at) => (work.do === 'purge' ? this.#purge(work) : kept[at]));
  }

  /**
   * Proves that a commit reaches the disk, by making one that changes nothing. What stood in the WAL is
   * first written into the database itself: after a failed fsync it may be in memory only, and no later
   * fsync would tell. Throws if either cannot be done now.
   */
  probe(): void {
    emptyWal(this.#db);
    this.#transact(() => this.#log.writeState(this.#log.refresh()));
  }

  /** Throws if the file was unlinked or replaced: what is written to it would go into nothing. */
  checkFile(): void {
    if (fileIdentity(this.#options.file) !== this.#identity)
      throw new Error('the database file was replaced or removed');
  }

  #transact<Result>(work: () => Result): Result {
    this.checkFile();
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#time.advance(this.#log.refresh());
      const result = work();
      this.#db.exec('COMMIT');
      this.#assertDurable();
      return result;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  #purge({ isThorough }: { readonly isThorough: boolean }): Purge {
    if (!emptyWalAtOnce(this.#db)) return 'hindered';
    if (!isThorough) return 'done';
    this.#wiper ??= new GapWiper(this.#db);
    return this.#wiper.wipe(WIPED_AT_ONCE);
  }

  #assertDurable(): void {
    if (this.#isKnownDurable) return;
    assertDurable(this.#db);
    this.#isKnownDurable = true;
  }

  #writeAct(act: Act, at: Instant, isClamped: boolean): Settled {
    const broken = act.conditions.find((condition) => !holds(condition, this.#facts, at));
    if (broken !== undefined) return { outcome: 'refused', condition: broken };
    const cause = this.#tryChanges(act, at);
    if (cause !== undefined) return { outcome: 'failed', cause };
    const indexes = act.entries.map((entry) => this.#log.append(entry, at, isClamped));
    return { outcome: 'recorded', indexes, at };
  }

  /** The changes stand in a savepoint: one that the schema refuses takes its own act back, and no other. */
  #tryChanges(act: Act, at: Instant): string | undefined {
    const place = {
      firstIndex: this.#log.size,
      at,
      instance: this.#options.instance,
      accountOf: (entry: number) => act.entries[entry]?.account ?? '',
    };
    // Before the savepoint: what it takes back must not be what memory counts on.
    if (act.changes.some((change) => 'erase' in change)) this.#log.releaseTags();
    this.#db.exec('SAVEPOINT act');
    try {
      for (const change of act.changes)
        if ('erase' in change) this.#eraser.erase(change, place.firstIndex + change.entry, at);
        else writeChange(this.#run, this.#sql, change, place);
      return undefined;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#db.exec('ROLLBACK TO act');
      return error.message;
    } finally {
      if (this.#db.inTransaction) this.#db.exec('RELEASE act');
    }
  }
}

type AllStatements = Statements & ErasureStatements & RequestStatements;

function buildAll(db: SqliteDatabase): AllStatements {
  const builder = queryBuilder(db);
  return {
    ...buildStatements(builder),
    ...buildErasureStatements(builder),
    ...buildRequestStatements(builder),
  };
}

function loadFacts(run: Runner, sql: AllStatements): ConditionFacts {
  const found = <Row, Thing>(row: Row | undefined, read: (row: Row) => Thing) =>
    row === undefined ? undefined : read(row);
  return {
    session: (id) => found(run.get(sql.session, { id }), readSession),
    visit: (id) => found(run.get(sql.visit, { id }), readVisit),
    grant: (id) => found(run.get(sql.grant, { id }), readGrant),
    accessRequest: (id) => found(run.get(sql.accessRequest, { id }), readAccessRequest),
    hasPendingRequest: (account, { issuer, subject }, at) =>
      run.get(sql.pendingRequest, { account, issuer, subject, at }) !== undefined,
    isAccountRegistered: (id) => run.get(sql.account, { id }) !== undefined,
    isKeyUsed: (key, at) => run.get(sql.usedKey, { key, at }) !== undefined,
    isAttemptOpen: (idx) => run.get(sql.attempt, { idx }) !== undefined,
    isHoldUnlifted: (id) => run.get(sql.hold, { id })?.lifted_at === null,
    holdsVersion: () => run.get(sql.holdState)?.version ?? 0,
    isContentKept: (idx) => run.get(sql.isContentKept, { idx }) !== undefined,
  };
}

function fileIdentity(file: string): string {
  const { dev, ino } = statSync(file, { bigint: true });
  return `${dev}:${ino}`;
}

function isRefusal(error: unknown): error is Error {
  if (error instanceof ChangeRefused) return true;
  return (
    error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_CONSTRAINT')
  );
}
