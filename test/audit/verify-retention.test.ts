import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErasureTimes } from '../../src/audit/verify/erasure-times.ts';
import { type Event, GATEWAY } from '../../src/domain/event.ts';
import type { GrantId, HoldId } from '../../src/domain/ids.ts';
import { decodeEnvelope } from '../../src/audit/envelope.ts';
import { ACME, DAY, GLOBEX, grant, grantIssued, NOON } from '../support/specimens.ts';
import { ToldLog, verifyTold } from '../support/told-log.ts';
import fc from 'fast-check';
import { type Edition, story, tellStory } from './verify-story.ts';

const YEAR = 365 * DAY;
const HOLD = '018f0000-0000-7000-8000-0000000000aa' as HoldId;

function erased(from: number, to: number, count: number): Event {
  return { event: 'retention.erased', actor: GATEWAY, policy: '365d', from, to, count };
}

function held(over: Partial<Extract<Event, { event: 'hold.placed' }>> = {}): Event {
  return {
    event: 'hold.placed',
    actor: story().access.actor,
    hold: HOLD,
    case: 'C-7',
    from: NOON - DAY,
    to: NOON + DAY,
    until: NOON + 10 * YEAR,
    ...over,
  };
}

async function retentionOf(log: ToldLog, over: Parameters<ToldLog['whole']>[0] = {}) {
  const report = await verifyTold(log.whole(over));
  const verdict = report.verdicts.find(({ name }) => name === 'retention');
  assert.ok(verdict);
  return { ...verdict, report };
}

/** The story, and a year and a day later. */
function oldLog(...later: readonly Event[]): ToldLog {
  const log = tellStory();
  for (const event of later) log.tell(event, { at: NOON + YEAR + 2 * DAY });
  return log;
}

const PERSONAL = [3, 4, 5, 6, 7, 8, 9, 10];

function forgetAll(log: ToldLog): ToldLog {
  for (const index of PERSONAL) log.forget(index);
  return log;
}

describe('contents that were erased', () => {
  it('when their time was over, and an entry says so, are gone by rule', async () => {
    const log = forgetAll(oldLog(erased(3, 11, 8)));
    const { outcome, detail, report } = await retentionOf(log);
    assert.equal(outcome, 'verified');
    assert.match(detail, /8 contents are not there any more/);
    assert.equal(report.exitCode, 0, JSON.stringify(report.verdicts));
    const [authorization] = report.verdicts.filter(({ name }) => name === 'authorization');
    assert.match(authorization?.detail ?? '', /what 1 more said was erased by rule/);
  });

  const wrong: readonly (readonly [string, () => ToldLog, RegExp])[] = [
    ['that no entry tells of', () => forgetAll(oldLog()), /no entry says that it was erased/],
    [
      'before their time was over',
      () => {
        const log = tellStory();
        log.tell(erased(3, 11, 8), { at: NOON + YEAR - 1 });
        log.forget(8);
        return log;
      },
      /entry 8: its content is missing, erased before its time was over/,
    ],
    [
      'while what they state was not over for long enough',
      () => {
        const log = tellStory();
        log.tell(erased(3, 11, 8), { at: NOON + YEAR });
        log.forget(5);
        return log;
      },
      /entry 5: .* before its time was over/,
    ],
    [
      'beside the range that is told of',
      () => {
        const log = oldLog(erased(3, 8, 5));
        log.forget(8);
        return log;
      },
      /entry 8: .* no entry says/,
    ],
    [
      'more than are told of',
      () => forgetAll(oldLog(erased(3, 11, 7))),
      /8 contents are missing, and 7 were said to be erased/,
    ],
    [
      'that are never erased',
      () => {
        const log = oldLog(erased(0, 11, 8));
        log.forget(2);
        return log;
      },
      /entry 2: .* never erased/,
    ],
    [
      'while a hold kept them',
      () => forgetAll(oldLog(held(), erased(3, 11, 8))),
      /erased while a hold kept it/,
    ],
    [
      'while a hold of their account kept them',
      () => {
        const log = oldLog(held({ account: ACME }), erased(3, 11, 8));
        log.forget(8);
        return log;
      },
      /entry 8: .* while a hold kept it/,
    ],
    [
      'by an erasure that reaches beyond itself',
      () => forgetAll(oldLog(erased(3, 99, 8))),
      /no entry says/,
    ],
  ];
  for (const [name, make, finding] of wrong)
    it(`${name} are found`, async () => {
      const { outcome, findings, report } = await retentionOf(make());
      assert.equal(outcome, 'refuted', findings.join());
      assert.match(findings.join('\n'), finding);
      assert.equal(report.exitCode, 2);
    });

  it('after a hold was lifted, has ended or is of another account are gone by rule', async () => {
    const lifted: Event = {
      event: 'hold.lifted',
      actor: story().access.actor,
      hold: HOLD,
      until: NOON + 10 * YEAR,
    };
    for (const before of [
      [held(), lifted],
      [held({ until: NOON + YEAR })],
      [held({ account: GLOBEX })],
      [held({ from: NOON + 1 })],
      [held({ to: NOON })],
    ]) {
      const log = oldLog(...before, erased(3, 11, 1));
      log.forget(8);
      assert.deepEqual((await retentionOf(log)).findings, []);
    }
  });

  it('may be erased before they are held', async () => {
    const log = oldLog(erased(3, 11, 1), held());
    log.forget(8);
    assert.equal((await retentionOf(log)).outcome, 'verified');
    const again = oldLog(erased(3, 9, 1), held(), erased(7, 11, 1));
    again.forget(8);
    assert.equal((await retentionOf(again)).outcome, 'verified');
  });

  it('cannot be excused by an erasure that was made up, or kept from being told', async () => {
    const log = forgetAll(oldLog());
    const other = oldLog(erased(3, 11, 8));
    const { findings } = await retentionOf(log, { ahead: other.items.slice(-1) });
    assert.match(findings.join('\n'), /entry 12 was given ahead and does not stand in its place/);
    const silent = await retentionOf(forgetAll(oldLog(held(), erased(3, 11, 8))), {
      ahead: oldLog(held(), erased(3, 11, 8)).items.slice(-1),
    });
    assert.match(silent.findings.join('\n'), /entry 12 was not given ahead/);
  });

  it('long ago, but not, are counted', async () => {
    const log = tellStory();
    log.tell(story().started, { at: NOON + YEAR + 20 * DAY });
    const { outcome, detail } = await retentionOf(log);
    assert.equal(outcome, 'verified');
    assert.match(detail, /are still kept past their time/);
  });
});

describe('what an access rests on', () => {
  /** The story's beginning is erased, and the grant and the access on it are not. */
  async function authorizationWithout(forgotten: readonly number[], edition: Edition = {}) {
    const log = tellStory(edition);
    log.tell(erased(3, 8, forgotten.length), { at: NOON + YEAR + 2 * DAY });
    for (const index of forgotten) log.forget(index);
    const { verdicts } = await verifyTold(log.whole());
    const verdict = verdicts.find(({ name }) => name === 'authorization');
    assert.ok(verdict);
    return verdict;
  }

  it('is undecided where the owner’s sign-in was erased before the grant', async () => {
    const { outcome, findings } = await authorizationWithout([3]);
    assert.equal(outcome, 'undecided');
    assert.match(findings.join(), /access 8 .* sign-in that its grant was issued in is not here/);
  });

  it('is kept for it: an owner’s sign-in as long as any grant issued in it can last', () => {
    const entry = (groundUntil: number | undefined) => {
      const log = new ToldLog();
      log.tell({
        ...story().owner,
        ...(groundUntil === undefined ? {} : { groundUntil }),
      });
      return decodeEnvelope(log.items[0]?.entry ?? new Uint8Array()).retainUntil;
    };
    assert.equal(entry(NOON + 60 * DAY), NOON + 60 * DAY + YEAR);
    assert.equal(entry(undefined), NOON + DAY / 2 + YEAR);
  });

  it('is undecided where only the gateway’s change of a grant is left', async () => {
    const bound: Event = {
      event: 'grant.changed',
      actor: GATEWAY,
      account: ACME,
      basis: { kind: 'grant', id: grant().id },
      grant: grantIssued(grant({ version: 2 })).grant,
    };
    const instead = { grant: [story().grant, bound], end: [] };
    const { outcome, findings } = await authorizationWithout([5], { instead });
    assert.equal(outcome, 'undecided');
    assert.match(findings.join(), /access 9 .* the beginning of its grant is not here/);
  });

  it('is refuted where somebody of the staff changed a grant whose beginning is gone', async () => {
    const forged: Event = {
      event: 'grant.changed',
      actor: story().access.actor,
      account: ACME,
      basis: { kind: 'grant', id: grant().id },
      grant: grantIssued(grant({ version: 2 })).grant,
    };
    const instead = { grant: [story().grant, forged], end: [] };
    const { outcome, findings } = await authorizationWithout([5], { instead });
    assert.equal(outcome, 'refuted');
    assert.match(findings.join(), /did not come from an owner/);
  });
});

describe('a part of a log', () => {
  it('blames no grant in it whose owner had signed in before, and nobody used', async () => {
    const unused = grantIssued(grant({ id: '018f0000-0000-7000-8000-0000000000bb' as GrantId }));
    const log = tellStory({ instead: { stopped: [unused, story().stopped] } });
    const { exitCode, verdicts } = await verifyTold(log.part({ from: 9, to: log.size }));
    assert.equal(exitCode, 0, JSON.stringify(verdicts));
  });
});

describe('the times of erasures', () => {
  it('are for each index the latest that covers it', () => {
    const erasure = fc.record({
      from: fc.nat(60),
      length: fc.integer({ min: 1, max: 30 }),
      at: fc.nat(1000),
    });
    fc.assert(
      fc.property(fc.array(erasure, { maxLength: 12 }), (list) => {
        const erasures = list.map(({ from, length, at }) => ({
          index: 99,
          from,
          to: from + length,
          at,
        }));
        const times = new ErasureTimes(erasures);
        for (let index = 0; index < 100; index += 1) {
          const covering = erasures.filter(({ from, to }) => from <= index && index < to);
          const latest = covering.map(({ at }) => at).toSorted((a, b) => b - a)[0];
          assert.equal(times.lastOf(index), latest);
        }
      }),
    );
  });
});
