import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { record, remark } from '../support/acts.ts';
import { openLog } from '../support/open-log.ts';
import { accessAttempted } from '../support/specimens.ts';
import { until } from '../support/until.ts';

/** Somebody else's transaction on the database, until it is let go. */
function lock(test: TestContext, file: string): () => void {
  const db = new Database(file);
  test.after(() => {
    if (db.open) db.close();
  });
  db.exec('BEGIN IMMEDIATE');
  return () => {
    db.exec('ROLLBACK');
    db.close();
  };
}

describe('a database that somebody else has locked', () => {
  it('for three seconds is answered for within two, and the doubt is settled', async (test) => {
    const { file, store, check } = await openLog(test);
    await record(store, remark());
    const release = lock(test, file);
    const asked = performance.now();
    const committed = await store.commit(remark());
    assert.ok(performance.now() - asked < 2000);
    assert.ok(committed.outcome === 'unknown', committed.outcome);
    assert.equal(store.health().able, false);
    assert.equal((await store.commit(remark())).outcome, 'failed');
    await until('three seconds are over', () => performance.now() - asked > 3000);
    assert.equal(store.health().able, false, 'it is still locked');
    release();
    assert.equal((await committed.settled).outcome, 'failed');
    await until('the store is able again', () => store.health().able);
    assert.deepEqual((await record(store, remark())).indexes, [1]);
    assert.equal((await check()).size, 2);
  });

  it('for a moment is waited for', async (test) => {
    const { file, store } = await openLog(test);
    const release = lock(test, file);
    const committed = store.commit(remark());
    setTimeout(release, 300);
    assert.equal((await committed).outcome, 'recorded');
  });

  it('past the deadline makes an attempt late: not let through, and ended at once', async (test) => {
    const { file, store, recorder, set, check } = await openLog(test, 'staged', {
      deadlineMs: 100,
    });
    const release = lock(test, file);
    await assert.rejects(recorder.recordAttempt(accessAttempted(set.permit)), {
      code: 'log-unavailable',
    });
    assert.equal(store.health().able, false);
    release();
    await until('its end is written', async () => (await store.reader.logState()).size === 6);
    const { records, attempts } = await check(true);
    assert.equal(attempts.length, 1);
    assert.deepEqual(
      { ...records[5], actor: undefined, at: undefined },
      {
        index: 5,
        at: undefined,
        event: 'access.interrupted',
        attempt: 4,
        why: 'late',
        account: 'acme',
        actor: undefined,
      },
    );
  });

  it('keeps work without an entry from hanging too', async (test) => {
    const { file, store } = await openLog(test, 'empty', { deadlineMs: 100 });
    const release = lock(test, file);
    await assert.rejects(store.keep({ do: 'sweep', at: 0 }), /too long/);
    assert.equal(store.health().able, false);
    release();
    await until('the store is able again', () => store.health().able);
    await store.keep({ do: 'sweep', at: 0 });
  });

  it('does not keep readers from reading', async (test) => {
    const { file, store } = await openLog(test);
    await record(store, remark());
    const release = lock(test, file);
    assert.equal((await store.reader.logState()).size, 1);
    assert.equal((await store.reader.recordsFrom(0, 10)).length, 1);
    release();
  });
});
