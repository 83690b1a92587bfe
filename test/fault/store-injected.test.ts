import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { resumeLog } from '../../src/recorder/resume.ts';
import { attempt, finishing, record, remark, settledOf } from '../support/acts.ts';
import { type Fault, injectFault } from '../support/injected-fault.ts';
import { type OpenLog, openLog } from '../support/open-log.ts';
import { accessAttempted } from '../support/specimens.ts';
import { needsStrace } from '../support/tools.ts';
import { until } from '../support/until.ts';

const ANSWERED_WITHIN_MS = 2000;

/** Breaks what the kernel does for the files of a store. */
function breakStore(test: TestContext, { file }: OpenLog, fault: Omit<Fault, 'files'>) {
  return injectFault(test, { ...fault, files: [file, `${file}-wal`] });
}

const BROKEN: readonly (readonly [string, Omit<Fault, 'files'>])[] = [
  ['a file system that became read-only', { calls: 'pwrite64,ftruncate', how: 'error=EROFS' }],
  ['a disk that cannot be written', { calls: 'pwrite64', how: 'error=EIO' }],
  ['an fsync that fails', { calls: 'fsync,fdatasync', how: 'error=EIO' }],
];

describe('the store on', { skip: needsStrace, concurrency: false }, () => {
  for (const [what, fault] of BROKEN)
    it(`${what} says so within two seconds, and recovers by itself`, async (test) => {
      const log = await openLog(test, 'staged');
      const { store, set, check } = log;
      const [first = -1] = (await record(store, attempt(set))).indexes;
      for (let n = 0; n < 20; n += 1) await record(store, remark());
      const heal = await breakStore(test, log, fault);

      const asked = performance.now();
      const answers = await Promise.all([store.commit(remark()), store.commit(remark())]);
      assert.ok(performance.now() - asked < ANSWERED_WITHIN_MS);
      assert.ok(answers.every(({ outcome }) => outcome === 'unknown' || outcome === 'failed'));
      assert.equal(store.health().able, false);
      const refused = performance.now();
      assert.equal((await store.commit(remark())).outcome, 'failed');
      assert.ok(performance.now() - refused < 100, 'what is known to be broken is not waited for');

      await heal();
      await until('the store recovers by itself', () => store.health().able);
      const settled = await settledOf(answers);
      const written = settled.filter(({ outcome }) => outcome === 'recorded').length;
      await record(store, finishing(set, first));
      const { size } = await check(true);
      assert.equal(size, 4 + 1 + 20 + written + 1, 'the log agrees with what was told');
    });

  it('a failed fsync does not trust its WAL any more: all of it is written anew', async (test) => {
    const log = await openLog(test);
    const { store, file, check } = log;
    for (let n = 0; n < 100; n += 1) await record(store, remark());
    const before = statSync(`${file}-wal`).size;
    const heal = await breakStore(test, log, { calls: 'fsync,fdatasync', how: 'error=EIO' });
    const answer = await store.commit(remark());
    assert.equal(answer.outcome, 'unknown');
    await heal();
    await until('the store recovers by itself', () => store.health().able);
    assert.ok(statSync(`${file}-wal`).size < before / 10);
    await check();
  });

  it('a disk that hangs is not waited for, and what comes late is told as it was', async (test) => {
    const log = await openLog(test, 'staged');
    const { store, recorder, set, check } = log;
    const heal = await breakStore(test, log, {
      calls: 'fsync,fdatasync',
      how: 'delay_enter=3000000:when=1',
    });
    const asked = performance.now();
    const attempting = recorder.recordAttempt(accessAttempted(set.permit));
    const queued = new Promise((resolve) => setTimeout(resolve, 100)).then(() =>
      store.commit(remark()),
    );
    await assert.rejects(attempting, { code: 'log-unavailable' });
    const tookMs = performance.now() - asked;
    assert.ok(tookMs < ANSWERED_WITHIN_MS, `answered after ${tookMs} ms`);
    assert.equal(store.health().able, false, 'while it hangs');
    assert.deepEqual(await queued, {
      outcome: 'failed',
      cause: 'the log took too long to write',
    });
    await until('the disk answers', () => store.health().able);
    await until('the late attempt has its end', async () => {
      const { size } = await store.reader.logState();
      return size === 6;
    });
    await heal();
    const { records } = await check(true);
    assert.deepEqual(
      records.slice(4).map(({ event, why, attempt: of }) => ({ event, why, of })),
      [
        { event: 'access.attempted', why: undefined, of: undefined },
        { event: 'access.interrupted', why: 'late', of: 4 },
      ],
    );
  });

  it('a broken disk keeps the ends of accesses until they can be written', async (test) => {
    const log = await openLog(test, 'staged');
    const { recorder, set, check } = log;
    const attempts = await Promise.all(
      Array.from({ length: 5 }, () => recorder.recordAttempt(accessAttempted(set.permit))),
    );
    const heal = await breakStore(test, log, { calls: 'pwrite64', how: 'error=EIO' });
    for (const recording of attempts) {
      assert.ok(recording.outcome === 'recorded');
      const { index, event } = recording.recorded[0];
      recorder.recordEnd({
        event: 'access.finished',
        actor: event.actor,
        account: event.account,
        attempt: index,
        status: 200,
        bytesIn: 0,
        bytesOut: 0,
        durationMs: 1,
      });
    }
    await until('health says so', () => !recorder.health().able);
    await assert.rejects(recorder.recordAttempt(accessAttempted(set.permit)), {
      code: 'log-unavailable',
    });
    await heal();
    await until('all ends are written', () => recorder.health().able);
    const report = await check(true);
    assert.equal(report.attempts.length, 5);
    assert.equal(report.size, 14);
  });

  it('a broken disk can be shut down, and the next start ends what was left open', async (test) => {
    const log = await openLog(test, 'staged');
    const { recorder, set, file } = log;
    const recording = await recorder.recordAttempt(accessAttempted(set.permit));
    assert.ok(recording.outcome === 'recorded');
    const heal = await breakStore(test, log, { calls: 'pwrite64', how: 'error=EIO' });
    recorder.recordEnd({
      event: 'access.finished',
      actor: recording.recorded[0].event.actor,
      account: set.grant.account,
      attempt: recording.recorded[0].index,
      status: 200,
      bytesIn: 0,
      bytesOut: 0,
      durationMs: 1,
    });
    await until('health says so', () => !recorder.health().able);
    const asked = performance.now();
    await log.close();
    assert.ok(performance.now() - asked < 5000);
    await heal();
    const next = await openLog(test, 'empty', { file });
    const { interrupted } = await resumeLog(next.recorder, next.store, 'log.example/1');
    assert.equal(interrupted, 1);
    await next.check(true);
  });
});
