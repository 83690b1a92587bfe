import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eraseBatch, planBatches } from '../../src/recorder/erasure-plan.ts';
import type { ExpiredContent } from '../../src/store/expired-contents.ts';
import { someHold } from '../support/erasure-suite.ts';
import { ACME, NOON } from '../support/specimens.ts';

function expired(index: number, over: Partial<ExpiredContent> = {}): ExpiredContent {
  return { index, at: NOON, account: undefined, agreement: undefined, ...over };
}

const facts = (...holds: readonly Parameters<typeof someHold>[0][]) => ({
  at: NOON,
  book: {
    version: 3,
    holds: holds.map((over) => someHold({ to: NOON + 1, until: NOON + 1, ...over })),
  },
  newestAgreement: '2',
});

describe('what may go', () => {
  it('is everything whose time is over', () => {
    assert.deepEqual(planBatches([expired(3), expired(9)], facts()), [[3, 9]]);
    assert.deepEqual(planBatches([], facts()), []);
  });

  it('is nothing that is held, and everything else', () => {
    const contents = [expired(1), expired(2, { account: 'acme' }), expired(3, { account: 'x' })];
    assert.deepEqual(planBatches(contents, facts({ account: ACME })), [[1, 3]]);
    assert.deepEqual(planBatches(contents, facts({})), []);
    assert.deepEqual(planBatches(contents, facts({ until: NOON })), [[1, 2, 3]]);
  });

  it('is no acceptance of the newest agreement', () => {
    const contents = [expired(1, { agreement: '1' }), expired(2, { agreement: '2' })];
    assert.deepEqual(planBatches(contents, facts()), [[1]]);
  });

  it('goes in small batches, none of which spans many indexes', () => {
    const many = Array.from({ length: 250 }, (_, index) => expired(index));
    assert.deepEqual(
      planBatches(many, facts()).map(({ length }) => length),
      [100, 100, 50],
    );
    const far = [expired(0), expired(4095), expired(4096), expired(10_000)];
    assert.deepEqual(planBatches(far, facts()), [[0, 4095], [4096], [10_000]]);
  });

  it('is said as it is done', () => {
    const { event, changes, conditions } = eraseBatch([7, 3, 9], '365d', facts().book);
    assert.deepEqual([event.policy, event.from, event.to, event.count], ['365d', 3, 10, 3]);
    assert.deepEqual(changes, [{ erase: 'contents', entry: 0, indexes: [7, 3, 9] }]);
    assert.deepEqual(conditions, [
      { that: 'holds-unchanged', version: 3 },
      { that: 'contents-kept', indexes: [7, 3, 9] },
    ]);
  });
});
