import type { Kysely } from 'kysely';
import { decodeEnvelope, tagOf } from '../audit/envelope.ts';
import type { Instant } from '../domain/time.ts';
import { areEqualBytes } from '../tlog/bytes.ts';
import type { Sha256 } from '../tlog/hash.ts';
import type { Schema } from './schema.ts';
import type {
  Reader,
  RecordQuery,
  StoredCheckpoint,
  TagKeyRow,
  TagSearch,
  TagsFound,
} from './store.ts';
import { TreeReader } from './tree-reader.ts';
import { readStoredContent, type StoredContent, type WholeEntry } from './whole-entry.ts';

/** Entries that are read in one go: other questions to the reader's thread wait that long. */
const PAGE = 128;
const TAGS_PAGE = 4096;

type WholeQuestions = Pick<
  Reader,
  | 'checkpointUpTo'
  | 'wholeEntries'
  | 'wholeEntriesAt'
  | 'wholeFound'
  | 'entriesTagged'
  | 'tagKey'
  | 'tagKeys'
  | 'indexAt'
>;

/** Reads the log for whoever hands it out, through the query builder: the same for every engine. */
export class WholeReader extends TreeReader implements WholeQuestions {
  readonly #db: Kysely<Schema>;
  readonly #sha256: Sha256;

  constructor(db: Kysely<Schema>, sha256: Sha256) {
    super(db, sha256);
    this.#db = db;
    this.#sha256 = sha256;
  }

  async checkpointUpTo(size: number): Promise<StoredCheckpoint | undefined> {
    const row = await this.#db
      .selectFrom('checkpoints')
      .selectAll()
      .where('size', '<=', size)
      .orderBy('size', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row && { size: row.size, note: row.note, publishedAt: row.published_at };
  }

  async wholeEntries(from: number, to: number): Promise<readonly WholeEntry[]> {
    const rows = await this.#wholeRows()
      .where('entries.idx', '>=', from)
      .where('entries.idx', '<', to)
      .orderBy('entries.idx')
      .limit(PAGE)
      .execute();
    return rows.map(readWhole);
  }

  async wholeEntriesAt(indexes: readonly number[]): Promise<readonly WholeEntry[]> {
    if (indexes.length === 0) return [];
    const rows = await this.#wholeRows()
      .where('entries.idx', 'in', indexes)
      .orderBy('entries.idx')
      .execute();
    return rows.map(readWhole);
  }

  async wholeFound(query: RecordQuery): Promise<readonly WholeEntry[]> {
    const entries = await this.wholeEntriesAt(await this.findIndexes(query));
    return query.order === 'asc' ? entries : entries.toReversed();
  }

  async entriesTagged({ key, next, from, to }: TagSearch): Promise<TagsFound> {
    const upTo = Math.min(to, from + TAGS_PAGE);
    const rows = await this.#db
      .selectFrom('entries')
      .select(['idx', 'entry'])
      .where('idx', '>=', from)
      .where('idx', '<', upTo)
      .orderBy('idx')
      .execute();
    const indexes: number[] = [];
    let wanted = tagOf(this.#sha256, 'account', key, next);
    for (const { idx, entry } of rows) {
      if (!areEqualBytes(decodeEnvelope(entry).accountTag, wanted)) continue;
      indexes.push(idx);
      wanted = tagOf(this.#sha256, 'account', key, next + indexes.length);
    }
    return { indexes, next: next + indexes.length, upTo };
  }

  async tagKey(whose: TagKeyRow['whose'], name: string): Promise<TagKeyRow | undefined> {
    return this.#db
      .selectFrom('tag_keys')
      .selectAll()
      .where('whose', '=', whose)
      .where('name', '=', name)
      .executeTakeFirst();
  }

  async tagKeys(
    after: Pick<TagKeyRow, 'whose' | 'name'> | undefined,
  ): Promise<readonly TagKeyRow[]> {
    let query = this.#db.selectFrom('tag_keys').selectAll().orderBy('whose').orderBy('name');
    if (after !== undefined)
      query = query.where((row) =>
        row.or([
          row('whose', '>', after.whose),
          row.and([row('whose', '=', after.whose), row('name', '>', after.name)]),
        ]),
      );
    return query.limit(PAGE).execute();
  }

  /** The times of a log never decrease. */
  async indexAt(at: Instant, size: number): Promise<number> {
    let [low, high] = [0, size];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((await this.#timeOf(middle)) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async #timeOf(index: number): Promise<Instant> {
    const { entry } = await this.#db
      .selectFrom('entries')
      .select('entry')
      .where('idx', '=', index)
      .executeTakeFirstOrThrow();
    return decodeEnvelope(entry).time;
  }

  #wholeRows() {
    return this.#db
      .selectFrom('entries')
      .leftJoin('contents', 'contents.idx', 'entries.idx')
      .select([
        'entries.idx',
        'entries.entry',
        'contents.action',
        'contents.actor',
        'contents.net',
        'contents.reason',
        'contents.subject',
        'contents.salts',
      ]);
  }
}

/** Throws for a content without its salts: such a one was never written. */
function readWhole({
  idx,
  entry,
  salts,
  ...sections
}: {
  idx: number;
  entry: Uint8Array;
  salts: Uint8Array | null;
} & Omit<StoredContent, 'salts'>): WholeEntry {
  const content = salts === null ? undefined : readStoredContent({ ...sections, salts });
  if (salts !== null && content === undefined)
    throw new Error(`the content of entry ${idx} has not one salt a section`);
  return { index: idx, entry, content };
}
