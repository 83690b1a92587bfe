import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { AuditRecord } from '../../src/audit/record.ts';
import { GATEWAY } from '../../src/domain/event.ts';
import { ClockWatch } from '../../src/recorder/clock-watch.ts';
import { Recorder } from '../../src/recorder/recorder.ts';
import { systemClock } from '../../src/store/clock.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { openLog } from '../support/open-log.ts';
import { ScriptedStore } from '../support/scripted-store.ts';
import { HOUR, MINUTE, NOON } from '../support/specimens.ts';
import { until } from '../support/until.ts';

const EVERY_MS = 5000;

interface Scene {
  readonly clock: FakeClock;
  readonly watch: ClockWatch;
  readonly steps: number[];
  /** Time passes, and the watch has looked as often as it does. */
  pass(by: number): void;
}

function scene(test: TestContext, aheadMs = 0): Scene {
  test.mock.timers.enable({ apis: ['setInterval'] });
  const clock = new FakeClock(NOON);
  const steps: number[] = [];
  const watch = new ClockWatch({ clock, aheadMs, onStep: (stepMs) => void steps.push(stepMs) });
  test.after(() => watch.stop());
  const pass = (by: number): void => {
    clock.pass(by);
    test.mock.timers.tick(by);
  };
  return { clock, watch, steps, pass };
}

describe('the watch over the clock', () => {
  it('has nothing to say of time that passes, however long', (test) => {
    const { steps, pass } = scene(test);
    for (let hours = 0; hours < 48; hours += 1) pass(HOUR);
    assert.deepEqual(steps, []);
  });

  it('notices by itself, within seconds, a clock set forward, once', (test) => {
    const { clock, steps, pass } = scene(test);
    pass(MINUTE);
    clock.set(clock.now() + HOUR);
    pass(EVERY_MS);
    assert.deepEqual(steps, [HOUR]);
    pass(HOUR);
    assert.deepEqual(steps, [HOUR]);
  });

  it('notices a clock set back, and then right again', (test) => {
    const { clock, steps, pass } = scene(test);
    clock.set(clock.now() - HOUR);
    pass(EVERY_MS);
    clock.set(clock.now() + HOUR);
    pass(EVERY_MS);
    assert.deepEqual(steps, [-HOUR, HOUR]);
  });

  it('lets five minutes pass as no step, and not a millisecond more', (test) => {
    const { clock, steps, pass } = scene(test);
    clock.set(clock.now() + 5 * MINUTE);
    pass(EVERY_MS);
    assert.deepEqual(steps, []);
    clock.set(clock.now() + 1);
    pass(EVERY_MS);
    assert.deepEqual(steps, [5 * MINUTE + 1]);
  });

  it('adds up small steps in one direction', (test) => {
    const { clock, steps, pass } = scene(test);
    for (let times = 0; times < 6; times += 1) {
      clock.set(clock.now() + MINUTE);
      pass(HOUR);
    }
    assert.deepEqual(steps, [6 * MINUTE]);
  });

  it('looks when it is asked, too', (test) => {
    const { clock, watch, steps } = scene(test);
    clock.set(clock.now() + HOUR);
    watch.look();
    watch.look();
    assert.deepEqual(steps, [HOUR]);
  });

  it('takes a wall clock far behind the log for one that was set back', (test) => {
    const { steps, pass } = scene(test, HOUR);
    assert.deepEqual(steps, [-HOUR]);
    pass(HOUR);
    assert.deepEqual(steps, [-HOUR]);
  });

  it('has nothing to say of a log that is a little ahead', (test) => {
    const { steps, pass } = scene(test, 5 * MINUTE);
    pass(HOUR);
    assert.deepEqual(steps, []);
  });
});

describe('a clock that is set under the recorder', () => {
  it('is recorded before anything that carries the new time', async (test) => {
    const { store, file, check } = await openLog(test);
    const clock = {
      ahead: 0,
      now: () => Date.now() + clock.ahead,
      monotonicMs: () => systemClock.monotonicMs(),
    };
    const recorder = new Recorder(store, clock, 0);
    test.after(() => recorder.close());
    const reported: number[] = [];
    recorder.watchClock((stepMs) => void reported.push(stepMs));
    clock.ahead = HOUR;
    await recorder.record([{ event: 'log.read', actor: GATEWAY, query: '', count: 0 }]);
    const { records } = await check();
    assert.deepEqual(
      records.map(({ event }) => event),
      ['clock.stepped', 'log.read'],
      file,
    );
    assert.ok(isAbout(stepOf(records[0]), HOUR));
    assert.deepEqual(reported, [stepOf(records[0])]);
  });

  it('is recorded once, however often the log has to be asked', async () => {
    const store = new ScriptedStore();
    const clock = new FakeClock(NOON);
    const recorder = new Recorder(store, clock, NOON);
    const settled = Promise.withResolvers<never>();
    recorder.watchClock(() => {});
    clock.set(NOON - HOUR);
    store.answer(
      { outcome: 'unknown', cause: 'too long', settled: settled.promise },
      store.recorded(),
    );
    await recorder.record([{ event: 'log.read', actor: GATEWAY, query: '', count: 0 }]);
    assert.equal(store.committed.length, 2, 'the step and what was asked for');
    settled.resolve({ outcome: 'failed', cause: 'it was not written' } as never);
    await until('it is tried again', () => store.committed.length === 3);
    await recorder.close();
    assert.equal(store.committed.length, 3);
  });

  it('a log ahead of the clock at the start is recorded as set back', async () => {
    const store = new ScriptedStore();
    const recorder = new Recorder(store, new FakeClock(NOON), NOON + HOUR);
    const reported: number[] = [];
    recorder.watchClock((stepMs) => void reported.push(stepMs));
    assert.deepEqual(reported, [-HOUR]);
    assert.equal(store.committed.length, 1);
    await recorder.close();
  });
});

function stepOf(record: AuditRecord | undefined): number {
  return Number(record?.['stepMs']);
}

function isAbout(stepMs: number, expected: number): boolean {
  return Math.abs(stepMs - expected) < 1000;
}
