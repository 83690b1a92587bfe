import { type Kysely, sql } from 'kysely';

/** Tables that grow for ever, or hold one small row a thing. Written for SQLite. */
const TABLES = [
  `CREATE TABLE entries (
     idx INTEGER PRIMARY KEY CHECK (idx >= 0),
     entry BLOB NOT NULL,
     leaf BLOB NOT NULL CHECK (length(leaf) = 32)
   ) STRICT`,
  `CREATE TABLE contents (
     idx INTEGER PRIMARY KEY REFERENCES entries (idx),
     action BLOB, actor BLOB, net BLOB, reason BLOB, subject BLOB,
     salts BLOB NOT NULL
   ) STRICT`,
  `CREATE TABLE subtrees (
     level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL CHECK (length(hash) = 32),
     PRIMARY KEY (level, position)
   ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE log_state (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     size INTEGER NOT NULL, edge BLOB NOT NULL, last_time INTEGER NOT NULL
   ) STRICT`,
  `INSERT INTO log_state VALUES (1, 0, x'', 0)`,
  `CREATE TABLE tag_keys (
     whose TEXT NOT NULL CHECK (whose IN ('account', 'actor')),
     name TEXT NOT NULL, key BLOB NOT NULL CHECK (length(key) = 32), next INTEGER NOT NULL,
     PRIMARY KEY (whose, name)
   ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE open_attempts (
     idx INTEGER PRIMARY KEY, instance TEXT NOT NULL, account TEXT NOT NULL
   ) STRICT`,
  `CREATE TABLE accounts (id TEXT PRIMARY KEY, name TEXT, registered_at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE people (
     issuer TEXT NOT NULL, subject TEXT NOT NULL, realm TEXT NOT NULL,
     name TEXT, email TEXT, verified_email TEXT, last_sign_in_at INTEGER NOT NULL,
     PRIMARY KEY (issuer, subject)
   ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX people_by_email ON people (realm, verified_email)`,
  `CREATE TABLE sessions (
     id TEXT PRIMARY KEY, secret TEXT NOT NULL UNIQUE,
     issuer TEXT NOT NULL, subject TEXT NOT NULL, principal TEXT NOT NULL,
     started_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, idle_ms INTEGER NOT NULL,
     expires_at INTEGER NOT NULL, ended_at INTEGER, id_token TEXT, data TEXT
   ) STRICT`,
  `CREATE INDEX sessions_by_person ON sessions (issuer, subject)`,
  `CREATE INDEX sessions_by_end ON sessions (expires_at)`,
  `CREATE TABLE grants (
     id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (id),
     grantee_role TEXT, grantee_issuer TEXT, grantee_subject TEXT, grantee_email TEXT,
     expires_at INTEGER NOT NULL, revoked_at INTEGER, body TEXT NOT NULL
   ) STRICT`,
  `CREATE INDEX grants_by_account ON grants (account, expires_at)`,
  `CREATE INDEX grants_by_person ON grants (grantee_issuer, grantee_subject)`,
  `CREATE INDEX grants_by_role ON grants (grantee_role) WHERE grantee_role IS NOT NULL`,
  `CREATE INDEX grants_by_email ON grants (grantee_email) WHERE grantee_email IS NOT NULL`,
  `CREATE TABLE visits (
     id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (id),
     issuer TEXT NOT NULL, subject TEXT NOT NULL, session TEXT NOT NULL,
     closed_at INTEGER, body TEXT NOT NULL
   ) STRICT`,
  `CREATE INDEX visits_by_account ON visits (account, id)`,
  `CREATE INDEX visits_by_person ON visits (issuer, subject, id)`,
  `CREATE INDEX open_visits ON visits (session) WHERE closed_at IS NULL`,
  `CREATE TABLE visit_keys (
     hash TEXT PRIMARY KEY, visit TEXT NOT NULL REFERENCES visits (id),
     use TEXT NOT NULL CHECK (use IN ('code', 'cookie', 'token')),
     expires_at INTEGER NOT NULL, used_at INTEGER
   ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX visit_keys_by_end ON visit_keys (expires_at)`,
  `CREATE TABLE agreements (
     issuer TEXT NOT NULL, subject TEXT NOT NULL, version TEXT NOT NULL,
     PRIMARY KEY (issuer, subject, version)
   ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE used_keys (
     key TEXT PRIMARY KEY, body_digest TEXT NOT NULL, made TEXT NOT NULL, expires_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX used_keys_by_end ON used_keys (expires_at)`,
  `CREATE TABLE published_keys (kid TEXT PRIMARY KEY, jwk TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE search (
     idx INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL,
     account TEXT, actor TEXT, actor_email TEXT, basis_kind TEXT, basis_id TEXT, visit TEXT,
     method TEXT, path TEXT, status INTEGER
   ) STRICT`,
  `CREATE INDEX search_by_account ON search (account, idx)`,
  `CREATE INDEX search_by_actor ON search (actor, idx)`,
  `CREATE INDEX search_by_event ON search (event, idx)`,
  `CREATE INDEX search_by_basis ON search (basis_id, idx) WHERE basis_id IS NOT NULL`,
  `CREATE INDEX search_by_visit ON search (visit, idx) WHERE visit IS NOT NULL`,
  `CREATE INDEX search_by_time ON search (at)`,
  `CREATE TABLE search_state (id INTEGER PRIMARY KEY CHECK (id = 1), up_to INTEGER NOT NULL) STRICT`,
  `INSERT INTO search_state VALUES (1, 0)`,
];

/**
 * What guards the log against our own mistakes and against SQL injection. Whoever owns the files can
 * drop a trigger: against him stand the tree, and checkpoints others hold.
 */
const GUARDS = [
  ['entries', 'UPDATE'],
  ['entries', 'DELETE'],
  ['subtrees', 'UPDATE'],
  ['subtrees', 'DELETE'],
  ['contents', 'UPDATE'],
  ['contents', 'DELETE'],
].map(
  ([table, act]) => `CREATE TRIGGER ${table}_no_${act?.toLowerCase()} BEFORE ${act} ON ${table}
     BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END`,
);

/** An entry is appended at the end of the log or nowhere. */
const AT_THE_END = `CREATE TRIGGER entries_at_the_end BEFORE INSERT ON entries
     WHEN NEW.idx <> (SELECT coalesce(max(idx) + 1, 0) FROM entries)
     BEGIN SELECT RAISE(ABORT, 'an entry is appended at the end of the log'); END`;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...TABLES, ...GUARDS, AT_THE_END]) await sql.raw(statement).execute(db);
}
