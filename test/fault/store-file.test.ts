import assert from 'node:assert/strict';
import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import type { Committed } from '../../src/store/store.ts';
import { attempt, finishing, record, remark } from '../support/acts.ts';
import { type OpenLog, openLog } from '../support/open-log.ts';
import { until } from '../support/until.ts';

const FILES = ['', '-wal', '-shm'];
/** The file is looked at every second while nothing is written. */
const NOTICED_WITHIN_MS = 2500;

function moveAway({ file }: OpenLog): void {
  for (const part of FILES) renameSync(`${file}${part}`, `${file}${part}.away`);
}

function moveBack({ file }: OpenLog): void {
  for (const part of FILES) {
    rmSync(`${file}${part}`, { force: true });
    renameSync(`${file}${part}.away`, `${file}${part}`);
  }
}

/** A consistent copy of the database as it is now, as a backup would be. */
function backUp({ file }: OpenLog): string {
  const copy = `${file}.backup`;
  const db = new Database(file, { readonly: true });
  db.exec(`VACUUM INTO '${copy}'`);
  db.close();
  return copy;
}

async function isNotRecorded(committed: Promise<Committed>): Promise<void> {
  const { outcome } = await committed;
  assert.ok(outcome === 'failed' || outcome === 'unknown', outcome);
}

async function stocked(test: TestContext): Promise<OpenLog & { readonly first: number }> {
  const log = await openLog(test, 'staged');
  const [first = -1] = (await record(log.store, attempt(log.set))).indexes;
  return { ...log, first };
}

describe('a database file', () => {
  it('that was removed is noticed while nothing is written', async (test) => {
    const log = await stocked(test);
    rmSync(log.file);
    await until('health tells of it', () => !log.store.health().able, NOTICED_WITHIN_MS);
    await isNotRecorded(log.store.commit(remark()));
  });

  it('that was removed takes no act more: it would go into nothing', async (test) => {
    const log = await stocked(test);
    rmSync(log.file);
    await isNotRecorded(log.store.commit(remark()));
    assert.equal(log.store.health().able, false);
    await isNotRecorded(log.store.commit(remark()));
  });

  it('that was moved away and back is gone on with, and nothing is lost', async (test) => {
    const log = await stocked(test);
    const { store, set, first, check } = log;
    moveAway(log);
    const doubt = await store.commit(remark());
    assert.notEqual(doubt.outcome, 'recorded');
    await until('the store is broken', () => !store.health().able);
    moveBack(log);
    await until('the store recovers by itself', () => store.health().able);
    if (doubt.outcome === 'unknown') assert.equal((await doubt.settled).outcome, 'failed');
    await record(store, finishing(set, first));
    assert.equal((await check(true)).size, 6);
  });

  it('that was replaced by an older copy is not gone on with: the log would fork', async (test) => {
    const log = await stocked(test);
    const { store, set, file, first, check } = log;
    const backup = backUp(log);
    for (let n = 0; n < 10; n += 1) await record(store, remark());
    moveAway(log);
    copyFileSync(backup, file);
    await until('the store is broken', () => !store.health().able, NOTICED_WITHIN_MS);
    const why = (): string => {
      const health = store.health();
      return health.able ? 'able' : health.why;
    };
    await until('it says why', () => /entry 14, which was recorded, is not in/.test(why()));
    await isNotRecorded(store.commit(remark()));
    moveBack(log);
    await until('the right file is there again', () => store.health().able);
    await record(store, finishing(set, first));
    assert.equal((await check(true)).size, 16);
  });

  for (const [what, content] of [
    ['an empty file', ''],
    ['something else', 'this is no database'.repeat(1000)],
  ] as const)
    it(`that was replaced by ${what} is not gone on with, until it is back`, async (test) => {
      const log = await stocked(test);
      const { store, set, file, first, check } = log;
      moveAway(log);
      writeFileSync(file, content);
      await isNotRecorded(store.commit(remark()));
      await until('the store is broken', () => !store.health().able);
      moveBack(log);
      await until('the right file is there again', () => store.health().able);
      await record(store, finishing(set, first));
      assert.equal((await check(true)).size, 6);
    });

  it('that was replaced by a whole copy of itself is gone on with, by readers too', async (test) => {
    const log = await stocked(test);
    const { store, set, file, first, check } = log;
    const backup = backUp(log);
    moveAway(log);
    renameSync(backup, file);
    await until('the change is noticed', () => !store.health().able, NOTICED_WITHIN_MS);
    await until('the store recovers by itself', () => store.health().able);
    await record(store, finishing(set, first));
    assert.equal((await store.reader.logState()).size, 6);
    assert.equal((await store.reader.recordsFrom(0, 100)).length, 6);
    assert.equal((await check(true)).size, 6);
  });
});
