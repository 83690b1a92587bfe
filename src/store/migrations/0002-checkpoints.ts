import { type Kysely, sql } from 'kysely';

const CHECKPOINTS = `CREATE TABLE checkpoints (
     size INTEGER PRIMARY KEY CHECK (size > 0), note BLOB NOT NULL, published_at INTEGER NOT NULL
   ) STRICT`;

const UNCHANGED = ['UPDATE', 'DELETE'].map(
  (act) => `CREATE TRIGGER checkpoints_no_${act.toLowerCase()} BEFORE ${act} ON checkpoints
     BEGIN SELECT RAISE(ABORT, 'the checkpoints are append-only'); END`,
);

/** One checkpoint a size, and sizes only grow. */
const GROWING = `CREATE TRIGGER checkpoints_grow BEFORE INSERT ON checkpoints
     WHEN NEW.size <= (SELECT coalesce(max(size), 0) FROM checkpoints)
     BEGIN SELECT RAISE(ABORT, 'the checkpoints are append-only'); END`;

/**
 * A connection without `recursive_triggers` walks past a DELETE trigger with REPLACE; past these it does
 * not. Entries have theirs already: they are appended at the end of the log.
 */
const NEVER_REPLACED = [
  ['contents', 'idx = NEW.idx'],
  ['subtrees', 'level = NEW.level AND position = NEW.position'],
].map(
  ([table, same]) => `CREATE TRIGGER ${table}_no_replace BEFORE INSERT ON ${table}
     WHEN EXISTS (SELECT 1 FROM ${table} WHERE ${same})
     BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END`,
);

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [CHECKPOINTS, ...UNCHANGED, GROWING, ...NEVER_REPLACED])
    await sql.raw(statement).execute(db);
}
