import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { newInstance, record, remark } from '../support/acts.ts';
import { newDatabase } from '../support/new-database.ts';
import { DAY } from '../support/specimens.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const HOLDER = fileURLToPath(new URL('../support/store-holder.ts', import.meta.url));

/** Another process that tries to hold the store; what it says first. */
async function hold(test: TestContext, file: string): Promise<[ChildProcess, string]> {
  const child = fork(HOLDER, [file], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  test.after(() => child.kill('SIGKILL'));
  const [said] = (await once(child, 'message')) as [string];
  return [child, said];
}

const open = (file: string) =>
  openSqliteStore({ file, instance: newInstance(), retentionMs: DAY, reserveBytes: 0 });

describe('two processes on one file', () => {
  it('the second is refused, and may come in when the first has ended', async (test) => {
    const file = join(temporaryFolder(test), 'sallyport.db');
    const store = await open(file);
    const [, said] = await hold(test, file);
    assert.match(said, /another process has .* open/);
    await record(store, remark());
    await store.close();
    const [, then] = await hold(test, file);
    assert.equal(then, 'opened');
  });

  it('the second may come in when the first was killed', async (test) => {
    const file = join(temporaryFolder(test), 'sallyport.db');
    const [child, said] = await hold(test, file);
    assert.equal(said, 'opened');
    await assert.rejects(open(file), /another process/);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const store = await open(file);
    await record(store, remark());
    await store.close();
  });
});

describe('opening a store', () => {
  it('makes the folder and the file, for their owner only', async (test) => {
    const folder = join(temporaryFolder(test), 'data');
    const store = await open(join(folder, 'sallyport.db'));
    assert.equal(statSync(folder).mode & 0o077, 0);
    assert.equal(statSync(join(folder, 'sallyport.db')).mode & 0o077, 0);
    await store.close();
  });

  it('is refused for a schema newer than this version, and the lock is let go', async (test) => {
    const file = await newDatabase(test);
    const db = new Database(file);
    db.exec("INSERT INTO kysely_migration VALUES ('9999-from-the-future', '2030-01-01T00:00:00Z')");
    db.close();
    await assert.rejects(open(file), /a schema this version does not know/);
    await assert.rejects(open(file), /a schema this version does not know/);
  });

  it('is refused for a log that was tampered with, and nothing is left running', async (test) => {
    const file = join(temporaryFolder(test), 'sallyport.db');
    const store = await open(file);
    await record(store, remark());
    await store.close();
    const db = new Database(file);
    db.exec('UPDATE log_state SET size = 2');
    db.close();
    await assert.rejects(open(file), /has 2 entries/);
    const [, said] = await hold(test, file);
    assert.match(said, /has 2 entries/, 'and not that another process had it open');
  });

  it('is refused for a file that is no database', async (test) => {
    const file = join(temporaryFolder(test), 'sallyport.db');
    const text = 'this is no database, however long it may be'.repeat(100);
    writeFileSync(file, text);
    await assert.rejects(open(file), /not a database/);
    assert.equal(readFileSync(file, 'utf8'), text);
  });
});
