const EVERY_MS = 200;
const CLEAR_LINE = '\r\u001b[K';

/** How far a long work has come, on one line that is written again and again. */
export interface Progress {
  /** Tells that so many entries are done. */
  tell(done: number): void;
  /** Takes the line away. */
  end(): void;
}

/** Tells a terminal how far it has come; anything else is told nothing. `total` 0: nobody knows. */
export function showProgress(
  terminal: { readonly isTTY?: boolean; write(text: string): unknown },
  total: number,
  now: () => number = () => performance.now(),
): Progress {
  if (terminal.isTTY !== true) return { tell: () => {}, end: () => {} };
  const begun = now();
  let told = begun;
  return {
    tell: (done) => {
      if (now() - told < EVERY_MS) return;
      told = now();
      terminal.write(`${CLEAR_LINE}${describeProgress(done, total, told - begun)}`);
    },
    end: () => terminal.write(CLEAR_LINE),
  };
}

const number = new Intl.NumberFormat('en');

function describeProgress(done: number, total: number, elapsedMs: number): string {
  const rate = (done * 1000) / elapsedMs;
  const parts = [`${number.format(done)} entries`, `${number.format(Math.round(rate))} a second`];
  if (total > done && rate > 0) parts.push(`${describeTime((total - done) / rate)} left`);
  return parts.join(', ');
}

function describeTime(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return `${Math.ceil(seconds / 60)} min`;
}
