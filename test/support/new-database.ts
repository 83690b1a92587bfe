import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { bringUpToDate } from '../../src/store/sqlite/database.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** An empty SQLite store in a folder of its own, its schema made. */
export async function newDatabase(test: { after(remove: () => void): void }): Promise<string> {
  const file = join(temporaryFolder(test), 'sallyport.db');
  closeSync(openSync(file, 'a', 0o600));
  await bringUpToDate(file);
  return file;
}
