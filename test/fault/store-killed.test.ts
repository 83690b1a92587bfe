import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { resumeLog } from '../../src/recorder/resume.ts';
import { checkLog } from '../support/log-checker.ts';
import { openLog } from '../support/open-log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const LOADED = fileURLToPath(new URL('../support/loaded-process.ts', import.meta.url));
const KILLS = process.env['CI'] === 'true' ? 10 : 3;

/** What a process under load told of, until it was killed in the middle of it. */
async function killUnderLoad(file: string, after: number): Promise<readonly number[]> {
  const child: ChildProcess = fork(LOADED, [file], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const told: number[] = [];
  child.on('message', (index: number) => told.push(index));
  const ended = once(child, 'exit');
  try {
    await until(`${after} attempts are recorded`, () => told.length >= after);
  } finally {
    child.kill('SIGKILL');
  }
  await ended;
  return told;
}

describe('a process that is killed under load', () => {
  it(`${KILLS} times loses no record of anything it went on with`, async (test) => {
    const file = join(temporaryFolder(test), 'sallyport.db');
    const told: number[] = [];
    for (let n = 0; n < KILLS; n += 1) {
      told.push(...(await killUnderLoad(file, randomInt(20, 400))));
      const { attempts } = await checkLog(file);
      const recorded = new Set(attempts.map(({ index }) => index));
      for (const index of told) assert.ok(recorded.has(index), `attempt ${index}`);
    }
    const next = await openLog(test, 'empty', { file });
    await resumeLog(next.recorder, next.store, 'log.example/1');
    const { attempts } = await next.check(true);
    assert.ok(attempts.length >= told.length);
  });
});
