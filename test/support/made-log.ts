import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { formatVerifierKey } from '../../src/tlog/note-key.ts';
import { type KeptLog, keepLog } from './kept-log.ts';
import { openSignedLog, type SignedLog } from './signed-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A log that was written, signed and closed: many tests can look at one. */
export interface MadeLog {
  readonly kept: KeptLog;
  /** The verifier key's line. */
  readonly vkey: string;
  /** Puts the store's file into a folder of the test's own. */
  putStore(test: TestContext): string;
}

/** Has a log written, and closes it whatever happens. */
export async function makeLog(write: (log: SignedLog) => Promise<unknown>): Promise<MadeLog> {
  const ends: (() => unknown)[] = [];
  try {
    // All that is asked of a test is to end what was opened for it.
    const test = { after: (end: () => unknown) => void ends.push(end) } as unknown as TestContext;
    const log = await openSignedLog(test);
    await write(log);
    const { verifiers } = await log.open();
    const [verifier] = verifiers;
    if (verifier === undefined) throw new Error('the log has no key');
    await log.close();
    const store = readFileSync(log.file);
    const putStore = (of: TestContext): string => {
      const file = join(temporaryFolder(of), 'store.db');
      writeFileSync(file, store);
      return file;
    };
    return { kept: keepLog(log.file), vkey: formatVerifierKey(verifier), putStore };
  } finally {
    for (const end of ends) await end();
  }
}
