import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Recorder } from '../../src/recorder/recorder.ts';
import { systemClock } from '../../src/store/clock.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { newInstance, record, settingUp, type Stage, stage } from './acts.ts';
import { checkLog, type LogReport } from './log-checker.ts';
import { RETENTION_MS } from './store-suite.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A recorder on a SQLite store of its own, closed at the end of the test. */
export interface OpenLog {
  readonly file: string;
  readonly store: Store;
  readonly recorder: Recorder;
  /** Alive, and written already if the log was opened `staged`. */
  readonly set: Stage;
  check(isStopped?: boolean): Promise<LogReport>;
  close(): Promise<void>;
}

export async function openLog(
  test: TestContext,
  how: 'empty' | 'staged' = 'empty',
  at: {
    readonly file?: string;
    readonly deadlineMs?: number;
    readonly reserveBytes?: number;
    readonly retentionMs?: number;
  } = {},
): Promise<OpenLog> {
  const file = at.file ?? join(temporaryFolder(test), 'sallyport.db');
  const { deadlineMs, retentionMs = RETENTION_MS } = at;
  const store = await openSqliteStore({
    file,
    instance: newInstance(),
    retentionMs,
    reserveBytes: at.reserveBytes ?? 0,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
  const { lastTime } = await store.reader.logState();
  const recorder = new Recorder(store, systemClock, lastTime);
  const close = async (): Promise<void> => {
    await recorder.close();
    await store.close();
  };
  test.after(close);
  const set = stage(Date.now());
  if (how === 'staged') await record(store, settingUp(set));
  const check = (isStopped = false) => checkLog(file, { isStopped });
  return { file, store, recorder, set, check, close };
}
