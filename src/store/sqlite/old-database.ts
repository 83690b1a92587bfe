import { existsSync, rmSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import type { AuditRecord } from '../../audit/record.ts';
import type { Account, KnownPerson } from '../../domain/change.ts';
import { readAccount, readPerson } from '../rows.ts';
import type { Reader } from '../store.ts';
import {
  emptyWal,
  openForReading,
  openForWriting,
  queryBuilder,
  type SqliteDatabase,
} from './database.ts';
import { SqliteReader } from './sqlite-reader.ts';

/** What a database beside the one in use is looked into for. */
export interface OldDatabase {
  readonly size: number;
  /** The first entry, as it is read; `undefined` if there is none. */
  readonly first: AuditRecord | undefined;
  /** The last checkpoint that was signed of it. */
  readonly note: Uint8Array | undefined;
  readonly accounts: readonly Account[];
  readonly people: readonly KnownPerson[];
}

/** What belongs to a database file, itself first: without it nobody reads the others. */
const PARTS = ['', '-wal', '-shm'];

/** Whether somebody else has the database open. Who has it alone leaves no write-ahead log behind. */
export type Company = 'alone' | 'beside';

/** Writes what stands in the write-ahead log into the file. Nothing else may have it open. Throws if it cannot be read. */
export async function settleDatabase(file: string): Promise<void> {
  await look(file, 'alone', () => Promise.resolve());
}

/** Looks into a database; `undefined` if it is not there or nothing was ever made in it. Throws if it cannot be read. */
export async function readOldDatabase(
  file: string,
  company: Company,
): Promise<OldDatabase | undefined> {
  if (!existsSync(file)) return undefined;
  return look(file, company, async (db) => {
    if (!hasLog(db)) return undefined;
    const reader = new SqliteReader(db);
    const tables = queryBuilder(db);
    return {
      size: (await reader.logState()).size,
      first: await reader.record(0),
      note: (await reader.latestCheckpoint())?.note,
      accounts: (await tables.selectFrom('accounts').selectAll().execute()).map(readAccount),
      people: (await tables.selectFrom('people').selectAll().execute()).map(readPerson),
    };
  });
}

/** Asks a database something, beside whoever has it open; `undefined` if there is no log in it. */
export async function readBeside<Answer>(
  file: string,
  ask: (reader: Reader) => Promise<Answer>,
): Promise<Answer | undefined> {
  if (!existsSync(file)) return undefined;
  return look(file, 'beside', async (db) => (hasLog(db) ? ask(new SqliteReader(db)) : undefined));
}

async function look<Answer>(
  file: string,
  company: Company,
  ask: (db: SqliteDatabase) => Promise<Answer>,
): Promise<Answer> {
  const db = company === 'alone' ? openForWriting(file) : openForReading(file);
  try {
    if (company === 'alone') emptyWal(db);
    return await ask(db);
  } finally {
    db.close();
  }
}

function hasLog(db: SqliteDatabase): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'log_state'").get() !== undefined;
}

/** Gives a database another name, with all that belongs to it. What was moved before stays where it is. Throws where it would be put over another. */
export async function moveDatabase(from: string, to: string): Promise<void> {
  const parts = PARTS.filter((part) => existsSync(from + part));
  for (const part of parts)
    if (existsSync(to + part)) throw new Error(`${to + part} is there already`);
  for (const part of parts) await rename(from + part, to + part);
}

/** Takes away a database that was never finished. */
export function discardDatabase(file: string): void {
  for (const part of [...PARTS, '.lock']) rmSync(file + part, { force: true });
}
