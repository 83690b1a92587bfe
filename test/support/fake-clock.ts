import type { Clock, Instant, Milliseconds } from '../../src/domain/time.ts';

/** A clock that only moves when told to. */
export class FakeClock implements Clock {
  #wall: Instant;
  #monotonic: Milliseconds = 1000;

  constructor(wall: Instant) {
    this.#wall = wall;
  }

  now(): Instant {
    return this.#wall;
  }

  monotonicMs(): Milliseconds {
    return this.#monotonic;
  }

  /** Time passes. */
  pass(by: Milliseconds): void {
    this.#wall += by;
    this.#monotonic += by;
  }

  /** Somebody sets the wall clock; no time passes. */
  set(wall: Instant): void {
    this.#wall = wall;
  }
}
