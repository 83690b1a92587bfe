import type { Kysely } from 'kysely';
import { areEqualBytes, joinBytes } from '../tlog/bytes.ts';
import type { FullSubtree } from '../tlog/compact-range.ts';
import { encodeEntryBundle } from '../tlog/entry-bundle.ts';
import type { Sha256 } from '../tlog/hash.ts';
import { type Tile, TILE_WIDTH } from '../tlog/tile.ts';
import { findErasures } from './erasures.ts';
import { LogReader } from './log-reader.ts';
import { type EntryRow, type Rehash, rehashRows, type TreeEdge } from './rehash.ts';
import type { Schema } from './schema.ts';
import type { Reader, StoredCheckpoint } from './store.ts';

type TreeQuestions = Pick<Reader, 'tile' | 'entryBundle' | 'rehash' | 'latestCheckpoint'>;

/** Reads the log as a tree, through the query builder: the same for every engine. */
export class TreeReader extends LogReader implements TreeQuestions {
  readonly #db: Kysely<Schema>;
  readonly #sha256: Sha256;

  constructor(db: Kysely<Schema>, sha256: Sha256) {
    super(db, sha256);
    this.#db = db;
    this.#sha256 = sha256;
  }

  async tile({ level, index, width }: Tile): Promise<Uint8Array> {
    const first = index * TILE_WIDTH;
    const hashes =
      level === 0
        ? (await this.#entriesFrom(first, width)).map(({ leaf }) => leaf)
        : await this.#subtreesFrom(level, first, width);
    return joinBytes(...hashes);
  }

  async entryBundle(index: number, width: number): Promise<Uint8Array> {
    const rows = await this.#entriesFrom(index * TILE_WIDTH, width);
    if (rows.length !== width) throw new RangeError(`bundle ${index} has ${rows.length} entries`);
    return encodeEntryBundle(rows.map(({ entry }) => entry));
  }

  async rehash(from: TreeEdge, count: number): Promise<Rehash> {
    const rows = await this.#wholeRows(from.size, count);
    // Only after the contents: one that is not there any more had its erasure written with it.
    const erasures = await findErasures(this.#db, from.size, from.size + count);
    const { rehash, completed } = rehashRows(this.#sha256, from, rows, erasures);
    for (const subtree of completed)
      if (!(await this.#isStored(subtree)))
        return {
          outcome: 'flawed',
          why: `subtree ${subtree.level}/${subtree.position} is not the root of its leaves`,
        };
    return rehash;
  }

  async latestCheckpoint(): Promise<StoredCheckpoint | undefined> {
    const row = await this.#db
      .selectFrom('checkpoints')
      .selectAll()
      .orderBy('size', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row && { size: row.size, note: row.note, publishedAt: row.published_at };
  }

  #entriesFrom(first: number, count: number) {
    return this.#db
      .selectFrom('entries')
      .select(['entry', 'leaf'])
      .where('idx', '>=', first)
      .where('idx', '<', first + count)
      .orderBy('idx')
      .execute();
  }

  async #subtreesFrom(level: number, first: number, count: number): Promise<Uint8Array[]> {
    const rows = await this.#db
      .selectFrom('subtrees')
      .select('hash')
      .where('level', '=', level)
      .where('position', '>=', first)
      .where('position', '<', first + count)
      .orderBy('position')
      .execute();
    return rows.map(({ hash }) => hash);
  }

  async #isStored({ level, position, hash }: FullSubtree): Promise<boolean> {
    const [stored] = await this.#subtreesFrom(level, position, 1);
    return stored !== undefined && areEqualBytes(stored, hash);
  }

  async #wholeRows(first: number, count: number): Promise<EntryRow[]> {
    const rows = await this.#db
      .selectFrom('entries')
      .leftJoin('contents', 'contents.idx', 'entries.idx')
      .select([
        'entries.idx',
        'entry',
        'leaf',
        'action',
        'actor',
        'net',
        'reason',
        'subject',
        'salts',
      ])
      .where('entries.idx', '>=', first)
      .orderBy('entries.idx')
      .limit(count)
      .execute();
    return rows.map(({ idx, entry, leaf, salts, ...sections }) => ({
      idx,
      entry,
      leaf,
      content: salts === null ? undefined : { ...sections, salts },
    }));
  }
}
