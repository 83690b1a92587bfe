import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import {
  type DrillResult,
  MANIPULATIONS,
  NotVerified,
  runDrill,
} from '../../src/cli/drill/run-drill.ts';
import { writeSpecimenLog } from '../../src/cli/drill/specimen-log.ts';
import { loadPolicy } from '../../src/policy/policy.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { POLICY } from '../support/told-log.ts';
import { fileURLToPath } from 'node:url';
import { runProgram } from './run-program.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url));

async function specimenIn(folder: string): Promise<string> {
  const file = join(folder, 'specimen.db');
  await writeSpecimenLog(file, await loadPolicy(POLICY));
  return file;
}

async function drillOn(store: string, folder: string): Promise<DrillResult[]> {
  const results: DrillResult[] = [];
  for await (const result of runDrill(store, folder)) results.push(result);
  return results;
}

describe('the tamper drill', () => {
  it('has at least 25 manipulations, each with a name of its own', () => {
    const names = new Set(MANIPULATIONS.map(({ name }) => name));
    assert.ok(names.size >= 25);
    assert.equal(names.size, MANIPULATIONS.length);
  });

  it('catches each by the verdict that is for it, and says which need an earlier checkpoint', async (test) => {
    const folder = temporaryFolder(test);
    const results = await drillOn(await specimenIn(folder), folder);
    assert.deepEqual(
      results.map(({ manipulation, caught }) => ({
        name: manipulation.name,
        verdict: 'verdict' in caught ? caught.verdict : caught.how,
        how: caught.how,
      })),
      MANIPULATIONS.map(({ name, caughtBy }) => ({
        name,
        verdict: caughtBy,
        how: caughtBy === 'consistency' ? 'checkpoint' : 'alone',
      })),
    );
  });

  it('only reads the store it is made on', async (test) => {
    const folder = temporaryFolder(test);
    const store = await specimenIn(folder);
    const rows = (): unknown => {
      const db = new DatabaseSync(store, { readOnly: true });
      try {
        return db.prepare('SELECT idx, hex(leaf) AS leaf FROM entries').all();
      } finally {
        db.close();
      }
    };
    const before = rows();
    await drillOn(store, folder);
    assert.deepEqual(rows(), before);
  });

  it('is not made on a store with which something is wrong already', async (test) => {
    const folder = temporaryFolder(test);
    const broken = join(folder, 'broken.db');
    copyFileSync(await specimenIn(folder), broken);
    const db = new DatabaseSync(broken);
    db.exec('DROP TRIGGER contents_no_update; UPDATE contents SET reason = NULL WHERE idx = 8');
    db.close();
    await assert.rejects(drillOn(broken, folder), NotVerified);
  });

  it('can be run from the command line, and says what was caught by what', async () => {
    const { code, stdout } = await runProgram(process.execPath, [PROGRAM, 'drill']).ended;
    assert.equal(code, 0);
    assert.match(
      stdout,
      /owns the machine +the grant comes from one of the staff\n +caught: authorization/u,
    );
    assert.match(stdout, /, 0 missed/u);
  });
});
