/** A full disk, in SQLite's words and the system's. The shared memory of the WAL has a word of its own. */
const FULL: ReadonlySet<unknown> = new Set([
  'SQLITE_FULL',
  'SQLITE_IOERR_SHMSIZE',
  'ENOSPC',
  'EDQUOT',
]);

/** Whether something could not be written because the disk, or what we may have of it, is full. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && FULL.has(error.code);
}
