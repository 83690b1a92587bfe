import { readFileSync } from 'node:fs';
import { readConfig } from '../config.ts';
import { readLogKey } from '../recorder/log-key.ts';
import { LogRefused } from '../recorder/log-refused.ts';
import { restoreGuard } from '../recorder/restore-guard.ts';
import { formatVerifierKey } from '../tlog/note-key.ts';
import { exitWithMistakes } from './exit.ts';

/** Prints the line that others verify the log with. */
export async function showLogKey(options: { config: string }): Promise<void> {
  await explainMistakes(async () => {
    const { log } = readConfig({ file: options.config, env: process.env });
    const key = await readLogKey(log);
    if (key === undefined)
      throw new LogRefused(`${log.keyFile} is not there; the first start makes it`);
    console.log(formatVerifierKey(key.verifier));
  });
}

/** Puts a checkpoint where the guard was; the next start holds the log against it. */
export async function putGuardBack(options: { config: string; checkpoint: string }): Promise<void> {
  await explainMistakes(async () => {
    const { log } = readConfig({ file: options.config, env: process.env });
    const { size } = await restoreGuard(log, readFileSync(options.checkpoint));
    console.log(`${log.guardFile}: the checkpoint of size ${size}`);
  });
}

async function explainMistakes(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    exitWithMistakes(error);
  }
}
