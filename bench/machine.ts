import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { describeSpread, type Spread, spreadOf } from './spread.ts';

/** What the figures were measured on: read ratios, not figures. */
export function describeMachine(folder: string): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    `machine   ${cpu?.model ?? 'unknown'}, ${cpus().length} cores, ${memory} GiB, Linux ${release()}`,
    `node      ${process.version}`,
    `fsync     ${describeSpread(measureFsync(folder), 'ms')} (4 KiB appended and synced, 200 times)`,
  ].join('\n');
}

/** How long the disk takes to promise 4 KiB, in milliseconds. */
export function measureFsync(folder: string): Spread {
  const scratch = mkdtempSync(join(folder, 'fsync-'));
  const file = openSync(join(scratch, 'file'), 'w');
  const page = new Uint8Array(4096).fill(1);
  const times = Array.from({ length: 200 }, () => {
    const begun = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    return performance.now() - begun;
  });
  closeSync(file);
  rmSync(scratch, { recursive: true });
  return spreadOf(times);
}
