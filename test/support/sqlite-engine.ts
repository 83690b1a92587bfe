import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { newInstance } from './acts.ts';
import { checkLog } from './log-checker.ts';
import { type Engine, RETENTION_MS } from './store-suite.ts';

/** A SQLite store in a folder of its own. */
export function createSqliteEngine(): Engine {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-store-'));
  const file = join(folder, 'sallyport.db');
  const read = (sql: string, ...wanted: (string | number)[]): Uint8Array => {
    const db = new Database(file, { readonly: true });
    try {
      const found = db
        .prepare<(string | number)[], Uint8Array>(sql)
        .pluck()
        .get(...wanted);
      if (found === undefined) throw new Error(`no row of ${wanted.join(' ')}`);
      return found;
    } finally {
      db.close();
    }
  };
  return {
    open: (retentionMs = RETENTION_MS) =>
      openSqliteStore({ file, instance: newInstance(), retentionMs, reserveBytes: 0 }),
    checkLog: (isStopped = false) => checkLog(file, { isStopped }),
    entry: (index) => read('SELECT entry FROM entries WHERE idx = ?', index),
    tagKey: (whose, name) =>
      read('SELECT key FROM tag_keys WHERE whose = ? AND name = ?', whose, name),
    discard: () => rmSync(folder, { recursive: true, force: true }),
  };
}
