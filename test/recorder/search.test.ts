import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import type { RecordQuery } from '../../src/store/store.ts';
import { finishing, record, remark, revoking, settingUp, stage } from '../support/acts.ts';
import { type OpenLog, openLog } from '../support/open-log.ts';
import { accessAttempted, GLOBEX, permit, staff, visit } from '../support/specimens.ts';

async function find(log: OpenLog, query: Partial<RecordQuery>): Promise<number[]> {
  const found = await log.recorder.search({ order: 'asc', limit: 100, ...query });
  return found.map(({ index }) => index);
}

/** 0–3 set-up of acme · 4, 5 attempts · 6 an end · 7–10 set-up of globex · 11 an attempt that changes · 12 its grant revoked */
async function filled(test: Parameters<typeof openLog>[0]): Promise<OpenLog> {
  const log = await openLog(test, 'staged');
  const { recorder, store, set } = log;
  await recorder.startSearch();
  await recorder.recordAttempt(accessAttempted(set.permit, '/users'));
  await recorder.recordAttempt(accessAttempted(set.permit, '/users/7'));
  await record(store, finishing(set, 4));
  const other = stage(Date.now(), { account: GLOBEX });
  await record(store, settingUp(other));
  await recorder.recordAttempt(
    accessAttempted(permit({ ...other.permit, access: 'write' }), '/invoices'),
  );
  await record(store, revoking(other, Date.now()));
  return log;
}

describe('a search', () => {
  it('finds what was recorded before it was asked, every time', async (test) => {
    const { recorder, store } = await openLog(test);
    await recorder.startSearch();
    for (let n = 0; n < 30; n += 1) {
      await record(store, remark(`n=${n}`));
      const [last] = await recorder.search({ order: 'desc', limit: 1 });
      assert.equal(last?.index, n);
    }
  });

  it('finds by each of the filters, and by several', async (test) => {
    const log = await filled(test);
    const { set } = log;
    for (const [query, indexes] of [
      [{ event: 'access.attempted' }, [4, 5, 11]],
      [{ event: 'access.attempted', account: 'globex' }, [11]],
      [{ account: 'acme' }, [0, 2, 3, 4, 5, 6]],
      [{ account: 'nobody' }, []],
      [{ actor: 'olive' }, [0, 2, 7, 9, 12]],
      [{ actor: 'SAM@corp.example', event: 'access.finished' }, [6]],
      [{ basis: set.grant.id }, [2, 3, 4, 5]],
      [{ basis: 'grant' }, [2, 3, 4, 5, 9, 10, 11, 12]],
      [{ basis: 'review' }, []],
      [{ basis: 'none' }, [0, 1, 6, 7, 8]],
      [{ visit: set.visit.id }, [3, 4, 5]],
      [{ method: 'POST' }, [11]],
      [{ path: '/users' }, [4]],
      [{ path: '/users*' }, [4, 5]],
      [{ path: '/users/*' }, [5]],
      [{ path: '%' }, []],
      [{ path: '*' }, [4, 5, 11]],
      [{ status: 200 }, [6]],
      [{ status: 500 }, []],
    ] as const)
      assert.deepEqual(await find(log, query), indexes, JSON.stringify(query));
  });

  it('goes on after the last record already seen, in both orders', async (test) => {
    const log = await filled(test);
    assert.deepEqual(await find(log, { after: 9 }), [10, 11, 12]);
    assert.deepEqual(await find(log, { after: 2, order: 'desc' }), [1, 0]);
    assert.deepEqual(await find(log, { order: 'desc', limit: 2 }), [12, 11]);
  });

  it('is bounded by times, the later one exclusive', async (test) => {
    const log = await filled(test);
    const all = await log.recorder.search({ order: 'asc', limit: 100 });
    const at = Date.parse(all[4]?.at ?? '');
    const inside = all.filter((one) => Date.parse(one.at) === at).map(({ index }) => index);
    assert.deepEqual(await find(log, { from: at, to: at + 1 }), inside);
    assert.deepEqual(await find(log, { from: at, to: at }), []);
  });

  it('takes a pattern for what it says, not for a pattern', async (test) => {
    const log = await openLog(test, 'staged');
    await log.recorder.startSearch();
    for (const path of ['/a_b', '/axb', '/a%', '/💥/x'])
      await log.recorder.recordAttempt(accessAttempted(log.set.permit, path));
    assert.deepEqual(await find(log, { path: '/a_*' }), [4]);
    assert.deepEqual(await find(log, { path: '/a%*' }), [6]);
    assert.deepEqual(await find(log, { path: '/💥*' }), [7]);
  });
});

describe('the search index', () => {
  it('catches up at the start with what was recorded before', async (test) => {
    const first = await openLog(test, 'staged');
    for (let n = 0; n < 1100; n += 1) void record(first.store, remark());
    await record(first.store, remark());
    const { file } = first;
    await first.close();
    const next = await openLog(test, 'empty', { file });
    await next.recorder.startSearch();
    assert.equal((await find(next, { event: 'log.read', limit: 5000 })).length, 1101);
  });

  it('is rebuilt from the log when it was emptied', async (test) => {
    const log = await filled(test);
    const { file } = log;
    assert.equal((await find(log, {})).length, 13);
    await log.close();
    const db = new Database(file);
    db.exec('DELETE FROM search; UPDATE search_state SET up_to = 0');
    db.close();
    const next = await openLog(test, 'empty', { file });
    await next.recorder.startSearch();
    assert.equal((await find(next, {})).length, 13);
  });

  it('is written once by rows that come twice', async (test) => {
    const { store } = await openLog(test);
    const row = {
      index: 0,
      at: 1,
      event: 'log.read',
      account: null,
      actor: null,
      actorEmail: null,
      basisKind: null,
      basisId: null,
      visit: null,
      method: null,
      path: null,
      status: null,
    };
    await store.keep({ do: 'index-records', from: 0, rows: [row] });
    await store.keep({ do: 'index-records', from: 0, rows: [row] });
    await store.keep({ do: 'index-records', from: 5, rows: [{ ...row, index: 5 }] });
    assert.equal(await store.reader.searchedUpTo(), 1);
  });
});

describe('what a record of an attempt can be found by', () => {
  it('is its subject and its e-mail in small letters', async (test) => {
    const log = await openLog(test, 'staged');
    await log.recorder.startSearch();
    const principal = staff({ email: 'Sam.Support@Corp.Example' });
    const of = { ...log.set.permit, visit: visit({ ...log.set.visit, principal }) };
    await log.recorder.recordAttempt(accessAttempted(permit(of)));
    assert.deepEqual(await find(log, { actor: 'sam.support@corp.example' }), [4]);
  });
});
