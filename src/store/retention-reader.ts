import type { Kysely } from 'kysely';
import { decodeEnvelope } from '../audit/envelope.ts';
import { type AuditRecord, readRecord } from '../audit/record.ts';
import type { Hold, HoldBook } from '../domain/hold.ts';
import type { HoldId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { Sha256 } from '../tlog/hash.ts';
import type { ExpiredContent, ExpiredWindow } from './expired-contents.ts';
import { readHold } from './rows.ts';
import type { Schema } from './schema.ts';
import type { Page, PageWish, Reader } from './store.ts';
import { WholeReader } from './whole-reader.ts';

type RetentionQuestions = Pick<
  Reader,
  'hold' | 'holds' | 'activeHolds' | 'expiredContents' | 'newestAgreement'
>;

/** Answers what erasure and holds ask, through the query builder: the same for every engine. */
export class RetentionReader extends WholeReader implements RetentionQuestions {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>, sha256: Sha256) {
    super(db, sha256);
    this.#db = db;
  }

  async hold(id: HoldId): Promise<Hold | undefined> {
    const row = await this.#db
      .selectFrom('holds')
      .select('body')
      .where('id', '=', id)
      .executeTakeFirst();
    return row && readHold(row);
  }

  async holds(wish: PageWish): Promise<Page<Hold>> {
    let query = this.#db.selectFrom('holds').select(['id', 'body']).orderBy('id', 'desc');
    if (wish.after !== undefined) query = query.where('id', '<', wish.after);
    const rows = await query.limit(wish.limit + 1).execute();
    const shown = rows.slice(0, wish.limit);
    const next = rows.length > wish.limit ? shown.at(-1)?.id : undefined;
    return { items: shown.map(readHold), next };
  }

  async activeHolds(at: Instant): Promise<HoldBook> {
    // The version first: if somebody touches a hold in between, an act that names it is refused.
    const { version } = await this.#db
      .selectFrom('hold_state')
      .select('version')
      .where('id', '=', 1)
      .executeTakeFirstOrThrow();
    const rows = await this.#db
      .selectFrom('holds')
      .select('body')
      .where('lifted_at', 'is', null)
      .where('until_at', '>', at)
      .execute();
    return { version, holds: rows.map(readHold) };
  }

  /**
   * Only what the search index has seen, since it must not learn of a content after its erasure; and no
   * access that has not ended yet.
   */
  async expiredContents(from: number, limit: number): Promise<ExpiredWindow> {
    const { lastTime } = await this.logState();
    const rows = await this.#db
      .selectFrom('contents')
      .innerJoin('entries', 'entries.idx', 'contents.idx')
      .leftJoin('open_attempts', 'open_attempts.idx', 'contents.idx')
      .select(['entries.idx', 'entries.entry', 'action', 'subject', 'open_attempts.idx as open'])
      .where('contents.idx', '>=', from)
      .where('contents.idx', '<', await this.searchedUpTo())
      .orderBy('contents.idx')
      .limit(limit)
      .execute();
    const read = rows.map((row) => ({ ...row, envelope: decodeEnvelope(row.entry) }));
    const expired = read.filter(
      ({ open, envelope: { retainUntil } }) =>
        open === null && retainUntil !== 0 && retainUntil <= lastTime,
    );
    const last = rows.length < limit ? undefined : read.at(-1);
    return {
      expired: expired.map(({ envelope, ...row }) => readExpired(row, envelope.time)),
      next: last && { from: last.idx + 1, writtenAt: last.envelope.time },
    };
  }

  async newestAgreement(): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('search')
      .select('idx')
      .where('event', '=', 'agreement.accepted')
      .orderBy('idx', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row && acceptedVersion(await this.record(row.idx));
  }
}

function readExpired(
  row: { idx: number; action: Uint8Array | null; subject: Uint8Array | null },
  at: Instant,
): ExpiredContent {
  const record = readRecord(
    { index: row.idx, time: at, publicPayload: undefined },
    { action: row.action ?? undefined, subject: row.subject ?? undefined },
  );
  const account = record['account'];
  return {
    index: row.idx,
    at,
    account: typeof account === 'string' ? account : undefined,
    agreement: acceptedVersion(record),
  };
}

function acceptedVersion(record: AuditRecord | undefined): string | undefined {
  const version = record?.event === 'agreement.accepted' ? record['version'] : undefined;
  return typeof version === 'string' ? version : undefined;
}
