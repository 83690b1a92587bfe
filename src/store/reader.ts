import { type Kysely, sql } from 'kysely';
import { decodeEnvelope } from '../audit/envelope.ts';
import { type AuditRecord, readRecord } from '../audit/record.ts';
import type { Account, KnownPerson, UsedKey, VisitKeyUse } from '../domain/change.ts';
import type { Grant } from '../domain/grant.ts';
import type {
  AccountId,
  GrantId,
  InstanceId,
  SecretHash,
  SessionId,
  VisitId,
} from '../domain/ids.ts';
import type { Person, Session } from '../domain/principal.ts';
import type { Instant } from '../domain/time.ts';
import type { Visit } from '../domain/visit.ts';
import { CompactRange } from '../tlog/compact-range.ts';
import type { Sha256 } from '../tlog/hash.ts';
import {
  readAccount,
  readGrant,
  readPerson,
  readSession,
  readVisit,
  SESSION_COLUMNS,
} from './rows.ts';
import type { Schema } from './schema.ts';
import type {
  AbandonedAttempt,
  FollowedEntry,
  GrantFilter,
  LogState,
  Page,
  PageWish,
  PublishedKey,
  Reader,
  RecordQuery,
  StoredSession,
  VisitFilter,
} from './store.ts';

/** Looks things up through the query builder: the same for every engine. */
export class SqlReader implements Reader {
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

  async session(id: SessionId): Promise<Session | undefined> {
    const row = await this.#db
      .selectFrom('sessions')
      .select(SESSION_COLUMNS)
      .where('id', '=', id)
      .executeTakeFirst();
    return row && readSession(row);
  }

  async sessionBySecret(secret: SecretHash): Promise<StoredSession | undefined> {
    const row = await this.#db
      .selectFrom('sessions')
      .select([...SESSION_COLUMNS, 'data', 'id_token'])
      .where('secret', '=', secret)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      session: readSession(row),
      data: row.data ?? undefined,
      idToken: row.id_token ?? undefined,
    };
  }

  async sessionsOf(person: Person | undefined, at: Instant): Promise<readonly Session[]> {
    let query = this.#db
      .selectFrom('sessions')
      .select(SESSION_COLUMNS)
      .where('ended_at', 'is', null)
      .where('expires_at', '>', at)
      .orderBy('started_at', 'desc')
      .limit(1000);
    if (person !== undefined)
      query = query.where('issuer', '=', person.issuer).where('subject', '=', person.subject);
    return (await query.execute()).map(readSession);
  }

  async account(id: AccountId): Promise<Account | undefined> {
    const row = await this.#db
      .selectFrom('accounts')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    return row && readAccount(row);
  }

  async accountsNamed(ids: readonly AccountId[]): Promise<readonly Account[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db.selectFrom('accounts').selectAll().where('id', 'in', ids).execute();
    return rows.map(readAccount);
  }

  async accounts(wish: PageWish & { only?: readonly AccountId[] }): Promise<Page<Account>> {
    if (wish.only?.length === 0) return { items: [], next: undefined };
    let query = this.#db.selectFrom('accounts').selectAll().orderBy('id');
    if (wish.after !== undefined) query = query.where('id', '>', wish.after);
    if (wish.only !== undefined) query = query.where('id', 'in', wish.only);
    const rows = await query.limit(wish.limit + 1).execute();
    return toPage(rows, wish.limit, readAccount);
  }

  async people(realm: 'staff' | 'owners', named: string): Promise<readonly KnownPerson[]> {
    const rows = await this.#db
      .selectFrom('people')
      .selectAll()
      .where('realm', '=', realm)
      .where((row) =>
        row.or([row('subject', '=', named), row('verified_email', '=', named.toLowerCase())]),
      )
      .limit(3)
      .execute();
    return rows.map(readPerson);
  }

  async grant(id: GrantId): Promise<Grant | undefined> {
    const row = await this.#db
      .selectFrom('grants')
      .select('body')
      .where('id', '=', id)
      .executeTakeFirst();
    return row && readGrant(row);
  }

  async grants(filter: GrantFilter, wish: PageWish): Promise<Page<Grant>> {
    let query = this.#db.selectFrom('grants').select(['id', 'body']).orderBy('id', 'desc');
    if (wish.after !== undefined) query = query.where('id', '<', wish.after);
    if (filter.of === 'accounts') query = query.where('account', 'in', [...filter.accounts, '']);
    if (filter.of === 'person') {
      const { person, roles, account } = filter;
      if (account !== undefined) query = query.where('account', '=', account);
      query = query.where((row) =>
        row.or([
          row.and([
            row('grantee_issuer', '=', person.issuer),
            row('grantee_subject', '=', person.subject),
          ]),
          ...(roles.length > 0 ? [row('grantee_role', 'in', roles)] : []),
        ]),
      );
    }
    const rows = await query.limit(wish.limit + 1).execute();
    return toPage(rows, wish.limit, readGrant);
  }

  async unendedGrants(account: AccountId, at: Instant): Promise<readonly Grant[]> {
    const rows = await this.#db
      .selectFrom('grants')
      .select('body')
      .where('account', '=', account)
      .where('expires_at', '>', at)
      .where('revoked_at', 'is', null)
      .execute();
    return rows.map(readGrant);
  }

  async grantsAwaiting(email: string, at: Instant): Promise<readonly Grant[]> {
    const rows = await this.#db
      .selectFrom('grants')
      .select('body')
      .where('grantee_email', '=', email)
      .where('expires_at', '>', at)
      .where('revoked_at', 'is', null)
      .execute();
    return rows.map(readGrant);
  }

  async visit(id: VisitId): Promise<Visit | undefined> {
    const row = await this.#db
      .selectFrom('visits')
      .select('body')
      .where('id', '=', id)
      .executeTakeFirst();
    return row && readVisit(row);
  }

  async visits(filter: VisitFilter, wish: PageWish): Promise<Page<Visit>> {
    let query = this.#db.selectFrom('visits').select(['id', 'body']).orderBy('id', 'desc');
    if (wish.after !== undefined) query = query.where('id', '<', wish.after);
    if (filter.of === 'accounts') query = query.where('account', 'in', [...filter.accounts, '']);
    if (filter.of === 'person')
      query = query
        .where('issuer', '=', filter.person.issuer)
        .where('subject', '=', filter.person.subject);
    if (filter.of === 'person' && filter.account !== undefined)
      query = query.where('account', '=', filter.account);
    const rows = await query.limit(wish.limit + 1).execute();
    return toPage(rows, wish.limit, readVisit);
  }

  async openVisitsOf(by: { session: SessionId }): Promise<readonly Visit[]> {
    const rows = await this.#db
      .selectFrom('visits')
      .select('body')
      .where('session', '=', by.session)
      .where('closed_at', 'is', null)
      .execute();
    return rows.map(readVisit);
  }

  async visitByKey(
    hash: SecretHash,
    uses: readonly VisitKeyUse[],
    at: Instant,
  ): Promise<Visit | undefined> {
    const row = await this.#db
      .selectFrom('visit_keys')
      .innerJoin('visits', 'visits.id', 'visit_keys.visit')
      .select('visits.body')
      .where('visit_keys.hash', '=', hash)
      .where('visit_keys.use', 'in', uses)
      .where('visit_keys.expires_at', '>', at)
      .executeTakeFirst();
    return row && readVisit(row);
  }

  async hasAccepted(person: Person, version: string): Promise<boolean> {
    const row = await this.#db
      .selectFrom('agreements')
      .select('version')
      .where('issuer', '=', person.issuer)
      .where('subject', '=', person.subject)
      .where('version', '=', version)
      .executeTakeFirst();
    return row !== undefined;
  }

  async usedKey(key: string, at: Instant): Promise<UsedKey | undefined> {
    const row = await this.#db
      .selectFrom('used_keys')
      .selectAll()
      .where('key', '=', key)
      .where('expires_at', '>', at)
      .executeTakeFirst();
    return (
      row && {
        key: row.key,
        bodyDigest: row.body_digest,
        made: row.made,
        expiresAt: row.expires_at,
      }
    );
  }

  async publishedKeys(at: Instant): Promise<readonly PublishedKey[]> {
    const rows = await this.#db
      .selectFrom('published_keys')
      .selectAll()
      .where('expires_at', '>', at)
      .orderBy('expires_at', 'desc')
      .execute();
    return rows.map((row) => ({ kid: row.kid, jwk: row.jwk, expiresAt: row.expires_at }));
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
    let search = this.#db.selectFrom('search').select('idx').orderBy('idx', query.order);
    if (query.account !== undefined) search = search.where('account', '=', query.account);
    if (query.actor !== undefined) {
      const { actor } = query;
      search = search.where((row) =>
        row.or([row('actor', '=', actor), row('actor_email', '=', actor.toLowerCase())]),
      );
    }
    if (query.event !== undefined) search = search.where('event', '=', query.event);
    if (query.visit !== undefined) search = search.where('visit', '=', query.visit);
    if (query.method !== undefined) search = search.where('method', '=', query.method);
    if (query.status !== undefined) search = search.where('status', '=', query.status);
    if (query.from !== undefined) search = search.where('at', '>=', query.from);
    if (query.to !== undefined) search = search.where('at', '<', query.to);
    if (query.after !== undefined)
      search = search.where('idx', query.order === 'asc' ? '>' : '<', query.after);
    if (query.basis === 'none') search = search.where('basis_kind', 'is', null);
    else if (query.basis === 'grant' || query.basis === 'review')
      search = search.where('basis_kind', '=', query.basis);
    else if (query.basis !== undefined) search = search.where('basis_id', '=', query.basis);
    if (query.path?.endsWith('*'))
      search = search.where(
        sql<boolean>`substr(path, 1, ${query.path.length - 1}) = ${query.path.slice(0, -1)}`,
      );
    else if (query.path !== undefined) search = search.where('path', '=', query.path);
    const rows = await search.limit(query.limit).execute();
    return this.#readRecords(rows.map((row) => row.idx));
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

/** One row more than asked for says whether there is another page. */
function toPage<Row extends { id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  read: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  return {
    items: shown.map(read),
    next: rows.length > limit ? shown.at(-1)?.id : undefined,
  };
}
