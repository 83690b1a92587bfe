import type { WithheldLine, WithheldReason } from '../audit/bundle-format.ts';

interface Run {
  readonly from: number;
  to: number;
  readonly reason: WithheldReason;
}

const LINES = 256;

/** Which contents are withheld, kept as runs: there may be millions one after the other. */
export class WithheldRuns {
  readonly #runs: Run[] = [];

  /** Indexes come in ascending order. */
  add(index: number, reason: WithheldReason): void {
    const last = this.#runs.at(-1);
    if (last !== undefined && last.to === index && last.reason === reason) last.to += 1;
    else this.#runs.push({ from: index, to: index + 1, reason });
  }

  *pages(): Generator<readonly WithheldLine[], void, void> {
    let page: WithheldLine[] = [];
    for (const { from, to, reason } of this.#runs)
      for (let index = from; index < to; index += 1) {
        page.push({ index, reason });
        if (page.length < LINES) continue;
        yield page;
        page = [];
      }
    if (page.length > 0) yield page;
  }
}
