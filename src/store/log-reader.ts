import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { decodeEnvelope } from '../audit/envelope.ts';
import { type AuditRecord, readRecord } from '../audit/record.ts';
import type { AccountId, InstanceId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import { CompactRange } from '../tlog/compact-range.ts';
import type { Sha256 } from '../tlog/hash.ts';
import type { Schema } from './schema.ts';
import type { AbandonedAttempt, FollowedEntry, LogState, Reader, RecordQuery } from './store.ts';

export type LogQuestions = Pick<
  Reader,
  | 'logState'
  | 'abandonedAttempts'
  | 'searchedUpTo'
  | 'record'
  | 'recordsFrom'
  | 'records'
  | 'keyChanges'
>;

/** Reads the log and what is kept beside it, through the query builder: the same for every engine. */
export class LogReader implements LogQuestions {
  readonly #db: Kysely<Schema>;
  readonly #sha256: Sha256;

  constructor(db: Kysely<Schema>, sha256: Sha256) {
    this.#db = db;
    this.#sha256 = sha256;
  }

  async logState(): Promise<LogState> {
    const state = await this.#db
      .selectFrom('log_state')
      .selectAll()
      .where('id', '=', 1)
      .executeTakeFirstOrThrow();
    const range = new CompactRange(this.#sha256, state.size, state.edge);
    return { size: state.size, rootHash: range.root(), lastTime: state.last_time };
  }

  async abandonedAttempts(self: InstanceId): Promise<readonly AbandonedAttempt[]> {
    const rows = await this.#db
      .selectFrom('open_attempts')
      .select(['idx', 'account'])
      .where('instance', '<>', self)
      .orderBy('idx')
      .execute();
    return rows.map((row) => ({ index: row.idx, account: row.account as AccountId }));
  }

  async searchedUpTo(): Promise<number> {
    const row = await this.#db
      .selectFrom('search_state')
      .select('up_to')
      .where('id', '=', 1)
      .executeTakeFirstOrThrow();
    return row.up_to;
  }

  async record(index: number): Promise<AuditRecord | undefined> {
    const [first] = await this.#readRecords([index]);
    return first;
  }

  async recordsFrom(from: number, limit: number): Promise<readonly FollowedEntry[]> {
    const rows = await this.#entryRows()
      .where('entries.idx', '>=', from)
      .orderBy('entries.idx')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ ...readEntryRow(row), index: row.idx }));
  }

  async records(query: RecordQuery): Promise<readonly AuditRecord[]> {
    return this.#readRecords(await this.findIndexes(query));
  }

  /** Where a search finds something, in its order. */
  protected async findIndexes(query: RecordQuery): Promise<number[]> {
    const all = this.#db.selectFrom('search').select('idx').orderBy('idx', query.order);
    const rows = await narrow(all, query).limit(query.limit).execute();
    return rows.map((row) => row.idx);
  }

  async keyChanges(): Promise<readonly AuditRecord[]> {
    const rows = await this.#entryRows()
      // As the index of key changes says it, or it is not used.
      .where(sql<boolean>`substr(entries.entry, 5, 1) = x'11'`)
      .orderBy('entries.idx')
      .execute();
    return rows.map((row) => readEntryRow(row).record);
  }

  #entryRows() {
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
      ]);
  }

  /** In the order of the indexes given. */
  async #readRecords(indexes: readonly number[]): Promise<AuditRecord[]> {
    if (indexes.length === 0) return [];
    const rows = await this.#entryRows().where('entries.idx', 'in', indexes).execute();
    const byIndex = new Map(rows.map((row) => [row.idx, readEntryRow(row).record]));
    return indexes.flatMap((index) => byIndex.get(index) ?? []);
  }
}

type Search = SelectQueryBuilder<Schema, 'search', { idx: number }>;

/** Columns that a query compares with one value. */
const EXACT = ['account', 'event', 'visit', 'method', 'status'] as const;

function narrow(all: Search, query: RecordQuery): Search {
  let search = all;
  for (const column of EXACT) {
    const value = query[column];
    if (value !== undefined) search = search.where(column, '=', value as never);
  }
  if (query.from !== undefined) search = search.where('at', '>=', query.from);
  if (query.to !== undefined) search = search.where('at', '<', query.to);
  if (query.after !== undefined)
    search = search.where('idx', query.order === 'asc' ? '>' : '<', query.after);
  if (query.actor !== undefined) search = byActor(search, query.actor);
  if (query.basis !== undefined) search = byBasis(search, query.basis);
  if (query.path !== undefined) search = byPath(search, query.path);
  return search;
}

function byActor(search: Search, actor: string): Search {
  return search.where((row) =>
    row.or([row('actor', '=', actor), row('actor_email', '=', actor.toLowerCase())]),
  );
}

function byBasis(search: Search, basis: string): Search {
  if (basis === 'none') return search.where('basis_kind', 'is', null);
  if (basis === 'grant' || basis === 'review') return search.where('basis_kind', '=', basis);
  return search.where('basis_id', '=', basis);
}

function byPath(search: Search, path: string): Search {
  if (!path.endsWith('*')) return search.where('path', '=', path);
  const begin = path.slice(0, -1);
  return search.where(sql<boolean>`substr(path, 1, length(${begin})) = ${begin}`);
}

interface EntryRow {
  idx: number;
  entry: Uint8Array;
  action: Uint8Array | null;
  actor: Uint8Array | null;
  net: Uint8Array | null;
  reason: Uint8Array | null;
  subject: Uint8Array | null;
}

function readEntryRow(row: EntryRow): { at: Instant; record: AuditRecord } {
  const { time, publicPayload } = decodeEnvelope(row.entry);
  const record = readRecord(
    { index: row.idx, time, publicPayload },
    {
      action: row.action ?? undefined,
      actor: row.actor ?? undefined,
      net: row.net ?? undefined,
      reason: row.reason ?? undefined,
      subject: row.subject ?? undefined,
    },
  );
  return { at: time, record };
}
