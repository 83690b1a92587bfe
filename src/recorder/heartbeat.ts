import { GATEWAY } from '../domain/event.ts';
import type { Instant, Milliseconds } from '../domain/time.ts';
import type { Recorder } from './recorder.ts';

const RETRY_EVERY_MS: Milliseconds = 10_000;

/**
 * Writes an entry while nothing else is written, so that whoever watches the public log notices one
 * that fell silent. There is never more than one under way; while the log cannot be written there is none.
 */
export class Heartbeat {
  readonly #recorder: Recorder;
  readonly #everyMs: Milliseconds;
  readonly #unfollow: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** The first is due `everyMs` after `lastTime`, the time of the log's last entry. */
  constructor(recorder: Recorder, everyMs: Milliseconds, lastTime: Instant) {
    this.#recorder = recorder;
    this.#everyMs = everyMs;
    this.#unfollow = recorder.follow((entries) => this.#arm(entries.at(-1)?.at ?? 0));
    this.#arm(lastTime);
  }

  /** None is written from now on; one that is under way may still come. */
  stop(): void {
    this.#isStopped = true;
    this.#unfollow();
    clearTimeout(this.#timer);
  }

  #arm(last: Instant): void {
    const sinceMs = Math.max(0, this.#recorder.now() - last);
    this.#wait(Math.max(0, this.#everyMs - sinceMs));
  }

  #wait(delayMs: Milliseconds): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#beat(), delayMs);
    this.#timer.unref();
  }

  async #beat(): Promise<void> {
    const event = { event: 'log.heartbeat', actor: GATEWAY, everyMs: this.#everyMs } as const;
    // Recorded, it is the last entry, and the feed has set the timer already.
    await this.#recorder
      .record([event])
      .catch(() => this.#wait(Math.min(RETRY_EVERY_MS, this.#everyMs)));
  }
}
