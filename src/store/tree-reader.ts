import type { Kysely } from 'kysely';
import { SECTIONS } from '../audit/content.ts';
import { areEqualBytes, joinBytes } from '../tlog/bytes.ts';
import type { FullSubtree } from '../tlog/compact-range.ts';
import { encodeEntryBundle } from '../tlog/entry-bundle.ts';
import type { Sha256 } from '../tlog/hash.ts';
import { type Tile, TILE_WIDTH } from '../tlog/tile.ts';
import { findErasures } from './erasures.ts';
import { LogReader } from './log-reader.ts';
import {
  type AbsentContent,
  type EntryRow,
  flawOfAbsent,
  type Rehash,
  rehashRows,
  type TreeEdge,
} from './rehash.ts';
import type { Schema } from './schema.ts';
import type { Reader, StoredCheckpoint, StoredCosignature } from './store.ts';

type TreeQuestions = Pick<
  Reader,
  'tile' | 'entryBundle' | 'rehash' | 'latestCheckpoint' | 'latestCosignatures'
>;

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
    const rows = await this.wholeRows(from.size, count);
    const { rehash, completed, absent } = rehashRows(this.#sha256, from, rows);
    const other = await this.#findOther(completed);
    const why = other
      ? `subtree ${other.level}/${other.position} is not the root of its leaves`
      : await this.#flawOfAbsent(absent, from.size, count);
    return why === undefined ? rehash : { outcome: 'flawed', why };
  }

  /** Asked only after the contents: one that is not there any more had its erasure written with it. */
  async #flawOfAbsent(
    absent: readonly AbsentContent[],
    first: number,
    count: number,
  ): Promise<string | undefined> {
    if (absent.length === 0) return undefined;
    return flawOfAbsent(absent, await findErasures(this.#db, first, first + count));
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

  async latestCosignatures(limit: number): Promise<readonly StoredCosignature[]> {
    return this.#db
      .selectFrom('cosignatures')
      .innerJoin('checkpoints', 'checkpoints.size', 'cosignatures.size')
      .select(['cosignatures.size', 'note', 'line'])
      .orderBy('cosignatures.size', 'desc')
      .limit(limit)
      .execute();
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

  /** The first of these subtrees that is stored as another or not at all. */
  async #findOther(subtrees: readonly FullSubtree[]): Promise<FullSubtree | undefined> {
    for (const [level, row] of Map.groupBy(subtrees, (one) => one.level)) {
      const stored = await this.#subtreesFrom(level, row[0]?.position ?? 0, row.length);
      const other = row.find(({ hash }, at) => !areEqualBytes(stored[at] ?? NOTHING, hash));
      if (other !== undefined) return other;
    }
    return undefined;
  }

  /** Entries as they are stored, in the order of the log. An engine may have a faster way. */
  protected async wholeRows(first: number, count: number): Promise<Iterable<EntryRow>> {
    const rows = await this.#db
      .selectFrom('entries')
      .leftJoin('contents', 'contents.idx', 'entries.idx')
      .select(['entries.idx', 'entry', 'leaf', ...SECTIONS, 'salts'])
      .where('entries.idx', '>=', first)
      .orderBy('entries.idx')
      .limit(count)
      .execute();
    return rows.map(({ idx, entry, leaf, salts, ...sections }) => ({
      idx,
      entry,
      leaf,
      content:
        salts === null ? undefined : { sections: SECTIONS.map((name) => sections[name]), salts },
    }));
  }
}

const NOTHING = new Uint8Array();
