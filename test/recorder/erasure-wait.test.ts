import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErasureWait } from '../../src/recorder/erasure-wait.ts';
import type { FollowedEntry } from '../../src/store/store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { DAY, HOUR, MINUTE, NOON } from '../support/specimens.ts';

function heard(event: string): readonly FollowedEntry[] {
  return [{ index: 1, at: NOON, record: { index: 1, at: '', event } }];
}

/** A wait that is almost over. */
function begin(): { clock: FakeClock; wait: ErasureWait } {
  const clock = new FakeClock(NOON);
  const wait = new ErasureWait(clock);
  clock.pass(DAY - 1);
  assert.equal(wait.isOver(), false);
  return { clock, wait };
}

describe('erasure waits', () => {
  it('a day after the start, and no longer', () => {
    const { clock, wait } = begin();
    clock.pass(1);
    assert.equal(wait.isOver(), true);
    assert.equal(wait.mayEraseAt(), clock.monotonicMs());
  });

  for (const event of ['gateway.started', 'clock.stepped'])
    it(`a day after ${event}, by whichever instance`, () => {
      const { clock, wait } = begin();
      wait.hear(heard(event));
      clock.pass(DAY - 1);
      assert.equal(wait.isOver(), false);
      clock.pass(1);
      assert.equal(wait.isOver(), true);
    });

  it('no longer after anything else', () => {
    const { clock, wait } = begin();
    for (const event of ['gateway.stopped', 'log.heartbeat', 'erased']) wait.hear(heard(event));
    clock.pass(1);
    assert.equal(wait.isOver(), true);
  });

  for (const [what, to] of [
    ['ahead', NOON + 400 * DAY],
    ['back', NOON - HOUR],
  ] as const)
    it(`a day after the clock was set ${what}, before anybody has recorded it`, () => {
      const { clock, wait } = begin();
      clock.pass(MINUTE);
      clock.set(to);
      assert.equal(wait.isOver(), false);
      clock.pass(DAY - 1);
      assert.equal(wait.isOver(), false);
      clock.pass(1);
      assert.equal(wait.isOver(), true);
    });

  it('not for a clock that is kept right a little at a time', () => {
    const clock = new FakeClock(NOON);
    const wait = new ErasureWait(clock);
    for (let hours = 0; hours < 24; hours += 1) {
      clock.pass(HOUR);
      clock.set(clock.now() + MINUTE);
      wait.isOver();
    }
    assert.equal(wait.isOver(), true);
  });
});
