import { SqlReader } from '../reader.ts';
import type { EntryRow } from '../rehash.ts';
import { queryBuilder, type SqliteDatabase } from './database.ts';
import { sha256 } from './sha256.ts';
import { prepareWholeRows } from './whole-rows.ts';

/** A reader on one connection, which reads whole entries in the fastest way there is. */
export class SqliteReader extends SqlReader {
  readonly #wholeRows: ReturnType<typeof prepareWholeRows>;

  constructor(db: SqliteDatabase) {
    super(queryBuilder(db), sha256);
    this.#wholeRows = prepareWholeRows(db);
  }

  protected override wholeRows(first: number, count: number): Promise<Iterable<EntryRow>> {
    return Promise.resolve(this.#wholeRows(first, count));
  }
}
