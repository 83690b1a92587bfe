import type { Clock, Instant, Milliseconds } from '../domain/time.ts';

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** How far the wall clock may lag behind the log through rounding before it counts as set back. */
const ROUNDING_MS = 50;

/**
 * The time of the log: max(wall clock, last entry's time + monotonic time since). It never runs
 * backwards, so a clock that is set back revives nothing.
 */
export class LogTime {
  readonly #clock: Clock;
  #last: Instant;
  #lastMonotonic: Milliseconds;

  constructor(clock: Clock, last: Instant) {
    this.#clock = clock;
    this.#last = last;
    this.#lastMonotonic = clock.monotonicMs();
  }

  now(): { readonly at: Instant; readonly isClamped: boolean } {
    const wall = this.#clock.now();
    const carried = this.#last + Math.floor(this.#clock.monotonicMs() - this.#lastMonotonic);
    return { at: Math.max(wall, carried), isClamped: carried - wall > ROUNDING_MS };
  }

  /** Notes that an entry with this time has committed, here or on another instance. */
  advance(to: Instant): void {
    if (to <= this.#last) return;
    this.#last = to;
    this.#lastMonotonic = this.#clock.monotonicMs();
  }
}
