import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openSignedLog } from '../support/signed-log.ts';
import { mountTmpfs, needsMount, unmount } from '../support/tools.ts';
import { until } from '../support/until.ts';

function smallDisk(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-guard-'));
  mountTmpfs(folder, '1m');
  test.after(() => {
    unmount(folder);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** To the last byte; answers with the way to free it again. */
function fill(folder: string): () => void {
  const file = join(folder, 'ballast');
  const descriptor = openSync(file, 'w');
  for (const size of [4096, 1]) {
    try {
      for (;;) writeSync(descriptor, new Uint8Array(size));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  }
  closeSync(descriptor);
  return () => rmSync(file);
}

describe('a full disk under the guard', { skip: needsMount }, () => {
  it('stops the signing and nothing else, and the last guard stays whole', async (test) => {
    const folder = smallDisk(test);
    const log = await openSignedLog(test);
    Object.assign(log.places, { guardFile: join(folder, 'log.guard') });
    const publisher = await log.open(5);
    publisher.start();
    await until('the first is signed', () => publisher.published?.size === 1);
    const guard = log.guard();
    const free = fill(folder);

    await log.grow(3);
    await until('it is said', () => log.reports.some(({ is }) => is === 'hindered'));
    await log.grow(3);
    assert.equal(log.guard(), guard);
    assert.equal(publisher.published?.size, 1);
    assert.equal(log.stored().length, 1, 'what the guard does not hold is not published');
    assert.deepEqual(publisher.health(), { able: true });

    free();
    await until('it is signed', () => publisher.published?.size === 7);
    assert.match(log.guard(), /^log\.example\/1\n7\n/);
    await log.check();
  });
});
