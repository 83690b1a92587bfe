import type { Kysely } from 'kysely';
import type { Account, KnownPerson, UsedKey, VisitKeyUse } from '../domain/change.ts';
import type { Grant } from '../domain/grant.ts';
import type { AccountId, GrantId, SecretHash, SessionId, VisitId } from '../domain/ids.ts';
import type { Person, Session } from '../domain/principal.ts';
import type { Instant } from '../domain/time.ts';
import type { Visit } from '../domain/visit.ts';
import type { Sha256 } from '../tlog/hash.ts';
import { RequestReader } from './request-reader.ts';
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
  GrantFilter,
  Page,
  PageWish,
  PublishedKey,
  Reader,
  StoredSession,
  VisitFilter,
} from './store.ts';

/** Looks things up through the query builder: the same for every engine. */
export class SqlReader extends RequestReader implements Reader {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>, sha256: Sha256) {
    super(db, sha256);
    this.#db = db;
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

  async grantsSince(account: AccountId, since: Instant): Promise<readonly Grant[]> {
    const rows = await this.#db
      .selectFrom('grants')
      .select('body')
      .where('account', '=', account)
      .where('expires_at', '>', since)
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
