import { Recorder } from '../../src/recorder/recorder.ts';
import { resumeLog } from '../../src/recorder/resume.ts';
import { systemClock } from '../../src/store/clock.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { newInstance, record, settingUp, stage } from './acts.ts';
import { accessAttempted } from './specimens.ts';
import { RETENTION_MS } from './store-suite.ts';

/**
 * A process that records accesses as fast as it can until it is killed. It tells of each attempt that
 * it was told is recorded, as a gateway would by forwarding it: only then.
 */
const [file = ''] = process.argv.slice(2);
const store = await openSqliteStore({
  file,
  instance: newInstance(),
  retentionMs: RETENTION_MS,
  reserveBytes: 0,
});
const { lastTime } = await store.reader.logState();
const recorder = new Recorder(store, systemClock, lastTime);
await resumeLog(recorder, store, 'log.example/1');
const set = stage(Date.now());
await record(store, settingUp(set));

async function visitAgainAndAgain(): Promise<never> {
  for (;;) {
    const recording = await recorder.recordAttempt(accessAttempted(set.permit));
    if (recording.outcome === 'refused') throw new Error('the attempt was refused');
    const { index, event } = recording.recorded[0];
    process.send?.(index);
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
}

await Promise.all(Array.from({ length: 16 }, visitAgainAndAgain));
