import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { LogItem } from '../../audit/verifiable-log.ts';
import type { Sha256 } from '../../tlog/hash.ts';
import { SourceRefused, SourceUnreadable } from './source-refused.ts';
import { StoreTables } from './store-tables.ts';
import { growthFrom, readClaim, type WholeLog } from './whole-log.ts';

/** So many entries are handed on at a time. */
const BATCH = 512;
const BUSY_MS = 10_000;

/**
 * Reads a SQLite store as a log up to its last checkpoint: also a copy, also that of a running gateway, of
 * which it shows one moment. Nothing is written to it. Do not open one that the same process has open
 * through another library: closing it would let go of that one's locks.
 *
 * `note` is held against instead of the last checkpoint, for two readers that must see the same log.
 *
 * Throws a SourceUnreadable if the file cannot be read, and a SourceRefused, here and from `items()`, if
 * it is no store or nothing in it was signed.
 */
export function openStoreLog(sha256: Sha256, file: string, note?: Uint8Array): WholeLog {
  const db = explain(file, () => openReadOnly(file));
  try {
    return explain(file, () => readLog(sha256, { file, db, note }));
  } catch (error) {
    db.close();
    throw error;
  }
}

function openReadOnly(file: string): DatabaseSync {
  // SQLite calls a folder a broken disk.
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new SourceUnreadable(`${file} is no file`);
  const db = new DatabaseSync(placeOf(file), { readOnly: true, timeout: BUSY_MS });
  db.exec('PRAGMA trusted_schema = OFF; BEGIN');
  return db;
}

/** Where nothing can be written, SQLite cannot make the index of a write-ahead log; without that log it needs none. */
function placeOf(file: string): string | URL {
  if (existsSync(`${file}-wal`) || isWritable(dirname(file))) return file;
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  return url;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

interface OpenStore {
  readonly file: string;
  readonly db: DatabaseSync;
  readonly note: Uint8Array | undefined;
}

function readLog(sha256: Sha256, { file, db, note }: OpenStore): WholeLog {
  const tables = new StoreTables(file, db);
  const checkpoint = note ?? tables.lastCheckpoint();
  const { size } = readClaim(file, checkpoint);
  const readTile: WholeLog['readTile'] = async (tile) => explain(file, () => tables.tile(tile));
  return {
    checkpoint,
    range: { from: 0, to: size },
    before: new Uint8Array(),
    after: [],
    tagKeys: tables.tagKeys(size),
    ahead: tables.ahead(size),
    proveGrowth: (from) => growthFrom(sha256, { from, to: size }, readTile),
    readTile,
    items: () => readItems(file, tables.items(size, BATCH)),
    close: () => db.close(),
  };
}

async function* readItems(
  file: string,
  batches: Iterator<readonly LogItem[], void>,
): AsyncGenerator<readonly LogItem[]> {
  for (;;) {
    const next = explain(file, () => batches.next());
    if (next.done === true) return;
    yield next.value;
  }
}

/** Of what the operating system would not give; anything else that SQLite says is about the file. */
const UNREADABLE = new Set([
  5, // SQLITE_BUSY
  6, // SQLITE_LOCKED
  10, // SQLITE_IOERR
  14, // SQLITE_CANTOPEN
  23, // SQLITE_AUTH
]);

function explain<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const message = `${file}: ${error.message}`;
    if (error.code === 'ERR_OUT_OF_RANGE') throw new SourceRefused(message);
    if (error.code !== 'ERR_SQLITE_ERROR') throw error;
    throw isUnreadable(error) ? new SourceUnreadable(message) : new SourceRefused(message);
  }
}

function isUnreadable(error: Error): boolean {
  return 'errcode' in error && UNREADABLE.has(Number(error.errcode) & 0xff);
}
