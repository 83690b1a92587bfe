import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `CREATE TABLE access_requests (
     id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (id),
     issuer TEXT NOT NULL, subject TEXT NOT NULL, expires_at INTEGER NOT NULL,
     ended_as TEXT CHECK (ended_as IN ('approved', 'denied', 'withdrawn')), body TEXT NOT NULL
   ) STRICT`,
  `CREATE INDEX access_requests_by_account ON access_requests (account, id)`,
  `CREATE INDEX access_requests_by_person ON access_requests (issuer, subject, id)`,
  // What has ended stays so.
  `CREATE TRIGGER access_requests_end_once BEFORE UPDATE ON access_requests
     WHEN OLD.ended_as IS NOT NULL
     BEGIN SELECT RAISE(ABORT, 'this request has already ended'); END`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
