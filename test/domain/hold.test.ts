import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Hold, holdCovers, holdState, liftHold, placeHold } from '../../src/domain/hold.ts';
import type { HoldId } from '../../src/domain/ids.ts';
import { Problem } from '../../src/domain/problem.ts';
import { ACME, DAY, HOUR, NOON, OLIVE } from '../support/specimens.ts';

const ID = '018f0000-0000-7000-8000-0000000000d1' as HoldId;
const WISH = {
  account: ACME,
  from: NOON - DAY,
  to: NOON,
  case: 'C-7',
  until: NOON + DAY,
} as const;
const placedBy = { issuer: OLIVE.issuer, subject: OLIVE.subject };
const place = (over: Partial<Hold> = {}): Hold =>
  placeHold({ ...WISH, ...over }, { id: ID, placedBy, now: NOON });

function mistakesOf(over: Partial<Hold>): readonly string[] {
  try {
    place(over);
  } catch (error) {
    assert.ok(error instanceof Problem && error.code === 'invalid-request');
    return error.errors.map(({ pointer }) => pointer);
  }
  return assert.fail('it was placed');
}

describe('a hold is not placed', () => {
  for (const [what, over, mistakes] of [
    ['with an end before its beginning', { to: WISH.from - 1 }, ['/to']],
    ['on no time at all', { to: WISH.from }, ['/to']],
    ['until the past', { until: NOON - 1 }, ['/until']],
    ['until now', { until: NOON }, ['/until']],
    ['from before there were clocks', { from: -1 }, ['/from']],
    ['with everything wrong', { from: -1, to: -2, until: 0 }, ['/from', '/to', '/until']],
  ] as const)
    it(what, () => assert.deepEqual(mistakesOf(over), mistakes));
});

describe('a hold covers', () => {
  const entry = { account: 'acme', at: NOON - HOUR };
  it('an entry of its account and its time', () => {
    assert.ok(holdCovers(place(), entry, NOON));
    assert.ok(holdCovers(place(), { ...entry, at: WISH.from }, NOON));
  });

  it('whatever account, if it names none', () => {
    const all = place({ account: undefined });
    assert.ok(holdCovers(all, { ...entry, account: 'globex' }, NOON));
    assert.ok(holdCovers(all, { ...entry, account: undefined }, NOON));
  });

  for (const [what, over, at] of [
    ['another account', { account: 'globex' }, NOON],
    ['what belongs to no account', { account: undefined }, NOON],
    ['what was before', { at: WISH.from - 1 }, NOON],
    ['what was at its end', { at: WISH.to }, NOON],
    ['anything when it is over', {}, WISH.until],
  ] as const)
    it(`not ${what}`, () => assert.equal(holdCovers(place(), { ...entry, ...over }, at), false));

  it('nothing once it is lifted, whatever the clock says', () => {
    const lifted = liftHold(place(), { person: placedBy, now: NOON });
    assert.equal(holdCovers(lifted, entry, NOON), false);
    assert.equal(holdCovers(lifted, entry, NOON - DAY), false);
  });
});

describe('a lifting', () => {
  it('says who and when', () => {
    const lifted = liftHold(place(), { person: placedBy, now: NOON + 1 });
    assert.deepEqual(lifted.lifted, { at: NOON + 1, by: placedBy });
    assert.equal(holdState(lifted, NOON), 'lifted');
  });

  it('happens once, and only while there is something to lift', () => {
    const isRefused = (error: unknown) =>
      error instanceof Problem && error.code === 'version-conflict';
    const lift = (hold: Hold, now: number) => () => liftHold(hold, { person: placedBy, now });
    assert.throws(lift(liftHold(place(), { person: placedBy, now: NOON }), NOON), isRefused);
    assert.throws(lift(place(), WISH.until), isRefused);
    assert.doesNotThrow(lift(place(), WISH.until - 1));
  });
});
