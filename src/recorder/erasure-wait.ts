import type { Clock, Milliseconds } from '../domain/time.ts';
import type { FollowedEntry } from '../store/store.ts';

const WAIT_MS: Milliseconds = 24 * 3_600_000;
/** A wall clock that runs ahead of the time that has passed by more than this has been set. */
const STEP_MS: Milliseconds = 5 * 60_000;
/** What makes the time of the log doubtful for a while. */
const DOUBTFUL: ReadonlySet<string> = new Set(['gateway.started', 'clock.stepped']);

/**
 * Erasure cannot be undone, and a wrong clock would make everything old at once. So it waits a day after
 * every start and every step of the clock, measured on a clock that nobody can set: long enough for
 * somebody to notice.
 */
export class ErasureWait {
  readonly #clock: Clock;
  #since: Milliseconds;
  /** How far the wall clock was ahead of the monotonic one when it was last looked at. */
  #lead: Milliseconds;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonicMs();
    this.#lead = leadOf(clock);
  }

  /** Hears what has been recorded, here or by another instance. */
  hear(entries: readonly FollowedEntry[]): void {
    if (entries.some(({ record }) => DOUBTFUL.has(record.event))) this.#begin();
  }

  /** When erasure may begin, on the monotonic clock. */
  mayEraseAt(): Milliseconds {
    const lead = leadOf(this.#clock);
    // A step that has not been recorded yet.
    if (Math.abs(lead - this.#lead) > STEP_MS) this.#begin();
    this.#lead = lead;
    return this.#since + WAIT_MS;
  }

  isOver(): boolean {
    return this.mayEraseAt() <= this.#clock.monotonicMs();
  }

  #begin(): void {
    this.#since = this.#clock.monotonicMs();
  }
}

function leadOf(clock: Clock): Milliseconds {
  return clock.now() - clock.monotonicMs();
}
