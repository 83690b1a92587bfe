import { type Kysely, sql } from 'kysely';

const TABLES = [
  `CREATE TABLE holds (
     id TEXT PRIMARY KEY, account TEXT REFERENCES accounts (id),
     from_at INTEGER NOT NULL CHECK (from_at >= 0), to_at INTEGER NOT NULL CHECK (to_at > from_at),
     until_at INTEGER NOT NULL CHECK (until_at >= 0), lifted_at INTEGER, body TEXT NOT NULL
   ) STRICT`,
  `CREATE TABLE hold_state (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL) STRICT`,
  `INSERT INTO hold_state VALUES (1, 0)`,
  `CREATE TABLE erasures (
     idx INTEGER PRIMARY KEY,
     from_idx INTEGER NOT NULL,
     to_idx INTEGER NOT NULL CHECK (to_idx > from_idx AND to_idx - from_idx <= 4096)
   ) STRICT`,
  `CREATE INDEX erasures_by_range ON erasures (from_idx, to_idx)`,
  // How many of its entries have no content any more: with the last one the name goes.
  `ALTER TABLE tag_keys ADD COLUMN erased INTEGER NOT NULL DEFAULT 0`,
];

/** The time of the log is that of its last entry, which nobody can rewrite; 8 bytes that compare as numbers do. */
const LOG_TIME = '(SELECT substr(entry, 9, 8) FROM entries ORDER BY idx DESC LIMIT 1)';
const asBytes = (instant: string): string => `unhex(printf('%016x', ${instant}))`;

const HELD = `EXISTS (
         SELECT 1 FROM holds
         WHERE lifted_at IS NULL AND ${asBytes('until_at')} > ${LOG_TIME}
           AND (account IS NULL OR account = json_extract(CAST(OLD.subject AS TEXT), '$.account'))
           AND ${asBytes('from_at')} <= substr(entries.entry, 9, 8)
           AND ${asBytes('to_at')} > substr(entries.entry, 9, 8))`;

/** Bytes 17 to 24 of an entry say until when its content is kept at least; zero: for ever. */
const NO_EARLY_ERASURE = `CREATE TRIGGER contents_no_delete BEFORE DELETE ON contents
     WHEN NOT EXISTS (
       SELECT 1 FROM entries
       WHERE entries.idx = OLD.idx
         AND substr(entries.entry, 17, 8) > x'0000000000000000'
         AND substr(entries.entry, 17, 8) <= ${LOG_TIME}
         AND NOT ${HELD})
     BEGIN SELECT RAISE(ABORT, 'the log is append-only: this content is kept for longer'); END`;

const refuse = (trigger: string, why: string): string =>
  `CREATE TRIGGER ${trigger} BEGIN SELECT RAISE(ABORT, '${why}'); END`;

const GUARDS = [
  'DROP TRIGGER contents_no_delete',
  NO_EARLY_ERASURE,
  // What was erased does not come back.
  refuse(
    `contents_at_the_end BEFORE INSERT ON contents
     WHEN NEW.idx <> (SELECT max(idx) FROM entries)`,
    'content is appended at the end of the log',
  ),
  refuse('erasures_no_update BEFORE UPDATE ON erasures', 'the log is append-only'),
  refuse('erasures_no_delete BEFORE DELETE ON erasures', 'the log is append-only'),
  refuse(
    `erasures_at_the_end BEFORE INSERT ON erasures
     WHEN NEW.idx <= (SELECT max(idx) FROM erasures)`,
    'the log is append-only',
  ),
  refuse(
    `holds_no_update BEFORE UPDATE ON holds
     WHEN OLD.lifted_at IS NOT NULL OR NEW.lifted_at IS NULL OR NEW.id <> OLD.id
       OR NEW.account IS NOT OLD.account OR NEW.from_at <> OLD.from_at
       OR NEW.to_at <> OLD.to_at OR NEW.until_at <> OLD.until_at`,
    'a hold is lifted once, and nothing else of it changes',
  ),
  refuse(
    `holds_no_replace BEFORE INSERT ON holds
     WHEN EXISTS (SELECT 1 FROM holds WHERE id = NEW.id)`,
    'a hold is placed once',
  ),
  refuse(
    `holds_no_delete BEFORE DELETE ON holds
     WHEN OLD.lifted_at IS NULL AND ${asBytes('OLD.until_at')} > ${LOG_TIME}`,
    'this hold has not ended',
  ),
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...TABLES, ...GUARDS]) await sql.raw(statement).execute(db);
}
