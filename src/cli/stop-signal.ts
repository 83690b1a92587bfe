import type { Milliseconds } from '../domain/time.ts';

/** npm passes a group's signal on, so one wish arrives twice within a millisecond. */
const SAME_WISH_MS: Milliseconds = 1000;

/**
 * Begins to hear SIGTERM and SIGINT, and answers with what resolves at the first. To be called before
 * anything is started: whoever has read that we listen may already want us to stop. A second signal,
 * at least a second after the first, ends the program at once.
 */
export function hearStopSignal(): Promise<void> {
  return new Promise<void>((resolve) => {
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
}
