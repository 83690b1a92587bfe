import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Committed, Store } from '../../src/store/store.ts';
import { attempt, finishing, record, remark, revoking, settledOf } from '../support/acts.ts';
import { openLog } from '../support/open-log.ts';
import { fill, smallDisk } from '../support/small-disk.ts';
import { needsMount } from '../support/tools.ts';
import { until } from '../support/until.ts';

const SIZE = 4 * 1024 * 1024;

describe('a full disk with a reserve', { skip: needsMount }, () => {
  it('ends what is open and begins nothing, until there is room', async (test) => {
    const folder = smallDisk(test, '16m');
    const { store, recorder, set, check, file } = await openLog(test, 'staged', {
      file: join(folder, 'sallyport.db'),
      reserveBytes: SIZE,
    });
    await until('the reserve is made', () => fileSize(`${file}.reserve`) === SIZE);
    const [first = -1] = (await record(store, attempt(set))).indexes;
    const room = fill(folder);

    const lost = await writeUntilRefused(store);
    await until('health says what is wrong', () => /only what is under way/.test(whyNot(store)));
    const refused = await store.commit(attempt(set));
    assert.ok(refused.outcome === 'failed');
    assert.match(refused.cause, /disk is full/);
    assert.equal(recorder.health().able, false);
    await until(
      'the writer works again',
      async () => (await store.commit(remark())).outcome === 'recorded',
    );
    await record(store, finishing(set, first));
    await record(store, revoking(set, Date.now()));
    assert.equal((await store.commit(attempt(set))).outcome, 'failed');

    room();
    await until('it is able again', () => store.health().able);
    assert.equal(fileSize(`${file}.reserve`), SIZE);
    assert.equal((await store.commit(attempt(set))).outcome, 'refused', 'the grant was revoked');
    await settledOf(lost);
    const { attempts } = await check(true);
    assert.equal(attempts.length, 1);
  });
});

/** Writes as long as the WAL has a place for it; what was not recorded. */
async function writeUntilRefused(store: Store): Promise<Committed[]> {
  for (let n = 0; n < 3000; n += 1) {
    const committed = await store.commit(remark(`n=${n}`));
    if (committed.outcome !== 'recorded' || !store.health().able) return [committed];
  }
  return assert.fail('the disk never became full');
}

function whyNot(store: Store): string {
  const health = store.health();
  return health.able ? '' : health.why;
}

function fileSize(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}
