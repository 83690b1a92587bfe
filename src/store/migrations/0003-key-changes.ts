import { type Kysely, sql } from 'kysely';

/** The few entries of kind 17: each start asks which keys the log has had, however long the log is. */
const KEY_CHANGES = `CREATE INDEX key_changes ON entries (idx) WHERE substr(entry, 5, 1) = x'11'`;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(KEY_CHANGES).execute(db);
}
