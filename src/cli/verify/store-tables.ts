import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { type Content, SALT_SIZE, SECTIONS } from '../../audit/content.ts';
import { KINDS } from '../../audit/envelope.ts';
import type { LogItem, TagKey } from '../../audit/verifiable-log.ts';
import { joinBytes } from '../../tlog/bytes.ts';
import { type Tile, TILE_WIDTH } from '../../tlog/tile.ts';
import { readErasures } from './erasure.ts';
import { SourceRefused } from './source-refused.ts';

type Row = readonly SQLOutputValue[];

const TABLES = ['checkpoints', 'contents', 'entries', 'log_state', 'subtrees', 'tag_keys'];
/** Everything of an entry in one value, and where to cut it: handing over one is several times faster than eight. */
const PARTS = ['e.entry', 'c.salts', ...SECTIONS.map((name) => `c.${name}`)];
const JOINED = PARTS.slice(1).map((part) => `coalesce(${part}, '')`);
const ITEMS = `SELECT e.idx, CAST(e.entry || ${JOINED.join(' || ')} AS BLOB),
    ${PARTS.map((part) => `octet_length(${part})`).join(', ')}
  FROM entries e LEFT JOIN contents c ON c.idx = e.idx WHERE e.idx < ?`;
const KIND = 'substr(e.entry, 5, 1)';
const kindByte = (kind: number): string => `x'${kind.toString(16).padStart(2, '0')}'`;

/** What is asked of a store's tables. None of it is believed: the file may be anybody's. */
export class StoreTables {
  readonly #file: string;
  readonly #db: DatabaseSync;

  /** Throws a SourceRefused if a table is missing. */
  constructor(file: string, db: DatabaseSync) {
    this.#file = file;
    this.#db = db;
    const names = this.#all("SELECT name FROM sqlite_schema WHERE type = 'table'").flat();
    const missing = TABLES.find((name) => !names.includes(name));
    if (missing !== undefined) this.#refuse(`it is no store: it has no table ${missing}`);
  }

  /** The newest note. Throws a SourceRefused if there is none. */
  lastCheckpoint(): Uint8Array {
    const [row] = this.#all('SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1');
    return row === undefined ? this.#refuse('nothing in it was signed yet') : this.#bytes(row[0]);
  }

  /** How many tags were given out is known only if nothing was recorded after the checkpoint. */
  tagKeys(size: number): readonly TagKey[] {
    const isUpToDate = this.#recorded() === size;
    return this.#all('SELECT whose, name, key, next FROM tag_keys').map(
      ([whose, name, key, next]) => {
        if (whose !== 'account' && whose !== 'actor') return this.#refuse('a tag key of nobody');
        if (typeof name !== 'string' || typeof next !== 'number')
          return this.#refuse('a tag key without a name or a number');
        const counted = isUpToDate ? { next } : {};
        return { whose, name, key: this.#bytes(key), ...counted };
      },
    );
  }

  /** Erasures and holds. */
  ahead(size: number): readonly LogItem[] {
    const kinds = `${KIND} IN (${kindByte(KINDS.erasure)}, ${kindByte(KINDS.hold)})`;
    return this.#all(`${ITEMS} AND ${kinds} ORDER BY e.idx`, size).map((row) => this.#item(row));
  }

  /** Every entry up to a size, in batches. */
  *items(size: number, batch: number): Generator<LogItem[], void> {
    const unsigned = this.#unsignedErasures(size);
    let items: LogItem[] = [];
    for (const row of this.#each(`${ITEMS} ORDER BY e.idx`, size)) {
      const item = this.#item(row);
      items.push(
        item.content === undefined && unsigned.cover(item.index)
          ? { ...item, withheld: 'erased' }
          : item,
      );
      if (items.length < batch) continue;
      yield items;
      items = [];
    }
    if (items.length > 0) yield items;
  }

  tile({ level, index, width }: Tile): Uint8Array {
    const [from, to] = [index * TILE_WIDTH, index * TILE_WIDTH + width];
    const rows =
      level === 0
        ? this.#all('SELECT leaf FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx', from, to)
        : this.#all(
            'SELECT hash FROM subtrees WHERE level = ? AND position >= ? AND position < ? ORDER BY position',
            level,
            from,
            to,
          );
    return joinBytes(...rows.map(([hash]) => this.#bytes(hash)));
  }

  #recorded(): number {
    const [row] = this.#all('SELECT size FROM log_state');
    return typeof row?.[0] === 'number' ? row[0] : this.#refuse('it does not say its size');
  }

  /** What was erased after the checkpoint is gone already, and no signature says so yet. */
  #unsignedErasures(size: number) {
    const rows = this.#all(
      `SELECT e.entry FROM entries e WHERE e.idx >= ? AND ${KIND} = ${kindByte(KINDS.erasure)}`,
      size,
    );
    return readErasures(rows.map(([entry]) => this.#bytes(entry)));
  }

  #item([index, joined, ...lengths]: Row): LogItem {
    if (typeof index !== 'number') return this.#refuse('an entry without an index');
    const [entry = new Uint8Array(), salts, ...sections] = cut(this.#bytes(joined), lengths);
    return {
      index,
      entry,
      content: salts && { sections: readSections(salts, sections), digests: undefined },
    };
  }

  #bytes(value: SQLOutputValue | undefined): Uint8Array {
    return value instanceof Uint8Array ? value : this.#refuse('a column that has to hold bytes');
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return [...this.#each(sql, ...values)];
  }

  #each(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    const statement: StatementSync = this.#db.prepare(sql);
    statement.setReturnArrays(true);
    // The types speak of objects whatever was set.
    return statement.iterate(...values) as unknown as Iterable<Row>;
  }

  #refuse(what: string): never {
    throw new SourceRefused(`${this.#file}: ${what}`);
  }
}

/** The parts of a whole; `undefined` where there is none, which is something else than an empty one. */
function cut(whole: Uint8Array, lengths: Row): (Uint8Array | undefined)[] {
  let at = 0;
  return lengths.map((length) => {
    if (typeof length !== 'number') return undefined;
    at += length;
    return whole.subarray(at - length, at);
  });
}

/** Salts stand one behind the other. One that is missing or cut off is found by what is committed to. */
function readSections(salts: Uint8Array, parts: readonly (Uint8Array | undefined)[]): Content {
  const sections: { -readonly [name in keyof Content]: Content[name] } = {};
  let at = 0;
  for (const [n, name] of SECTIONS.entries()) {
    const bytes = parts[n];
    if (bytes === undefined) continue;
    sections[name] = { bytes, salt: salts.subarray(at, at + SALT_SIZE) };
    at += SALT_SIZE;
  }
  return sections;
}
