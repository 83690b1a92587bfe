import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Heartbeat } from '../../src/recorder/heartbeat.ts';
import { Recorder } from '../../src/recorder/recorder.ts';
import type { Act, Committed } from '../../src/store/store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { ScriptedStore } from '../support/scripted-store.ts';
import { openSignedLog } from '../support/signed-log.ts';
import { HOUR, MINUTE, NOON } from '../support/specimens.ts';
import { until } from '../support/until.ts';

const FAILED: Committed = { outcome: 'failed', cause: 'the disk is gone' };

/** A store whose every entry is heard of at the time of the clock, as a real one's is. */
class FeedingStore extends ScriptedStore {
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    super();
    this.#clock = clock;
  }

  override async commit(act: Act): Promise<Committed> {
    const committed = await super.commit(act);
    if (committed.outcome === 'recorded') this.hear();
    return committed;
  }

  hear(): void {
    const at = this.#clock.now();
    const record = { index: 0, at: '', event: 'log.read' };
    this.tell([{ index: 0, at, record }]);
  }
}

interface Scene {
  readonly store: FeedingStore;
  readonly heartbeat: Heartbeat;
  pass(by: number): Promise<void>;
}

function scene(test: TestContext, lastTime = NOON): Scene {
  test.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = new FakeClock(NOON);
  const store = new FeedingStore(clock);
  const recorder = new Recorder(store, clock, NOON);
  const heartbeat = new Heartbeat(recorder, HOUR, lastTime);
  test.after(() => heartbeat.stop());
  const pass = async (by: number): Promise<void> => {
    clock.pass(by);
    test.mock.timers.tick(by);
    // What a commit answers takes a few turns of the loop to be heard.
    for (let turns = 0; turns < 5; turns += 1)
      await new Promise((resolve) => setImmediate(resolve));
  };
  return { store, heartbeat, pass };
}

describe('the heartbeat', () => {
  it('comes when nothing was recorded for as long as it says, and again', async (test) => {
    const { store, pass } = scene(test);
    await pass(HOUR - 1);
    assert.equal(store.committed.length, 0);
    await pass(1);
    assert.equal(store.committed.length, 1);
    await pass(HOUR);
    await pass(HOUR);
    assert.equal(store.committed.length, 3);
  });

  it('is public and says how often it comes', async (test) => {
    const { store, pass } = scene(test);
    await pass(HOUR);
    const payload = store.committed[0]?.entries[0].publicPayload;
    assert.equal(new TextDecoder().decode(payload), '{"event":"log.heartbeat","everyMs":3600000}');
  });

  it('does not come while anything else is recorded', async (test) => {
    const { store, pass } = scene(test);
    for (let times = 0; times < 10; times += 1) {
      await pass(HOUR - MINUTE);
      store.hear();
    }
    assert.equal(store.committed.length, 0);
    await pass(HOUR);
    assert.equal(store.committed.length, 1);
  });

  it('counts from the last entry of an earlier run', async (test) => {
    const { store, pass } = scene(test, NOON - HOUR + MINUTE);
    await pass(MINUTE);
    assert.equal(store.committed.length, 1);
  });

  it('comes at once when the last entry is older than that', async (test) => {
    const { store, pass } = scene(test, NOON - 2 * HOUR);
    await pass(1);
    assert.equal(store.committed.length, 1);
  });

  it('does not pile up while the log cannot be written, and comes soon after', async (test) => {
    const { store, pass } = scene(test);
    store.answer(FAILED, FAILED);
    await pass(HOUR);
    await pass(9999);
    assert.equal(store.committed.length, 1);
    await pass(1);
    assert.equal(store.committed.length, 2);
    await pass(10_000);
    assert.equal(store.committed.length, 3);
    await pass(HOUR - 1);
    assert.equal(store.committed.length, 3, 'the third was recorded');
  });

  it('waits for an answer, however long that takes, before it tries again', async (test) => {
    const { store, heartbeat, pass } = scene(test);
    const hanging = Promise.withResolvers<Committed>();
    test.mock.method(store, 'commit', () => {
      store.committed.push({ entries: [] } as never);
      return hanging.promise;
    });
    for (let times = 0; times < 5; times += 1) await pass(HOUR);
    assert.equal(store.committed.length, 1);
    heartbeat.stop();
    hanging.resolve(FAILED);
    await pass(HOUR);
    assert.equal(store.committed.length, 1);
  });

  it('ends when it is stopped', async (test) => {
    const { store, heartbeat, pass } = scene(test);
    heartbeat.stop();
    await pass(2 * HOUR);
    store.hear();
    await pass(2 * HOUR);
    assert.equal(store.committed.length, 0);
  });
});

describe('a log in which nothing happens', () => {
  it('grows by heartbeats, and each is signed', async (test) => {
    const log = await openSignedLog(test);
    const publisher = await log.open(1);
    publisher.start();
    const sizes: number[] = [];
    publisher.onPublished(({ size }) => void sizes.push(size));
    const heartbeat = new Heartbeat(log.recorder, 20, log.recorder.now());
    await until('five are signed', () => sizes.length >= 5);
    heartbeat.stop();
    await publisher.close();
    const { records } = await log.check();
    const [, ...others] = records.map(({ event }) => event);
    assert.ok(others.length >= 4 && others.every((event) => event === 'log.heartbeat'));
    assert.equal(publisher.published?.size, records.length);
  });
});
