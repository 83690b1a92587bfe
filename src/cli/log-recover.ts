import { readFileSync } from 'node:fs';
import { readConfig } from '../config.ts';
import { sha256 } from '../recorder/crypto.ts';
import { readAnyKey } from '../recorder/log-key.ts';
import { LogRefused } from '../recorder/log-refused.ts';
import { type Recovered, recoverLog } from '../recorder/recover-log.ts';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '../tlog/note-key.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { explainMistakes } from './log.ts';

export interface RecoverOptions {
  readonly config: string;
  readonly statement: string;
  readonly previousKeyFile?: string;
  readonly previousKey?: string;
  readonly checkpoint?: string;
}

/** Begins a new epoch in place of a log whose newest database is lost, and prints what it did and what follows. */
export async function recoverStoredLog(options: RecoverOptions): Promise<void> {
  await explainMistakes(async () => {
    const { store, log } = readConfig({ file: options.config, env: process.env });
    if (store.engine !== 'sqlite') throw new LogRefused('this version recovers SQLite files only');
    const recovered = await recoverLog({
      places: log,
      databaseFile: store.file,
      retentionMs: log.retentionMs,
      statement: options.statement,
      previousKey: await readPreviousKey(options),
      checkpoint: options.checkpoint === undefined ? undefined : readGiven(options.checkpoint),
    });
    for (const line of tell(recovered)) console.log(line);
  });
}

async function readPreviousKey(options: RecoverOptions): Promise<VerifierKey> {
  const { previousKey: line, previousKeyFile: file } = options;
  if ((line === undefined) === (file === undefined))
    throw new LogRefused(
      'whose log is lost? Give its key: --previous-key-file FILE, or --previous-key VKEY',
    );
  if (file !== undefined) {
    const key = await readAnyKey(file);
    if (key === undefined) throw new LogRefused(`${file} is not there`);
    return key.verifier;
  }
  try {
    return parseVerifierKey(sha256, line ?? '');
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
    throw new LogRefused(`--previous-key is no verifier key: ${error.message}`);
  }
}

function readGiven(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new LogRefused(`${file} cannot be read (${String(error)})`);
  }
}

function tell({ previous, signed, verifier, accounts, oldSize, movedTo }: Recovered): string[] {
  const lost = Math.max(0, previous.size - oldSize);
  return [
    `${signed.origin} goes on from ${previous.origin}, of which ${previous.size} entries were signed.`,
    `The old database held ${oldSize} of them: ${lost} are lost.`,
    ...movedTo.map((file) => `kept: ${file}`),
    `carried over: ${accounts === 1 ? '1 account' : `${accounts} accounts`} and the people who are known; no grant, visit, sign-in or agreement`,
    '',
    'What follows: start the gateway. Owners have to grant again, and everybody signs in again.',
    'Give this line to whoever verifies the log, with the last checkpoint of the log before:',
    formatVerifierKey(verifier),
  ];
}
