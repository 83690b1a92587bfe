import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { describe, it, type TestContext } from 'node:test';
import threads from 'node:worker_threads';
import { attempt, BEGUN, record, remark, settingUp, settledOf, stage } from '../support/acts.ts';
import { accessAttempted } from '../support/specimens.ts';
import { until } from '../support/until.ts';

/** Every thread that is started from here on: a test ends one as a crash in it would. */
const started: threads.Worker[] = [];
/** Which answer to a commit is lost, counted from now; 0: none. */
let lostAnswer = 0;

threads.Worker = class extends threads.Worker {
  constructor(...given: ConstructorParameters<typeof threads.Worker>) {
    super(...given);
    started.push(this);
  }

  /** The one death that matters most: the commit is on disk, and the thread never says so. */
  override emit(event: string, ...told: unknown[]): boolean {
    const isAnswer = event === 'message' && JSON.stringify(told).includes('"committed"');
    if (!isAnswer || lostAnswer === 0) return super.emit(event, ...told);
    lostAnswer -= 1;
    if (lostAnswer > 0) return super.emit(event, ...told);
    void this.terminate();
    return true;
  }
};
syncBuiltinESMExports();
const { openLog } = await import('../support/open-log.ts');

async function open(test: TestContext) {
  started.length = 0;
  return openLog(test);
}

describe('a thread of the store that dies', () => {
  it('the writer: is replaced, and the acts it had are settled as they were', async (test) => {
    const { store, check } = await open(test);
    await record(store, remark());
    const writer = started[0];
    assert.ok(writer !== undefined);
    const asked = Array.from({ length: 600 }, () => store.commit(remark()));
    await writer.terminate();
    const answers = await Promise.all(asked);
    const settled = await settledOf(answers);
    await until('another writer has taken its place', () => store.health().able);
    const indexes = settled.flatMap((one) => (one.outcome === 'recorded' ? one.indexes : []));
    const { size } = await check();
    assert.equal(size, indexes.length + 1);
    assert.deepEqual((await record(store, remark())).indexes, [size]);
  });

  it('the writer, after a commit it did not tell of: the acts are found in the log', async (test) => {
    const { store, check } = await open(test);
    const heard: number[] = [];
    store.follow((entries) => heard.push(...entries.map(({ index }) => index)));
    const set = stage(Date.now());
    lostAnswer = 2;
    const first = record(store, remark());
    // All of these queue behind the first, and so are one batch.
    const answers = await Promise.all([
      store.commit(BEGUN),
      store.commit(settingUp(set)),
      store.commit(attempt(stage(Date.now()))),
      store.commit(attempt(set)),
    ]);
    await first;
    assert.ok(answers.every(({ outcome }) => outcome === 'unknown'));
    const [begun, setUp, strange, attempted] = await settledOf(answers);
    assert.deepEqual(begun?.outcome === 'recorded' && begun.indexes, [1]);
    assert.deepEqual(setUp?.outcome === 'recorded' && setUp.indexes, [2, 3, 4, 5]);
    assert.equal(strange?.outcome, 'failed', 'its conditions did not hold: it is not there');
    assert.deepEqual(attempted?.outcome === 'recorded' && attempted.indexes, [6]);
    assert.deepEqual(heard, [0, 1, 2, 3, 4, 5, 6], 'followers hear of what was in doubt');
    await until('another writer has taken its place', () => store.health().able);
    const { records } = await check();
    assert.equal(
      records[6]?.at,
      new Date(attempted?.outcome === 'recorded' ? attempted.at : 0).toISOString(),
    );
    assert.deepEqual((await record(store, remark())).indexes, [7]);
  });

  it('the writer, after the commit of an attempt it did not tell of: it is ended as late', async (test) => {
    const { store, recorder, check } = await open(test);
    const set = stage(Date.now());
    await record(store, settingUp(set));
    lostAnswer = 1;
    await assert.rejects(recorder.recordAttempt(accessAttempted(set.permit)), {
      code: 'log-unavailable',
    });
    await until('its end is written', async () => (await store.reader.logState()).size === 6);
    const { records } = await check(true);
    assert.deepEqual([records[5]?.event, records[5]?.['why']], ['access.interrupted', 'late']);
  });

  it('the writer, while it is idle: is noticed and replaced', async (test) => {
    const { store } = await open(test);
    await record(store, remark());
    await started[0]?.terminate();
    await until('another writer is started', () => started.length === 2);
    await until('it is able', () => store.health().able);
    await record(store, remark());
  });

  it('the writer, again and again', async (test) => {
    const { store, check } = await open(test);
    for (let n = 0; n < 3; n += 1) {
      await record(store, remark());
      await started.at(-1)?.terminate();
      await until('it is missed', () => !store.health().able);
      await until('another one is able', () => store.health().able);
    }
    assert.equal((await check()).size, 3);
  });

  it('the reader: what it was asked fails, and the next question is answered', async (test) => {
    const { store } = await open(test);
    await record(store, remark());
    assert.equal((await store.reader.recordsFrom(0, 10)).length, 1);
    const reader = started.at(-1);
    assert.ok(started.length === 2 && reader !== undefined);
    const asked = store.reader.recordsFrom(0, 10);
    const ended = reader.terminate();
    await asked.catch((error: unknown) => assert.match(String(error), /reader ended/));
    await ended;
    assert.equal((await store.reader.recordsFrom(0, 10)).length, 1);
  });
});
