import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { openPublisher } from './recorder/open-publisher.ts';
import type { Publisher, PublisherReport } from './recorder/publisher.ts';
import { systemClock } from './store/clock.ts';
import type { Store } from './store/store.ts';

/** Opens what signs the log, and logs what becomes of it. Throws `LogRefused`. */
export function openLogPublisher(config: Config, store: Store, logger: Logger): Promise<Publisher> {
  return openPublisher(config.log, {
    store,
    everyMs: config.log.checkpointEveryMs,
    now: () => systemClock.now(),
    report: (report) => logReport(logger, report),
  });
}

function logReport(logger: Logger, report: PublisherReport): void {
  switch (report.is) {
    case 'flawed':
      return logger.fatal(
        { why: report.why },
        'THE STORED LOG IS NOT WHAT WAS WRITTEN: it is not signed any more. Keep every file as it is',
      );
    case 'hindered':
      return logger.error({ err: report.error }, 'the log could not be signed; it is tried again');
    case 'unread':
      return logger.error(
        { err: report.error },
        'what had been signed could not be read back; it is tried again',
      );
    case 'checked':
      return logger.info({ entries: report.entries }, 'all that had been signed was read back');
    case 'free-again':
      return logger.info('the log is being signed again');
  }
}
