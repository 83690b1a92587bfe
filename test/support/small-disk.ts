import assert from 'node:assert/strict';
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { mountTmpfs, unmount } from './tools.ts';

/** A file system of its own, soon full; gone after the test. `size` as `mount` takes it: `4m`. */
export function smallDisk(test: TestContext, size: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-full-'));
  mountTmpfs(folder, size);
  test.after(() => {
    unmount(folder);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** Fills the disk to the last byte; answers with the way to free it again. */
export function fill(folder: string): () => void {
  const file = join(folder, 'ballast');
  const fd = openSync(file, 'w');
  for (const size of [65_536, 4096, 1]) {
    try {
      for (;;) writeSync(fd, new Uint8Array(size));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  }
  assert.ok(fstatSync(fd).size > 0);
  closeSync(fd);
  return () => rmSync(file);
}
