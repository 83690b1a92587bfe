import { readConfig } from '../config.ts';
import { checkLog, type LogCheck } from '../recorder/check-log.ts';
import { LogRefused } from '../recorder/log-refused.ts';
import { EXIT_FAULT } from './exit.ts';
import { explainMistakes } from './log.ts';

/** A log that is broken in one place is often broken in all that follow. */
const MOST_LINES = 1000;

/** Reads the whole stored log and prints each finding on a line; exit 1 if there is any. */
export async function checkStoredLog(options: { config: string }): Promise<void> {
  await explainMistakes(async () => {
    const { store, log } = readConfig({ file: options.config, env: process.env });
    if (store.engine !== 'sqlite') throw new LogRefused('this version checks SQLite files only');
    let lines = 0;
    const check = await checkLog(store.file, log, (finding) => {
      lines += 1;
      if (lines <= MOST_LINES) console.log(finding);
    });
    if (check.findings > MOST_LINES) console.log(`and ${check.findings - MOST_LINES} more`);
    console.log(summary(check));
    if (check.findings > 0) process.exitCode = EXIT_FAULT;
  });
}

function summary({ entries, checkpoints, findings, ms }: LogCheck): string {
  const rate = Math.round((entries / Math.max(1, ms)) * 1000);
  const found = findings === 1 ? '1 finding' : `${findings} findings`;
  const verdict = findings === 0 ? 'nothing is wrong' : found;
  return `${verdict}: ${entries} entries and ${checkpoints} checkpoints in ${(ms / 1000).toFixed(1)} s, ${rate} entries/s`;
}
