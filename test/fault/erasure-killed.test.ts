import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { openForgetfulLog } from '../support/forgetting.ts';
import { checkLog } from '../support/log-checker.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const ERASING = fileURLToPath(new URL('../support/erasing-process.ts', import.meta.url));
const KILLS = process.env['CI'] === 'true' ? 10 : 3;

/** The erasures a process told of, until it was killed in the middle of them. */
async function killWhileErasing(file: string, after: number): Promise<readonly number[]> {
  const child = fork(ERASING, [file], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const told: number[] = [];
  child.on('message', (index: number) => told.push(index));
  const ended = once(child, 'exit');
  try {
    await until(`${after} erasures`, () => told.length >= after, 60_000);
  } finally {
    child.kill('SIGKILL');
  }
  await ended;
  return told;
}

describe('a process that is killed while it erases', () => {
  it(`${KILLS} times has erased exactly what its log says, and the next goes on`, async (test) => {
    const file = join(temporaryFolder(test), 'sallyport.db');
    for (let n = 0; n < KILLS; n += 1) {
      const told = await killWhileErasing(file, randomInt(1, 9));
      // As many contents are gone as the erasures say: the checker counts them.
      const { records } = await checkLog(file);
      for (const index of told) assert.equal(records[index]?.event, 'retention.erased');
    }
    const next = await openForgetfulLog(test, { file });
    await next.age();
    await next.retention.run();
    const left = (await next.check()).records.filter(({ event }) => event === 'log.read');
    assert.deepEqual(left, []);
    const db = new Database(file, { readonly: true });
    assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
    db.close();
  });
});
