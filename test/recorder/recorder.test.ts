import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Change } from '../../src/domain/change.ts';
import { actorOf, type Event, GATEWAY } from '../../src/domain/event.ts';
import { revokeGrant } from '../../src/domain/grant.ts';
import { Problem } from '../../src/domain/problem.ts';
import { closeVisit } from '../../src/domain/visit.ts';
import { Recorder } from '../../src/recorder/recorder.ts';
import type { Settled } from '../../src/store/store.ts';
import { newInstance, newSecret, type Stage } from '../support/acts.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { openLog } from '../support/open-log.ts';
import { ScriptedStore } from '../support/scripted-store.ts';
import {
  accessAttempted,
  ACME,
  grantRevoked,
  HOUR,
  MINUTE,
  NOON,
  OLIVE,
  permit,
  session,
  staff,
} from '../support/specimens.ts';
import { until } from '../support/until.ts';

const REMARK: Event = { event: 'log.read', actor: GATEWAY, query: '', count: 0 };
const FAILED: Settled = { outcome: 'failed', cause: 'the disk is full' };

function scripted(): { store: ScriptedStore; recorder: Recorder; clock: FakeClock } {
  const store = new ScriptedStore();
  const clock = new FakeClock(NOON);
  return { store, recorder: new Recorder(store, clock, NOON), clock };
}

function unknown(): { readonly settle: (settled: Settled) => void; readonly committed: never } {
  const { promise, resolve } = Promise.withResolvers<Settled>();
  const committed = { outcome: 'unknown', cause: 'it took too long', settled: promise };
  return { settle: resolve, committed: committed as never };
}

function isUnavailable(error: unknown): boolean {
  assert.ok(error instanceof Problem);
  assert.equal(error.code, 'log-unavailable');
  assert.equal(error.status, 503);
  assert.doesNotMatch(error.detail, /disk|took too long/, 'the cause is for the operator');
  return true;
}

describe('the recorder', () => {
  it('answers with each event, its index and its time, in order', async (test) => {
    const { recorder } = await openLog(test);
    const events = [REMARK, { ...REMARK, count: 1 }] as const;
    const recording = await recorder.record(events);
    assert.ok(recording.outcome === 'recorded');
    const [first, second] = recording.recorded;
    assert.deepEqual([first.index, second.index], [0, 1]);
    assert.equal(first.at, second.at);
    assert.equal(first.event, events[0]);
    assert.equal(second.event, events[1]);
  });

  it('answers which condition did not hold, with nothing written', async (test) => {
    const { recorder, check } = await openLog(test);
    const condition = { that: 'visit-open', visit: permit().visit.id } as const;
    const recording = await recorder.record([REMARK], { conditions: [condition] });
    assert.deepEqual(recording, { outcome: 'refused', condition });
    assert.equal((await check()).size, 0);
  });

  it('draws a salt for every section of every entry', async () => {
    const { store, recorder } = scripted();
    for (let n = 0; n < 3000; n += 1) await recorder.record([REMARK]);
    const salts = store.committed.flatMap((act) =>
      act.entries.flatMap(({ content }) =>
        Object.values(content).map(({ salt }) => Buffer.from(salt).toString('hex')),
      ),
    );
    assert.equal(salts.length, 6000);
    assert.equal(new Set(salts).size, 6000);
    assert.ok(salts.every((salt) => salt.length === 32));
  });

  for (const [what, answer] of [
    ['failed', FAILED],
    ['cannot be known', unknown().committed],
  ] as const)
    it(`throws log-unavailable when an act ${what}`, async () => {
      const { store, recorder } = scripted();
      store.answer(answer, answer);
      await assert.rejects(recorder.record([REMARK]), isUnavailable);
      await assert.rejects(recorder.recordAttempt(accessAttempted(permit())), isUnavailable);
    });

  it('throws log-unavailable when a code cannot be redeemed', async () => {
    const { recorder } = scripted();
    const work = {
      do: 'redeem-code',
      code: newSecret(),
      cookie: newSecret(),
      at: NOON,
      cookieExpiresAt: NOON,
    } as const;
    await assert.rejects(recorder.redeem(work), isUnavailable);
  });
});

describe('the time the recorder tells', () => {
  const entry = (at: number) => ({ index: 0, at, record: undefined as never });

  it('is the wall clock, and goes on when that is set back', () => {
    const { recorder, clock } = scripted();
    clock.pass(MINUTE);
    assert.equal(recorder.now(), NOON + MINUTE);
    clock.set(NOON - HOUR);
    clock.pass(MINUTE);
    assert.equal(recorder.now(), NOON + 2 * MINUTE);
  });

  it('is never behind an entry that was recorded, here or elsewhere', () => {
    const { store, recorder, clock } = scripted();
    store.tell([entry(NOON + 1), entry(NOON + HOUR)]);
    assert.equal(recorder.now(), NOON + HOUR);
    clock.pass(MINUTE);
    assert.equal(recorder.now(), NOON + HOUR + MINUTE);
    store.tell([]);
    assert.equal(recorder.now(), NOON + HOUR + MINUTE);
  });
});

describe('an attempt', () => {
  it('is recorded while its permit holds', async (test) => {
    const { recorder, check, set } = await openLog(test, 'staged');
    const recording = await recorder.recordAttempt(accessAttempted(set.permit));
    assert.ok(recording.outcome === 'recorded');
    assert.equal((await check()).attempts[0]?.index, recording.recorded[0].index);
  });

  for (const [what, end, condition] of [
    [
      'the grant is revoked',
      ({ grant }, by) => {
        const revoked = revokeGrant(grant, by);
        return [grantRevoked(grant), { put: 'grant', grant: revoked }];
      },
      'basis-covers',
    ],
    [
      'the visit is closed',
      ({ visit }, { now }) => [
        {
          event: 'visit.closed',
          actor: GATEWAY,
          account: ACME,
          visit: visit.id,
          why: 'owner',
          expiresAt: visit.expiresAt,
        },
        { put: 'visit', visit: closeVisit(visit, now, 'owner') },
      ],
      'visit-open',
    ],
    [
      'the sign-in is ended',
      ({ session: signIn }) => [
        {
          event: 'session.ended',
          actor: GATEWAY,
          session: signIn.id,
          why: 'signed-out',
          expiresAt: signIn.expiresAt,
        },
        { end: 'session', session: signIn.id },
      ],
      'sign-in-alive',
    ],
  ] as readonly Ending[])
    it(`is refused once ${what}, whatever the judge said before`, async (test) => {
      const { recorder, check, set } = await openLog(test, 'staged');
      const by = { person: OLIVE, reason: undefined, now: recorder.now() };
      const [event, change] = end(set, by);
      await recorder.record([event], { changes: [change] });
      const recording = await recorder.recordAttempt(accessAttempted(set.permit));
      assert.ok(recording.outcome === 'refused');
      assert.equal(recording.condition.that, condition);
      assert.equal((await check()).attempts.length, 0);
    });

  it('is refused when its sign-in does not carry the role of the permit', async (test) => {
    const { recorder, set } = await openLog(test, 'staged');
    const wrong = permit({ ...set.permit, role: 'compliance' });
    const recording = await recorder.recordAttempt(accessAttempted(wrong));
    assert.ok(recording.outcome === 'refused');
    assert.equal(recording.condition.that, 'role-held');
  });

  it('is refused in an account its grant is not for', async (test) => {
    const { recorder, set } = await openLog(test, 'staged');
    const elsewhere = permit({
      ...set.permit,
      basis: { kind: 'grant', id: newInstance() as never },
    });
    const recording = await recorder.recordAttempt(accessAttempted(elsewhere));
    assert.ok(recording.outcome === 'refused');
    assert.equal(recording.condition.that, 'basis-covers');
  });

  it('that turns out to have been recorded too late is ended as late, once', async () => {
    const { store, recorder } = scripted();
    const doubt = unknown();
    store.answer(doubt.committed);
    await assert.rejects(recorder.recordAttempt(accessAttempted(permit())), isUnavailable);
    assert.equal(store.committed.length, 1);
    doubt.settle({ outcome: 'recorded', indexes: [41], at: NOON });
    await until('its end is committed', () => store.committed.length === 2);
    const end = store.committed[1];
    assert.deepEqual(end?.changes, [{ close: 'attempt', attempt: 41 }]);
    assert.deepEqual(
      JSON.parse(Buffer.from(end.entries[0].content.action?.bytes ?? []).toString()),
      {
        attempt: 41,
        event: 'access.interrupted',
        why: 'late',
      },
    );
    await recorder.close();
    assert.equal(store.committed.length, 2);
  });

  for (const settled of [FAILED, { outcome: 'refused', condition: undefined as never }] as const)
    it(`that turns out to have ${settled.outcome} has no end to record`, async () => {
      const { store, recorder } = scripted();
      const doubt = unknown();
      store.answer(doubt.committed);
      await assert.rejects(recorder.recordAttempt(accessAttempted(permit())), isUnavailable);
      doubt.settle(settled);
      await recorder.close();
      assert.equal(store.committed.length, 1);
    });
});

type Ending = readonly [
  string,
  (of: Stage, by: Parameters<typeof revokeGrant>[1]) => [Event, Change],
  string,
];

describe('the end of an access', () => {
  const finished = {
    event: 'access.finished',
    actor: actorOf(staff(), session().id),
    account: ACME,
    attempt: 7,
    status: 200,
    bytesIn: 0,
    bytesOut: 1,
    durationMs: 2,
  } as const;

  it('is written once, and closes its attempt', async () => {
    const { store, recorder } = scripted();
    recorder.recordEnd(finished);
    await recorder.close();
    assert.equal(store.committed.length, 1);
    assert.deepEqual(store.committed[0]?.changes, [{ close: 'attempt', attempt: 7 }]);
    assert.equal(recorder.health().able, true);
  });

  it('is left alone where the attempt has one already', async () => {
    const { store, recorder } = scripted();
    store.answer({ outcome: 'refused', condition: { that: 'attempt-open', attempt: 7 } });
    recorder.recordEnd(finished);
    await recorder.close();
    assert.deepEqual(store.committed[0]?.conditions, [{ that: 'attempt-open', attempt: 7 }]);
    assert.equal(store.committed.length, 1);
    assert.equal(recorder.health().able, true);
  });

  it('that cannot be written is written when it can be; meanwhile nothing is admitted', async () => {
    const { store, recorder } = scripted();
    store.answer(FAILED, FAILED, FAILED);
    recorder.recordEnd(finished);
    recorder.recordEnd({ ...finished, attempt: 8 });
    await until('health tells of it', () => !recorder.health().able);
    const health = recorder.health();
    assert.ok(!health.able);
    assert.match(health.why, /ends of accesses wait to be recorded/);
    await until('both are written', () => recorder.health().able);
    assert.equal(store.committed.length, 5);
    await recorder.close();
    assert.equal(store.committed.length, 5);
  });

  it('of which nobody knows is not written twice', async () => {
    const { store, recorder } = scripted();
    const doubt = unknown();
    store.answer(doubt.committed);
    recorder.recordEnd(finished);
    await until('it is under way', () => store.committed.length === 1);
    doubt.settle({ outcome: 'recorded', indexes: [9], at: NOON });
    await recorder.close();
    assert.equal(store.committed.length, 1);
  });

  it('of which nobody knows is written again when it turns out that it was not', async () => {
    const { store, recorder } = scripted();
    const doubt = unknown();
    store.answer(doubt.committed);
    recorder.recordEnd(finished);
    await until('it is under way', () => store.committed.length === 1);
    doubt.settle(FAILED);
    await until('it is written again', () => store.committed.length === 2);
    await recorder.close();
  });

  it('does not keep the gateway from stopping when it can never be written', async () => {
    const { store, recorder } = scripted();
    store.answer(...Array.from({ length: 1000 }, () => FAILED), unknown().committed);
    recorder.recordEnd(finished);
    await until('it has been tried', () => store.committed.length > 0);
    await recorder.close();
    const doubtful = scripted();
    doubtful.store.answer(unknown().committed);
    doubtful.recorder.recordEnd(finished);
    await until('it is under way', () => doubtful.store.committed.length === 1);
    await doubtful.recorder.close();
  });
});
