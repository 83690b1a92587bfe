import { type Kysely, sql } from 'kysely';

/** What witnesses have said of our checkpoints: evidence for others, so it is only added to. */
const COSIGNATURES = `CREATE TABLE cosignatures (
     size INTEGER NOT NULL CHECK (size > 0), line TEXT NOT NULL,
     PRIMARY KEY (size, line)
   ) STRICT, WITHOUT ROWID`;

const UNCHANGED = ['UPDATE', 'DELETE'].map(
  (act) => `CREATE TRIGGER cosignatures_no_${act.toLowerCase()} BEFORE ${act} ON cosignatures
     BEGIN SELECT RAISE(ABORT, 'the cosignatures are append-only'); END`,
);

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [COSIGNATURES, ...UNCHANGED]) await sql.raw(statement).execute(db);
}
