import Database from 'better-sqlite3';
import { type CompiledQuery, Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { MIGRATIONS } from '../migrations/index.ts';
import type { Schema } from '../schema.ts';
import { bindArguments, type SqlValue } from '../statements.ts';

export type SqliteDatabase = Database.Database;

/** The one connection that writes. Throws if there is no such file or it cannot be written. */
export function openForWriting(file: string): SqliteDatabase {
  const db = new Database(file, { fileMustExist: true, timeout: 1000 });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('recursive_triggers = ON');
  db.pragma('secure_delete = ON');
  db.pragma('trusted_schema = OFF');
  db.pragma('foreign_keys = ON');
  db.pragma('cache_size = -65536');
  db.pragma('wal_autocheckpoint = 4000');
  return db;
}

export function openForReading(file: string): SqliteDatabase {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 1000 });
  db.pragma('trusted_schema = OFF');
  db.pragma('query_only = ON');
  return db;
}

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
      `the database is not durable: journal_mode ${journal}, synchronous ${synchronous}`,
    );
}

/**
 * Brings the schema to what this version knows. Throws if the file was written by a newer version:
 * it would not be understood.
 */
export async function migrate(db: SqliteDatabase): Promise<void> {
  const kysely = queryBuilder(db);
  const migrator = new Migrator({
    db: kysely,
    provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined)
    throw new Error('the database has a schema this version does not know', { cause: error });
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
