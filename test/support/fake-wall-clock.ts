import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A wall clock for a process of its own, by libfaketime: it can be set while the process runs, and its monotonic
 * clock goes on as it is.
 */
export class FakeWallClock {
  /** What stands before a program's command line to give it this clock. */
  readonly under: readonly string[];
  readonly #file: string;

  /** It shows the right time. `folder` holds the file that says otherwise. */
  constructor(folder: string) {
    this.#file = join(folder, 'clock');
    this.set(0);
    this.under = [
      'env',
      `LD_PRELOAD=${findLibrary()}`,
      `FAKETIME_TIMESTAMP_FILE=${this.#file}`,
      'FAKETIME_NO_CACHE=1',
      'FAKETIME_DONT_FAKE_MONOTONIC=1',
    ];
  }

  /** Sets it to the right time and so many milliseconds more, or less. */
  set(aheadMs: number): void {
    const seconds = aheadMs / 1000;
    // In one step: the process may look at any time.
    writeFileSync(`${this.#file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}

/** The one for programs with threads; where it lies differs between machines. */
function findLibrary(): string {
  return execFileSync('faketime', ['-m', '-f', '+0s', 'printenv', 'LD_PRELOAD'], {
    encoding: 'utf8',
  }).trim();
}
