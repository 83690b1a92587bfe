import { readFileSync } from 'node:fs';
import { type Config, readConfig } from '../config.ts';
import { parseDuration } from '../domain/duration.ts';
import { chooseKeys, readHeldKeys } from '../recorder/choose-keys.ts';
import { type KeyChange, readKeyChain } from '../recorder/key-chain.ts';
import { LogRefused } from '../recorder/log-refused.ts';
import { restoreGuard } from '../recorder/restore-guard.ts';
import { prepareRotation } from '../recorder/rotate-key.ts';
import { signersAt } from '../recorder/signing-keys.ts';
import { systemClock } from '../store/clock.ts';
import { readBeside } from '../store/sqlite/old-database.ts';
import { formatVerifierKey } from '../tlog/note-key.ts';
import { exitWithMistakes } from './exit.ts';

/** Prints what others verify the log with: one line, or the old key's and the new one's while both sign. */
export async function showLogKey(options: { config: string }): Promise<void> {
  await explainMistakes(async () => {
    const config = readConfig({ file: options.config, env: process.env });
    const { log } = config;
    const now = systemClock.now();
    const keys = chooseKeys(log, await readHeldKeys(log), await readStoredChain(config), now);
    if (keys === undefined)
      throw new LogRefused(`${log.keyFile} is not there; the first start makes it`);
    for (const { verifier } of signersAt(keys, now)) console.log(formatVerifierKey(verifier));
  });
}

/** Makes the key that follows; the next start of the gateway hands the log on to it. */
export async function rotateLogKey(options: { config: string; overlap: string }): Promise<void> {
  await explainMistakes(async () => {
    const config = readConfig({ file: options.config, env: process.env });
    const overlapMs = parseDuration(options.overlap);
    if (overlapMs === undefined)
      throw new LogRefused(`--overlap is a duration such as 30d, not ${options.overlap}`);
    const now = systemClock.now();
    const chain = await readStoredChain(config);
    const next = await prepareRotation(config.log, chain, { overlapMs, now });
    console.log(formatVerifierKey(next.verifier));
    console.log(
      `Restart the gateway: from then on both keys sign, for ${options.overlap}. Give this line to whoever verifies the log before that time is over.`,
    );
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

export async function explainMistakes(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    exitWithMistakes(error);
  }
}

/** The keys that the log says it has had, as it is stored now; none while there is no log. */
async function readStoredChain({ store, log }: Config): Promise<readonly KeyChange[]> {
  if (store.engine !== 'sqlite') return [];
  return (await readBeside(store.file, (reader) => readKeyChain(reader, log.origin))) ?? [];
}
