import type { EntryRow } from '../rehash.ts';
import type { SqliteDatabase } from './database.ts';

/** Where an entry's parts end in the one blob that they are read as; a section that is absent has no length. */
type RawRow = [
  idx: number,
  bytes: Uint8Array | null,
  entry: number | null,
  leaf: number | null,
  action: number | null,
  actor: number | null,
  net: number | null,
  reason: number | null,
  subject: number | null,
  salts: number | null,
];

const COLUMNS = ['entry', 'leaf', 'action', 'actor', 'net', 'reason', 'subject', 'salts'];

/**
 * Each blob that comes out of SQLite costs as much as two hashes, so that an entry is taken as one, with
 * the lengths of its parts. The operator `||` leaves bytes as they are; it only calls them text.
 */
const WHOLE_ROWS = `SELECT entries.idx,
    CAST(${COLUMNS.map((name) => `ifnull(${name}, x'')`).join(' || ')} AS BLOB),
    ${COLUMNS.map((name) => `octet_length(${name})`).join(', ')}
  FROM entries LEFT JOIN contents ON contents.idx = entries.idx
  WHERE entries.idx >= ? ORDER BY entries.idx LIMIT ?`;

/** Entries with their contents, from an index on, in the order of the log. Read them before anything is written on this connection. */
export function prepareWholeRows(
  db: SqliteDatabase,
): (first: number, count: number) => Iterable<EntryRow> {
  const statement = db.prepare<[number, number], RawRow>(WHOLE_ROWS).raw(true);
  return (first, count) => eachRow(statement.iterate(first, count));
}

function* eachRow(rows: Iterable<RawRow>): Iterable<EntryRow> {
  for (const row of rows) yield takeApart(row);
}

function takeApart(row: RawRow): EntryRow {
  const [idx, bytes, ...lengths] = row;
  const parts: (Uint8Array | null)[] = [];
  let from = 0;
  for (const length of lengths) {
    parts.push(length === null || bytes === null ? null : partOf(bytes, from, length));
    from += length ?? 0;
  }
  const [entry, leaf, action = null, actor = null, net = null, reason = null, subject = null] =
    parts;
  const salts = parts[7];
  const sections = [action, actor, net, reason, subject];
  return {
    idx,
    entry: entry ?? NOTHING,
    leaf: leaf ?? NOTHING,
    content: salts === null || salts === undefined ? undefined : { sections, salts },
  };
}

const NOTHING = new Uint8Array();

/** A view that is no Buffer: those cost more to make. */
function partOf(bytes: Uint8Array, from: number, length: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + from, length);
}
