import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is removed at the end of the test it is given to. */
export function temporaryFolder(test: { after(remove: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
