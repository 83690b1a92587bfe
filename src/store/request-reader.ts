import type { Kysely } from 'kysely';
import type { AccessRequest } from '../domain/access-request.ts';
import type { AccessRequestId } from '../domain/ids.ts';
import type { Sha256 } from '../tlog/hash.ts';
import { RetentionReader } from './retention-reader.ts';
import { readAccessRequest } from './rows.ts';
import type { Schema } from './schema.ts';
import type { AccessRequestFilter, Page, PageWish, Reader } from './store.ts';

type RequestQuestions = Pick<Reader, 'accessRequest' | 'accessRequests'>;

/** Answers what is asked about access requests, through the query builder: the same for every engine. */
export class RequestReader extends RetentionReader implements RequestQuestions {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>, sha256: Sha256) {
    super(db, sha256);
    this.#db = db;
  }

  async accessRequest(id: AccessRequestId): Promise<AccessRequest | undefined> {
    const row = await this.#db
      .selectFrom('access_requests')
      .select('body')
      .where('id', '=', id)
      .executeTakeFirst();
    return row && readAccessRequest(row);
  }

  async accessRequests(filter: AccessRequestFilter, wish: PageWish): Promise<Page<AccessRequest>> {
    const rows = await this.#select(filter, wish)
      .limit(wish.limit + 1)
      .execute();
    const shown = rows.slice(0, wish.limit);
    const next = rows.length > wish.limit ? shown.at(-1)?.id : undefined;
    return { items: shown.map(readAccessRequest), next };
  }

  #select({ of, state, at }: AccessRequestFilter, { after }: PageWish) {
    let query = this.#db.selectFrom('access_requests').select(['id', 'body']).orderBy('id', 'desc');
    if (after !== undefined) query = query.where('id', '<', after);
    if (of.who === 'accounts') query = query.where('account', 'in', [...of.accounts, '']);
    if (of.who === 'person')
      query = query.where('issuer', '=', of.person.issuer).where('subject', '=', of.person.subject);
    if (of.who === 'person' && of.account !== undefined)
      query = query.where('account', '=', of.account);
    if (state === 'pending')
      return query.where('ended_as', 'is', null).where('expires_at', '>', at);
    if (state === 'expired')
      return query.where('ended_as', 'is', null).where('expires_at', '<=', at);
    return state === undefined ? query : query.where('ended_as', '=', state);
  }
}
