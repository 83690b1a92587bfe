import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { emptyWal, openForWriting, type SqliteDatabase } from '../../src/store/sqlite/database.ts';
import { GapWiper } from '../../src/store/sqlite/page-gaps.ts';
import { newDatabase } from '../support/new-database.ts';

/** A table in random order, as an index is: its rows were moved about before most of them were deleted. */
async function rummaged(test: TestContext): Promise<{ file: string; db: SqliteDatabase }> {
  const file = await newDatabase(test);
  const db = openForWriting(file);
  test.after(() => db.close());
  db.exec(
    'CREATE TABLE things (name TEXT PRIMARY KEY, n INTEGER, more TEXT) STRICT, WITHOUT ROWID',
  );
  const insert = db.prepare('INSERT INTO things VALUES (?, ?, ?)');
  db.transaction(() => {
    for (let n = 0; n < 5000; n += 1) insert.run(nameOf(n), n, 'x'.repeat(n % 200));
  })();
  const remove = db.prepare('DELETE FROM things WHERE name = ?');
  db.transaction(() => {
    for (let n = 0; n < 5000; n += 1) if (n % 20 !== 0) remove.run(nameOf(n));
  })();
  emptyWal(db);
  return { file, db };
}

function nameOf(n: number): string {
  return `${createHash('sha256').update(String(n)).digest('hex').slice(0, 8)} thing ${n}.`;
}

/** Names that stand in the file and in no row. */
function leftBehind(file: string): string[] {
  const text = readFileSync(file, 'latin1');
  return [...text.matchAll(/thing (\d+)\./g)].flatMap(([name, n]) =>
    Number(n) % 20 === 0 ? [] : [name],
  );
}

const namesOf = (db: SqliteDatabase) => db.prepare('SELECT * FROM things ORDER BY name').all();
const isSound = (db: SqliteDatabase) => db.pragma('integrity_check', { simple: true }) === 'ok';

describe('the gaps of pages', () => {
  for (const pages of [1, 7, 100_000])
    it(`are wiped ${pages} at a time, and every row stays as it was`, async (test) => {
      const { file, db } = await rummaged(test);
      assert.ok(leftBehind(file).length > 0, 'secure_delete alone leaves copies');
      const before = namesOf(db);
      const wiper = new GapWiper(db);
      let slices = 1;
      while (wiper.wipe(pages) === 'more') slices += 1;
      assert.equal(slices > 1, pages < 100);
      assert.deepEqual(leftBehind(file), []);
      assert.deepEqual(namesOf(db), before);
      assert.ok(isSound(db));
    });

  it('are not filled again from what a connection remembers', async (test) => {
    const { file, db } = await rummaged(test);
    namesOf(db);
    assert.equal(new GapWiper(db).wipe(100_000), 'done');
    db.exec('UPDATE things SET n = n + 1');
    emptyWal(db);
    assert.deepEqual(leftBehind(file), []);
    assert.ok(isSound(db));
  });

  it('are wiped wherever the tree is changed between two slices', async (test) => {
    const { file, db } = await rummaged(test);
    const wiper = new GapWiper(db);
    const insert = db.prepare('INSERT INTO things VALUES (?, 0, ?)');
    for (let n = 0; wiper.wipe(3) === 'more'; n += 20) {
      insert.run(`${nameOf(n)} again`, 'y'.repeat(300));
      emptyWal(db);
    }
    while (wiper.wipe(1000) === 'more');
    assert.deepEqual(leftBehind(file), []);
    assert.ok(isSound(db));
  });

  it('are left alone while anything stands in the write-ahead log', async (test) => {
    const { file, db } = await rummaged(test);
    db.exec("INSERT INTO things VALUES ('new', 0, '')");
    const before = readFileSync(file);
    assert.equal(new GapWiper(db).wipe(1000), 'hindered');
    assert.ok(readFileSync(file).equals(before));
  });

  for (const [what, at, byte] of [
    ['of no kind there is', 0, 7],
    ['with more cells than it has room for', 3, 0xff],
    ['whose content begins before its pointers', 5, 0],
  ] as const)
    it(`a page ${what} is left alone`, async (test) => {
      const { file, db } = await rummaged(test);
      const root = db
        .prepare<[], number>("SELECT rootpage FROM sqlite_schema WHERE name = 'things'")
        .pluck()
        .get();
      const offset = ((root ?? 0) - 1) * 4096;
      const handle = openSync(file, 'r+');
      writeSync(handle, Uint8Array.of(byte, at === 0 ? 0 : 1), 0, at === 0 ? 1 : 2, offset + at);
      closeSync(handle);
      const page = (): Buffer => readFileSync(file).subarray(offset, offset + 4096);
      const before = page();
      assert.equal(new GapWiper(db).wipe(100_000), 'hindered');
      assert.ok(page().equals(before));
    });
});
