import Database from 'better-sqlite3';

/**
 * Keeps a second process off the same store, by holding a lock on a file beside it. The operating
 * system lets it go when the process ends, however it ends. Throws if somebody else holds it.
 */
export function holdLock(file: string): () => void {
  const lock = new Database(`${file}.lock`, { timeout: 0 });
  try {
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw new Error(`another process has ${file} open`, { cause: error });
  }
  return () => lock.close();
}
