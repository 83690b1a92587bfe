import type { Clock, Milliseconds } from '../domain/time.ts';

export interface ClockWatchOptions {
  readonly clock: Clock;
  /** How far the log's time is ahead of the wall clock now. */
  readonly aheadMs: Milliseconds;
  /** Told once of each step: positive when the wall clock was set forward, negative when it was set back. */
  readonly onStep: (stepMs: Milliseconds) => void;
}

/** Less than this is what an hour's drift or a leap second may be; more is a clock that was set. */
const STEP_MS: Milliseconds = 5 * 60_000;
const LOOK_EVERY_MS: Milliseconds = 5000;

/**
 * Holds the wall clock against the monotonic one. Steps that are small on their own add up, so that a
 * clock that is set a little at a time is noticed too.
 */
export class ClockWatch {
  readonly #clock: Clock;
  readonly #onStep: (stepMs: Milliseconds) => void;
  readonly #timer: NodeJS.Timeout;
  /** Wall clock minus monotonic clock: it stays the same unless somebody sets one of them. */
  #offset: Milliseconds;

  /** A wall clock that stands far behind the log already has been set back since that was written: a step too. */
  constructor({ clock, aheadMs, onStep }: ClockWatchOptions) {
    this.#clock = clock;
    this.#onStep = onStep;
    this.#offset = offsetOf(clock) + (aheadMs > STEP_MS ? aheadMs : 0);
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
    this.look();
  }

  /** Looks now: before anything is recorded under a time that has just been set. */
  look(): void {
    const offset = offsetOf(this.#clock);
    const stepMs = Math.round(offset - this.#offset);
    if (Math.abs(stepMs) <= STEP_MS) return;
    this.#offset = offset;
    this.#onStep(stepMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function offsetOf(clock: Clock): Milliseconds {
  return clock.now() - clock.monotonicMs();
}
