import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Recorder } from './recorder/recorder.ts';
import { Retention, type RetentionReport } from './recorder/retention.ts';
import { systemClock } from './store/clock.ts';
import type { Store } from './store/store.ts';

/** Starts what forgets on time, and logs what becomes of it. */
export function startRetention(
  config: Config,
  rooms: { readonly store: Store; readonly recorder: Recorder },
  logger: Logger,
): Retention {
  const retention = new Retention({
    ...rooms,
    clock: systemClock,
    retentionMs: config.log.retentionMs,
    report: (report) => logReport(logger, report),
  });
  retention.start();
  return retention;
}

function logReport(logger: Logger, report: RetentionReport): void {
  switch (report.is) {
    case 'erased':
      return logger.info({ count: report.count }, 'contents whose time was over were erased');
    case 'hindered':
      return logger.error(
        { err: report.error },
        'erasure did not come to its end; it is tried again',
      );
    case 'unpurged':
      return logger.warn(
        'what was erased is still in the files, which are being read; it is tried again',
      );
  }
}
