import type { Logger } from 'pino';
import { formatDuration } from './domain/duration.ts';
import type { Milliseconds } from './domain/time.ts';
import type { ReserveReport } from './store/sqlite/reserve.ts';

/** What whoever runs the gateway hears of the room that is kept for the log. */
export function logReserve(logger: Logger, report: ReserveReport): void {
  switch (report.is) {
    case 'freed':
      return logger.error(
        'THE DISK OF THE LOG IS FULL: its reserve was freed, and nobody new is let in. Make room',
      );
    case 'made':
      return logger.info('room for the last records is kept on the disk of the log');
    case 'missing':
      return logger.warn(
        { roomBytes: report.roomBytes },
        'the disk of the log has no room for its reserve: a full disk will leave ends unrecorded until there is room',
      );
  }
}

/** One line for each step: what ends by time depends on the clock. */
export function logClockStep(logger: Logger, stepMs: Milliseconds): void {
  const by = formatDuration(Math.abs(stepMs));
  if (stepMs > 0)
    return logger.error(
      { stepMs },
      `THE CLOCK WAS SET FORWARD by ${by}: what ends by time may have ended early`,
    );
  logger.error(
    { stepMs },
    `THE CLOCK WAS SET BACK by ${by}: the log goes on with the time that really passes, and nothing lives longer`,
  );
}
