import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resumeLog } from '../../src/recorder/resume.ts';
import { openLog } from '../support/open-log.ts';
import { ACME, accessAttempted, GLOBEX } from '../support/specimens.ts';
import { record, settingUp, stage } from '../support/acts.ts';

describe('resuming the log', () => {
  it('begins it, once', async (test) => {
    const { recorder, store, check } = await openLog(test);
    assert.deepEqual(await resumeLog(recorder, store, 'log.example/1'), { interrupted: 0 });
    assert.deepEqual(await resumeLog(recorder, store, 'log.example/1'), { interrupted: 0 });
    const { records } = await check();
    const [first] = records;
    assert.equal(records.length, 1);
    assert.deepEqual(
      { event: first?.event, origin: first?.['origin'], format: first?.['format'] },
      { event: 'log.begun', origin: 'log.example/1', format: 'sallyport-log/v1' },
    );
  });

  it('ends the attempts of an instance that no longer runs, each in its account', async (test) => {
    const crashed = await openLog(test, 'staged');
    const other = stage(Date.now(), { account: GLOBEX });
    await record(crashed.store, settingUp(other));
    await crashed.recorder.recordAttempt(accessAttempted(crashed.set.permit));
    await crashed.recorder.recordAttempt(accessAttempted(other.permit));
    await crashed.store.close();
    await assert.rejects(crashed.check(true), /attempt 8 has no end\n.*attempt 9 has no end/);
    const { file } = crashed;
    const next = await openLog(test, 'empty', { file });
    assert.deepEqual(await resumeLog(next.recorder, next.store, 'log.example/1'), {
      interrupted: 2,
    });
    const { records } = await next.check(true);
    assert.deepEqual(
      records
        .filter(({ event }) => event === 'access.interrupted')
        .map((one) => [one['attempt'], one['account'], one['why'], one['actor']]),
      [
        [8, ACME, 'crash', { realm: 'gateway', subject: 'gateway' }],
        [9, GLOBEX, 'crash', { realm: 'gateway', subject: 'gateway' }],
      ],
    );
    assert.deepEqual(await resumeLog(next.recorder, next.store, 'log.example/1'), {
      interrupted: 0,
    });
  });

  it('leaves its own attempts alone', async (test) => {
    const { recorder, store, set, check } = await openLog(test, 'staged');
    await recorder.recordAttempt(accessAttempted(set.permit));
    assert.deepEqual(await resumeLog(recorder, store, 'log.example/1'), { interrupted: 0 });
    assert.equal((await check()).attempts.length, 1);
  });
});
