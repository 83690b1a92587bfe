import type { Milliseconds } from '../domain/time.ts';

type WatchReport =
  | { readonly is: 'unwitnessed'; readonly size: number; readonly witnessed: number }
  | { readonly is: 'witnessed-again'; readonly size: number };

/** Notices that checkpoints go without their quorum for long, and that they do not any more. */
export class UnwitnessedWatch {
  readonly #afterMs: Milliseconds;
  readonly #report: (report: WatchReport) => void;
  #published = 0;
  #witnessed = 0;
  #timer: NodeJS.Timeout | undefined;
  #isTold = false;

  constructor(afterMs: Milliseconds, report: (report: WatchReport) => void) {
    this.#afterMs = afterMs;
    this.#report = report;
  }

  /** To be told of every change. As long as the witnessed size grows nothing is wrong. */
  see(published: number, witnessed: number): void {
    const hasGrown = witnessed > this.#witnessed;
    [this.#published, this.#witnessed] = [published, witnessed];
    if (hasGrown) this.#calm();
    if (published > witnessed && !this.#isTold) this.#arm();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #calm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isTold) this.#report({ is: 'witnessed-again', size: this.#witnessed });
    this.#isTold = false;
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      this.#isTold = true;
      this.#report({ is: 'unwitnessed', size: this.#published, witnessed: this.#witnessed });
    }, this.#afterMs);
    this.#timer.unref();
  }
}
