import type { Milliseconds } from '../domain/time.ts';

/** npm passes a group's signal on, so one wish arrives twice within a millisecond. */
const SAME_WISH_MS: Milliseconds = 1000;

/**
 * Waits for SIGTERM or SIGINT, stops, and exits 0. A second signal, at least a second after the
 * first, ends the program at once.
 */
export async function untilStopped(stop: () => Promise<void>): Promise<never> {
  await new Promise<void>((resolve) => {
    let first: Milliseconds | undefined;
    const hear = (): void => {
      const now = performance.now();
      if (first === undefined) {
        first = now;
        resolve();
      } else if (now - first >= SAME_WISH_MS) {
        process.exit(1);
      }
    };
    process.on('SIGTERM', hear);
    process.on('SIGINT', hear);
  });
  await stop();
  process.exit(0);
}
