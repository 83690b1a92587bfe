import { Retention } from '../../src/recorder/retention.ts';
import { Recorder } from '../../src/recorder/recorder.ts';
import { systemClock } from '../../src/store/clock.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { newInstance, record, remark } from './acts.ts';
import { FakeClock } from './fake-clock.ts';
import { age, BRIEF_MS } from './forgetting.ts';
import { DAY, NOON } from './specimens.ts';

/** A process of its own that fills the store it is told to, erases it, and tells of every erasure until it is killed. */
const [file = ''] = process.argv.slice(2);
const store = await openSqliteStore({ file, instance: newInstance(), retentionMs: BRIEF_MS });
const { lastTime } = await store.reader.logState();
const recorder = new Recorder(store, systemClock, lastTime);
await recorder.startSearch();
const clock = new FakeClock(NOON);
const retention = new Retention({
  store,
  recorder,
  clock,
  retentionMs: BRIEF_MS,
  report: () => undefined,
  pauseMs: 0,
});
clock.pass(DAY);
store.follow((entries) => {
  for (const { index, record: told } of entries)
    if (told.event === 'retention.erased') process.send?.(index);
});
for (;;) {
  await Promise.all(Array.from({ length: 300 }, (_, n) => record(store, remark('x', `p${n % 9}`))));
  await age(store);
  await retention.run();
}
