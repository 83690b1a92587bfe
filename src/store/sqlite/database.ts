import Database from 'better-sqlite3';
import { type CompiledQuery, Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { MIGRATIONS } from '../migrations/index.ts';
import type { Schema } from '../schema.ts';
import { bindArguments, type SqlValue } from '../statements.ts';

export type SqliteDatabase = Database.Database;

const BUSY_TIMEOUT_MS = 1000;

/** The one connection that writes. Throws if there is no such file or it cannot be written. */
export function openForWriting(file: string): SqliteDatabase {
  const db = new Database(file, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    for (const pragma of WRITING) db.pragma(pragma);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

const WRITING = [
  'journal_mode = WAL',
  'synchronous = FULL',
  'recursive_triggers = ON',
  'secure_delete = ON',
  'trusted_schema = OFF',
  'foreign_keys = ON',
  'cache_size = -65536',
  'wal_autocheckpoint = 4000',
];

export function openForReading(file: string): SqliteDatabase {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 1000 });
  try {
    for (const pragma of READING) db.pragma(pragma);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

const READING = ['trusted_schema = OFF', 'query_only = ON'];

export function queryBuilder(db: SqliteDatabase): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new SqliteDialect({ database: db }) });
}

/**
 * SQLite falls back to NORMAL by itself in some states, and then a commit is not on disk: asked after
 * the first write, since only then the answer counts. Throws if it is anything but WAL and FULL.
 */
export function assertDurable(db: SqliteDatabase): void {
  const journal = db.pragma('journal_mode', { simple: true });
  const synchronous = db.pragma('synchronous', { simple: true });
  if (journal !== 'wal' || synchronous !== 2)
    throw new Error(
      `the database is not durable: journal_mode ${String(journal)}, synchronous ${String(synchronous)}`,
    );
}

/** Writes everything in the WAL into the database and truncates it. Throws while readers are in its way. */
export function emptyWal(db: SqliteDatabase): void {
  if (!tryEmptyWal(db)) throw new Error('the write-ahead log is being read and cannot be emptied');
}

/** The same, waiting for readers as long as the connection does; whether it could be done. */
function tryEmptyWal(db: SqliteDatabase): boolean {
  return db.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) === 0;
}

/** The same, without waiting for anybody. */
export function emptyWalAtOnce(db: SqliteDatabase): boolean {
  db.pragma('busy_timeout = 0');
  try {
    return tryEmptyWal(db);
  } finally {
    db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }
}

/**
 * Brings the schema to what this version knows. Throws if the file was written by a newer version:
 * it would not be understood.
 */
export async function bringUpToDate(file: string): Promise<void> {
  const db = openForWriting(file);
  try {
    const migrator = new Migrator({
      db: queryBuilder(db),
      provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) },
    });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined)
      throw new Error('the database has a schema this version does not know', { cause: error });
  } finally {
    db.close();
  }
}

/** Runs statements built by the query builder, each prepared once. */
export class Runner {
  readonly #db: SqliteDatabase;
  readonly #prepared = new Map<CompiledQuery, Database.Statement>();

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  run(statement: CompiledQuery, values: Readonly<Record<string, SqlValue>> = {}): number {
    return this.#prepare(statement).run(...bindArguments(statement.parameters, values)).changes;
  }

  /** The first row. Its type is the statement's own: the builder wrote both. */
  get<Row>(
    statement: CompiledQuery<Row>,
    values: Readonly<Record<string, SqlValue>> = {},
  ): Row | undefined {
    return this.#prepare(statement).get(...bindArguments(statement.parameters, values)) as
      | Row
      | undefined;
  }

  #prepare(statement: CompiledQuery): Database.Statement {
    const known = this.#prepared.get(statement);
    if (known !== undefined) return known;
    const made = this.#db.prepare(statement.sql);
    this.#prepared.set(statement, made);
    return made;
  }
}
