import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import type { AuditRecord } from '../audit/record.ts';
import type { InstanceId } from '../domain/ids.ts';
import type { Milliseconds } from '../domain/time.ts';
import { systemClock } from '../store/clock.ts';
import { holdLock } from '../store/sqlite/lock.ts';
import {
  type Company,
  discardDatabase,
  moveDatabase,
  type OldDatabase,
  readOldDatabase,
  settleDatabase,
} from '../store/sqlite/old-database.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import { readAnyKey } from './log-key.ts';
import { LogRefused } from './log-refused.ts';
import { openPublisher } from './open-publisher.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { beginEpoch } from './begin-epoch.ts';
import { findPrevious, type PreviousWish } from './previous-checkpoint.ts';
import { syncFolderOf } from './private-file.ts';
import { openCheckpoint, type SignedCheckpoint } from './signed-checkpoint.ts';

/** What an operator asks for whose newest database is lost. */
export interface RecoveryWish extends PreviousWish {
  readonly databaseFile: string;
  readonly retentionMs: Milliseconds;
  /** What happened, for everybody to read. */
  readonly statement: string;
  /** Told after each step is on disk. */
  readonly passed?: (step: RecoveryStep) => void;
}

export type RecoveryStep = 'begun' | 'built' | 'guard moved' | 'database moved' | 'in place';

export interface Recovered {
  readonly previous: SignedCheckpoint;
  readonly signed: SignedCheckpoint;
  readonly verifier: VerifierKey;
  readonly accounts: number;
  /** Of the database that was put aside; 0 if there was none. */
  readonly oldSize: number;
  readonly movedTo: readonly string[];
}

const MAX_STATEMENT = 1000;
/** Nobody waits for an answer: a slow disk is no reason to give up. */
const DEADLINE_MS: Milliseconds = 600_000;

/**
 * Begins a new epoch in place of a log whose newest database is lost: another log, whose first entry carries
 * the last checkpoint of the one before. Accounts and people are carried over, and nothing that lets anybody
 * in. The old files get other names; none is removed. Broken off anywhere, it is finished or begun again by
 * the next run. Throws `LogRefused`.
 */
export async function recoverLog(wish: RecoveryWish): Promise<Recovered> {
  demandStatement(wish.statement);
  const unlock = lock(wish.databaseFile);
  try {
    if (!(await isInPlace(wish))) await putInPlace(wish);
  } finally {
    unlock();
  }
  return sign(wish);
}

/** Throws `LogRefused` if a recovery of this database was begun and not finished. */
export function demandNoRecovery(databaseFile: string): void {
  if (existsSync(built(databaseFile)))
    throw new LogRefused(
      `${built(databaseFile)} is there: a recovery of this database was broken off. Run sallyport log recover once more`,
    );
}

function demandStatement(statement: string): void {
  const isText = statement.isWellFormed() && !/[\0-\x09\x0b-\x1f\x7f]/.test(statement);
  if (!isText || statement.trim() === '' || statement.length > MAX_STATEMENT)
    throw new LogRefused(
      `--statement says what happened, for everybody to read, in 1 to ${MAX_STATEMENT} characters`,
    );
}

function lock(file: string): () => void {
  try {
    return holdLock(file);
  } catch (error) {
    throw new LogRefused(
      `${file} is in use or its folder is not there (${String(error)}): stop the gateway first`,
    );
  }
}

/** Whether a run before this one got as far as putting the new database where the old one was, and no further. */
async function isInPlace({ databaseFile, places }: RecoveryWish): Promise<boolean> {
  if (existsSync(built(databaseFile))) return false;
  const standing = await look(databaseFile);
  return beginsEpoch(standing?.first, places.origin) && standing?.note === undefined;
}

async function putInPlace(wish: RecoveryWish): Promise<void> {
  const { databaseFile, places, passed = () => {} } = wish;
  if (!existsSync(built(databaseFile))) await build(wish);
  passed('built');
  const made = await look(built(databaseFile));
  const { size } = previousOf(wish, built(databaseFile), made);
  const aside = asideOf(wish, size);
  if (existsSync(places.guardFile)) await rename(places.guardFile, aside.guard);
  await syncFolderOf(places.guardFile);
  passed('guard moved');
  if (existsSync(databaseFile)) await settleDatabase(databaseFile);
  await moveDatabase(databaseFile, aside.database);
  await syncFolderOf(databaseFile);
  passed('database moved');
  await moveDatabase(built(databaseFile), databaseFile);
  await syncFolderOf(databaseFile);
  passed('in place');
}

/** Makes the new database beside the old one; its last step is its name, so that a half of one is not taken for it. */
async function build(wish: RecoveryWish): Promise<void> {
  const { databaseFile, places, statement, retentionMs, passed = () => {} } = wish;
  const draft = `${databaseFile}.recovering`;
  discardDatabase(draft);
  const old = await look(databaseFile);
  const previous = await findPrevious(wish, old);
  await demandFree(wish, previous.size);
  const instance = randomUUID() as InstanceId;
  const store = await openSqliteStore({
    file: draft,
    instance,
    retentionMs,
    deadlineMs: DEADLINE_MS,
    reserveBytes: 0,
  });
  try {
    await beginEpoch(store, { origin: places.origin, previous, statement, old });
    passed('begun');
  } finally {
    await store.close();
  }
  await settleDatabase(draft);
  await moveDatabase(draft, built(databaseFile));
  discardDatabase(draft);
  await syncFolderOf(databaseFile);
}

/** Nothing is put over a file that is there, and no key of the log before signs this one. */
async function demandFree(wish: RecoveryWish, oldSize: number): Promise<void> {
  const { database, guard } = asideOf(wish, oldSize);
  for (const file of [database, guard])
    if (existsSync(file))
      throw new LogRefused(
        `${file} is there already, and what is now in place would get that name`,
      );
  const key = await readAnyKey(wish.places.keyFile);
  if (key !== undefined && key.verifier.name !== wish.places.origin)
    throw new LogRefused(
      `${wish.places.keyFile} holds the key of ${key.verifier.name}: a key bears its log's name, so give the configuration a new log.keyFile too`,
    );
}

/** The new epoch's first checkpoint, with the key that is made for it, and its guard. */
async function sign(wish: RecoveryWish): Promise<Recovered> {
  const { databaseFile, places, retentionMs } = wish;
  const instance = randomUUID() as InstanceId;
  const store = await openSqliteStore({
    file: databaseFile,
    instance,
    retentionMs,
    reserveBytes: 0,
  });
  try {
    const why: string[] = [];
    const publisher = await openPublisher(places, {
      store,
      everyMs: 1000,
      now: () => systemClock.now(),
      report: (report) => void ('why' in report && why.push(report.why)),
    });
    await publisher.publish();
    await publisher.close();
    const { published: signed, verifiers } = publisher;
    const [verifier] = verifiers;
    if (signed === undefined || verifier === undefined)
      throw new Error(`the new log could not be signed: ${why.join(', ')}`);
    return { ...(await describe(wish)), signed, verifier };
  } finally {
    await store.close();
  }
}

async function describe(
  wish: RecoveryWish,
): Promise<Pick<Recovered, 'previous' | 'oldSize' | 'accounts' | 'movedTo'>> {
  const standing = await look(wish.databaseFile, 'beside');
  const previous = previousOf(wish, wish.databaseFile, standing);
  const { database, guard } = asideOf(wish, previous.size);
  return {
    previous,
    oldSize: (await look(database))?.size ?? 0,
    accounts: standing?.accounts.length ?? 0,
    movedTo: [database, guard].filter((file) => existsSync(file)),
  };
}

/** What the first entry of a new epoch says of the log before. */
function previousOf(
  { places, previousKey }: RecoveryWish,
  file: string,
  found: OldDatabase | undefined,
): SignedCheckpoint {
  const { first } = found ?? {};
  const note = first?.['previous'];
  if (!beginsEpoch(first, places.origin) || typeof note !== 'string')
    throw new LogRefused(
      `${file} was made by another recovery than to ${places.origin}: finish that one, or move the file away`,
    );
  try {
    return openCheckpoint(previousKey.name, [previousKey], new TextEncoder().encode(note));
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
    throw new LogRefused(`${file} goes on from a checkpoint that this key has not signed`);
  }
}

function beginsEpoch(first: AuditRecord | undefined, origin: string): boolean {
  return first?.event === 'log.recovered' && first['origin'] === origin;
}

/** Throws `LogRefused` for a database that cannot be read. */
async function look(file: string, company: Company = 'alone'): Promise<OldDatabase | undefined> {
  try {
    return await readOldDatabase(file, company);
  } catch (error) {
    throw new LogRefused(
      `${file} cannot be read (${String(error)}). To begin without its accounts, move it away yourself`,
    );
  }
}

/** The new database until it is in place. */
function built(databaseFile: string): string {
  return `${databaseFile}.recovered`;
}

function asideOf({ databaseFile, places }: RecoveryWish, oldSize: number) {
  const suffix = `epoch-${oldSize}`;
  return { database: `${databaseFile}.${suffix}`, guard: `${places.guardFile}.${suffix}` };
}
