import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { record } from '../support/acts.ts';
import { erasing } from '../support/erasure-suite.ts';
import { age } from '../support/forgetting.ts';
import { hex } from '../support/sha256.ts';
import { manipulate, openSignedLog, type SignedLog } from '../support/signed-log.ts';

/** A signed log of which entries 5 to 8 are erased; the others are due as well. */
async function partlyErased(test: Parameters<typeof openSignedLog>[0]): Promise<SignedLog> {
  const log = await openSignedLog(test, 1);
  await log.grow(20);
  await log.sign();
  await age(log.store);
  await record(log.store, erasing([5, 6, 7, 8]));
  return log;
}

describe('the publisher, over contents that were erased', () => {
  it('goes on signing, in the same process and after a start', async (test) => {
    const log = await openSignedLog(test, 1);
    await log.grow(20);
    const running = await log.sign();
    await age(log.store);
    await record(log.store, erasing([5, 6, 7, 8]));
    await running.publish();
    const next = await log.sign();
    const { size, rootHash } = await log.check();
    assert.deepEqual([running.published?.size, next.published?.size], [size, size]);
    assert.equal(hex(next.published?.root ?? new Uint8Array()), rootHash);
    assert.deepEqual(log.reports, []);
    await log.grow(5);
    await next.publish();
    assert.deepEqual(next.health(), { able: true });
  });

  it('signs what was erased before it had looked at it', async (test) => {
    const log = await openSignedLog(test, 1);
    await log.grow(20);
    await age(log.store);
    await record(log.store, erasing([5, 6]));
    await log.sign();
    assert.deepEqual(log.reports, []);
  });

  for (const [what, ...statements] of [
    ['a content that no erasure covers', 'DELETE FROM contents WHERE idx = 12'],
    ['one beside those that were erased', 'DELETE FROM contents WHERE idx = 9'],
    ['a pointer to another erasure', 'UPDATE erasures SET from_idx = 9000, to_idx = 9001'],
    ['the pointer taken away', 'DELETE FROM erasures'],
    [
      'a pointer to an entry that is no erasure',
      'DELETE FROM contents WHERE idx = 12',
      'INSERT INTO erasures VALUES (13, 12, 13)',
    ],
    [
      'a pointer that says more than its entry',
      'DELETE FROM contents WHERE idx = 12',
      'UPDATE erasures SET to_idx = 13',
    ],
    [
      'a time that had not come when it was erased',
      `UPDATE entries SET entry = CAST(substr(entry, 1, 16) || x'000fffffffffffff' || substr(entry, 25) AS BLOB)
       WHERE idx = 6`,
    ],
  ] as const)
    it(`never signs again once it has found ${what}`, async (test) => {
      const log = await partlyErased(test);
      manipulate(log.file, ...statements);
      const publisher = await log.open();
      await publisher.checkWhole();
      await publisher.publish();
      assert.equal(log.stored().length, 1);
      assert.deepEqual(
        log.reports.map(({ is }) => is),
        ['flawed'],
      );
    });
});
