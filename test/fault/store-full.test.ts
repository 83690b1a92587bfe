import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { asRecorded, attempt, finishing, record, remark, settledOf } from '../support/acts.ts';
import { openLog } from '../support/open-log.ts';
import { fill, smallDisk } from '../support/small-disk.ts';
import { needsMount } from '../support/tools.ts';
import { until } from '../support/until.ts';

const ANSWERED_WITHIN_MS = 2000;

describe('a full disk', { skip: needsMount }, () => {
  it('is told within two seconds, and nothing that was recorded is lost', async (test) => {
    const folder = smallDisk(test, '4m');
    const { file, store, set, check } = await openLog(test, 'staged', {
      file: join(folder, 'sallyport.db'),
    });
    const recorded = new Set<number>();
    const [first = -1] = (await record(store, attempt(set))).indexes;
    recorded.add(first);
    const free = fill(folder);

    const doubts: Promise<unknown>[] = [];
    let outcome = 'recorded';
    for (let n = 0; n < 3000 && outcome === 'recorded'; n += 1) {
      const asked = performance.now();
      const committed = await store.commit(remark(`n=${n}`));
      const tookMs = performance.now() - asked;
      assert.ok(tookMs < ANSWERED_WITHIN_MS, `answered after ${tookMs} ms`);
      outcome = committed.outcome;
      if (committed.outcome === 'recorded') recorded.add(committed.indexes[0] ?? -1);
      if (committed.outcome === 'unknown') doubts.push(committed.settled);
    }
    assert.notEqual(outcome, 'recorded', 'the disk is full');
    const health = store.health();
    assert.ok(!health.able);
    assert.match(health.why, /full/);
    assert.equal((await store.commit(remark())).outcome, 'failed');

    free();
    await until('the store recovers by itself', () => store.health().able);
    for (const settled of await Promise.all(doubts))
      assert.match(JSON.stringify(settled), /"(recorded|failed)"/);
    const [last = -1] = (await record(store, finishing(set, first))).indexes;
    recorded.add(last);
    const { records } = await check(true);
    const stored = new Set(records.map(({ index }) => index));
    for (const index of recorded) assert.ok(stored.has(index), `entry ${index} of ${file}`);
  });

  it('under load fails or leaves in doubt, and the doubt is settled as it was', async (test) => {
    const folder = smallDisk(test, '4m');
    const { store, check } = await openLog(test, 'empty', { file: join(folder, 'sallyport.db') });
    await record(store, remark());
    const free = fill(folder);
    const asked = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 3000 }, (_, n) => store.commit(remark(`n=${n}`))),
    );
    assert.ok(performance.now() - asked < 2 * ANSWERED_WITHIN_MS);
    assert.ok(answers.some(({ outcome }) => outcome === 'unknown'));
    free();
    await until('the store recovers by itself', () => store.health().able);
    const settled = await settledOf(answers);
    const indexes = settled.flatMap((one) => (one.outcome === 'recorded' ? one.indexes : []));
    const { size } = await check();
    assert.equal(size, indexes.length + 1, 'what is in the log was recorded, and nothing else');
    assert.deepEqual(
      indexes,
      indexes.map((_, at) => at + 1),
    );
  });

  it('keeps a store from being opened, and the next try finds nothing in its way', async (test) => {
    const folder = smallDisk(test, '4m');
    const file = join(folder, 'sallyport.db');
    const free = fill(folder);
    await assert.rejects(openLog(test, 'empty', { file }));
    free();
    const { store } = await openLog(test, 'empty', { file });
    asRecorded(await store.commit(remark()));
  });
});
