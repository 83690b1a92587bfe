import type { Instant } from '../../domain/time.ts';
import { type Erasure, readErasure, WIDEST_ERASURE } from '../erasures.ts';
import type { EntryRow } from '../rehash.ts';
import type { Reader, StoredCheckpoint } from '../store.ts';
import { openForReading, type SqliteDatabase } from './database.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { prepareWholeRows } from './whole-rows.ts';

/** The secret that makes the tags of an account or a person, and how many it has made. */
export interface StoredTagKey {
  readonly whose: 'account' | 'actor';
  readonly name: string;
  readonly key: Uint8Array;
  readonly next: number;
}

/** What the small tables said of the log at one moment; whatever they speak of never changes after it. */
export interface LogHeader {
  readonly size: number;
  readonly edge: Uint8Array;
  readonly lastTime: Instant;
  /** One more than the last index that is there. */
  readonly end: number;
  readonly tagKeys: readonly StoredTagKey[];
  readonly subtreeCounts: ReadonlyMap<number, number>;
  /** The size of the last checkpoint; 0 if there is none. */
  readonly signed: number;
}

/** A log as it stood at one moment, whatever is appended to it meanwhile. */
export interface LogSnapshot extends LogHeader {
  readonly reader: Reader;
  /** Entries from an index on, in order. */
  rows(first: number, count: number): Iterable<EntryRow>;
  /** The checkpoints behind a size, in order. */
  checkpointsAfter(size: number, limit: number): readonly StoredCheckpoint[];
  subtree(level: number, position: number): Uint8Array | undefined;
  /** The erasures that touch entries from `first` up to but not including `end`. */
  erasures(first: number, end: number): readonly Erasure[];
  /** Contents that belong to no entry. */
  strayContents(limit: number): readonly number[];
  close(): void;
}

/**
 * Opens a log to be looked at, beside a gateway or without. Only its header is read in one transaction: one
 * that lasted as long as the check would keep the write-ahead log from being emptied, and a gateway from
 * starting. Throws if it cannot be read.
 */
export function openSnapshot(file: string): LogSnapshot {
  const db = openForReading(file);
  try {
    return snapshotOf(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

function snapshotOf(db: SqliteDatabase): LogSnapshot {
  const header = db.transaction(() => readHeader(db))();
  const checkpoints = db.prepare<
    [number, number, number],
    { size: number; note: Uint8Array; at: number }
  >(
    'SELECT size, note, published_at AS at FROM checkpoints WHERE size > ? AND size <= ? ORDER BY size LIMIT ?',
  );
  const subtrees = db
    .prepare<[number, number], Uint8Array>(
      'SELECT hash FROM subtrees WHERE level = ? AND position = ?',
    )
    .pluck();
  const strays = db
    .prepare<[number], number>(
      'SELECT idx FROM contents WHERE NOT EXISTS (SELECT 1 FROM entries WHERE entries.idx = contents.idx) LIMIT ?',
    )
    .pluck();
  const erasures = db
    .prepare<[number, number, number], Uint8Array>(
      'SELECT entry FROM erasures JOIN entries USING (idx) WHERE from_idx > ? AND from_idx < ? AND to_idx > ?',
    )
    .pluck();
  return {
    ...header,
    reader: new SqliteReader(db),
    rows: prepareWholeRows(db),
    checkpointsAfter: (after, limit) =>
      checkpoints
        .all(after, header.signed, limit)
        .map(({ size, note, at }) => ({ size, note, publishedAt: at })),
    subtree: (level, position) => subtrees.get(level, position),
    erasures: (first, end) =>
      erasures.all(first - WIDEST_ERASURE, end, first).flatMap((entry) => readErasure(entry) ?? []),
    strayContents: (limit) => strays.all(limit),
    close: () => db.close(),
  };
}

function readHeader(db: SqliteDatabase): LogHeader {
  const state = db
    .prepare<[], { size: number; edge: Uint8Array; time: number }>(
      'SELECT size, edge, last_time AS time FROM log_state',
    )
    .get();
  if (state === undefined) throw new Error('there is no state of the log');
  const end = db.prepare<[], number>('SELECT coalesce(max(idx) + 1, 0) FROM entries').pluck().get();
  const tagKeys = db.prepare<[], StoredTagKey>('SELECT whose, name, key, next FROM tag_keys').all();
  const counts = db
    .prepare<[], { level: number; count: number }>(
      'SELECT level, count(*) AS count FROM subtrees GROUP BY level',
    )
    .all();
  const signed = db
    .prepare<[], number>('SELECT coalesce(max(size), 0) FROM checkpoints')
    .pluck()
    .get();
  return {
    signed: signed ?? 0,
    size: state.size,
    edge: state.edge,
    lastTime: state.time,
    end: end ?? 0,
    tagKeys,
    subtreeCounts: new Map(counts.map(({ level, count }) => [level, count])),
  };
}
