import type { AuditRecord } from '../audit/record.ts';
import type { PreparedEntry } from '../audit/entry.ts';
import type { AccessRequest, RequestState } from '../domain/access-request.ts';
import type { Account, Change, KnownPerson, UsedKey, VisitKeyUse } from '../domain/change.ts';
import type { Condition } from '../domain/condition.ts';
import type { Grant } from '../domain/grant.ts';
import type { Hold, HoldBook } from '../domain/hold.ts';
import type {
  AccessRequestId,
  AccountId,
  GrantId,
  HoldId,
  InstanceId,
  SecretHash,
  SessionId,
  VisitId,
} from '../domain/ids.ts';
import type { Person, Session } from '../domain/principal.ts';
import type { Instant } from '../domain/time.ts';
import type { Visit } from '../domain/visit.ts';
import type { Tile } from '../tlog/tile.ts';
import type { ExpiredWindow } from './expired-contents.ts';
import type { Rehash, TreeEdge } from './rehash.ts';
import type { WholeEntry } from './whole-entry.ts';

/**
 * The port to what is kept on disk. Two engines, any number of instances: nothing here may assume
 * that this process is the only one.
 */

/** Entries and the changes they tell of. Committed as one, or not at all. */
export interface Act {
  /** At least one: a change that is not recorded cannot be expressed. */
  readonly entries: readonly [PreparedEntry, ...PreparedEntry[]];
  readonly changes: readonly Change[];
  /** Judged inside the transaction, at the entry's time, before anything of the act is written. */
  readonly conditions: readonly Condition[];
}

/**
 * What is known for certain of an act.
 * - `recorded`: it MUST be on disk (fsync, or a PostgreSQL commit) and in the tree. `indexes` are in
 *   the order of its entries, `at` is the time they all carry.
 * - `refused`: nothing of it was written; `condition` is the first that did not hold.
 * - `failed`: nothing of it was written, through no fault of its conditions.
 */
export type Settled =
  | { readonly outcome: 'recorded'; readonly indexes: readonly number[]; readonly at: Instant }
  | { readonly outcome: 'refused'; readonly condition: Condition }
  | { readonly outcome: 'failed'; readonly cause: string };

/**
 * The answer to a commit, within the append deadline. `unknown`: it may or may not be written, or may
 * still come to be; the caller MUST NOT go on as if either were so. `settled` tells once it is
 * known; after a `close` it may never.
 */
export type Committed =
  | Settled
  | { readonly outcome: 'unknown'; readonly cause: string; readonly settled: Promise<Settled> };

/**
 * Rows that need no log entry. They go through the same writer and may be lost in a crash, except
 * where an answer is awaited.
 */
export type Housekeeping =
  | { readonly do: 'save-session-data'; readonly secret: SecretHash; readonly data: string }
  | { readonly do: 'stamp-session'; readonly session: SessionId; readonly at: Instant }
  | {
      readonly do: 'redeem-code';
      readonly code: SecretHash;
      readonly cookie: SecretHash;
      readonly at: Instant;
      readonly cookieExpiresAt: Instant;
    }
  | { readonly do: 'index-records'; readonly from: number; readonly rows: readonly SearchRow[] }
  | { readonly do: 'publish-key'; readonly key: PublishedKey }
  | { readonly do: 'keep-checkpoint'; readonly checkpoint: StoredCheckpoint }
  | { readonly do: 'keep-cosignature'; readonly size: number; readonly line: string }
  | { readonly do: 'sweep'; readonly at: Instant }
  | { readonly do: 'purge'; readonly isThorough: boolean };

/** What a single-use code turned out to be. `used` answers every navigation after the first. */
export type Redemption =
  | { readonly outcome: 'redeemed' | 'used'; readonly visit: VisitId }
  | { readonly outcome: 'unknown' };

/**
 * How far a purge has come. `hindered`: somebody reads where it has to write, and it did nothing; `more`: it
 * did a part, so as not to hold the log up, and has to be asked again.
 */
export type Purge = 'done' | 'more' | 'hindered';

/** The public half of a key that signs assertions; its private half never leaves its instance. */
export interface PublishedKey {
  readonly kid: string;
  readonly jwk: string;
  readonly expiresAt: Instant;
}

/**
 * A checkpoint that was signed. There is one a size, and sizes only grow: where one of this size or a
 * larger one is kept already, by whichever instance, keeping it changes nothing.
 */
export interface StoredCheckpoint {
  readonly size: number;
  readonly note: Uint8Array;
  readonly publishedAt: Instant;
}

/** A witness's signature line, with its newline, and the note of the checkpoint it was added to. */
export interface StoredCosignature {
  readonly size: number;
  readonly note: Uint8Array;
  readonly line: string;
}

/** What `/records` filters on; kept by a follower of the log, rebuilt from content, never the source of anything. */
export interface SearchRow {
  readonly index: number;
  readonly at: Instant;
  readonly event: string;
  readonly account: string | null;
  readonly actor: string | null;
  readonly actorEmail: string | null;
  readonly basisKind: string | null;
  readonly basisId: string | null;
  readonly visit: string | null;
  readonly method: string | null;
  readonly path: string | null;
  readonly status: number | null;
}

export interface RecordQuery {
  readonly account?: string | undefined;
  readonly actor?: string | undefined;
  readonly event?: string | undefined;
  /** A kind, an id, or `none`. */
  readonly basis?: string | undefined;
  readonly visit?: string | undefined;
  readonly method?: string | undefined;
  /** A path, or with a trailing `*` everything that begins so. */
  readonly path?: string | undefined;
  readonly status?: number | undefined;
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly order: 'asc' | 'desc';
  /** The index of the last record already seen. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** An entry as every instance learns of it, in the order of the log. */
export interface FollowedEntry {
  readonly index: number;
  readonly at: Instant;
  readonly record: AuditRecord;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Give it as `after` to go on; `undefined` at the end. */
  readonly next: string | undefined;
}

export interface PageWish {
  readonly after: string | undefined;
  readonly limit: number;
}

export type GrantFilter =
  | { readonly of: 'accounts'; readonly accounts: readonly AccountId[] }
  | {
      readonly of: 'person';
      readonly person: Person;
      readonly roles: readonly string[];
      readonly account?: AccountId;
    }
  | { readonly of: 'everyone' };

export type VisitFilter =
  | { readonly of: 'accounts'; readonly accounts: readonly AccountId[] }
  | { readonly of: 'person'; readonly person: Person; readonly account: AccountId | undefined }
  | { readonly of: 'everyone' };

export interface AccessRequestFilter {
  readonly of:
    | { readonly who: 'accounts'; readonly accounts: readonly AccountId[] }
    | { readonly who: 'person'; readonly person: Person; readonly account?: AccountId }
    | { readonly who: 'everyone' };
  /** The state they have at `at`; any unless given. */
  readonly state: RequestState | undefined;
  readonly at: Instant;
}

export interface LogState {
  /** The tree size: the index the next entry will get. */
  readonly size: number;
  readonly rootHash: Uint8Array;
  readonly lastTime: Instant;
}

/** Looks only. Every answer is what had committed when it was asked. */
export interface Reader {
  logState(): Promise<LogState>;
  session(id: SessionId): Promise<Session | undefined>;
  sessionBySecret(secret: SecretHash): Promise<StoredSession | undefined>;
  sessionsOf(person: Person | undefined, at: Instant): Promise<readonly Session[]>;
  account(id: AccountId): Promise<Account | undefined>;
  accountsNamed(ids: readonly AccountId[]): Promise<readonly Account[]>;
  accounts(wish: PageWish & { only?: readonly AccountId[] }): Promise<Page<Account>>;
  people(realm: 'staff' | 'owners', named: string): Promise<readonly KnownPerson[]>;
  grant(id: GrantId): Promise<Grant | undefined>;
  grants(filter: GrantFilter, wish: PageWish): Promise<Page<Grant>>;
  /** Every grant of the account that has not been revoked and ends after `at`: what a visit may stand on. */
  unendedGrants(account: AccountId, at: Instant): Promise<readonly Grant[]>;
  /** The same, with those that were revoked, for what has to know whether there was a gap. */
  grantsSince(account: AccountId, since: Instant): Promise<readonly Grant[]>;
  /** Grants that wait for somebody with this verified e-mail to sign in. */
  grantsAwaiting(email: string, at: Instant): Promise<readonly Grant[]>;
  accessRequest(id: AccessRequestId): Promise<AccessRequest | undefined>;
  accessRequests(filter: AccessRequestFilter, wish: PageWish): Promise<Page<AccessRequest>>;
  visit(id: VisitId): Promise<Visit | undefined>;
  visits(filter: VisitFilter, wish: PageWish): Promise<Page<Visit>>;
  openVisitsOf(by: { session: SessionId }): Promise<readonly Visit[]>;
  visitByKey(
    hash: SecretHash,
    uses: readonly VisitKeyUse[],
    at: Instant,
  ): Promise<Visit | undefined>;
  hasAccepted(person: Person, version: string): Promise<boolean>;
  usedKey(key: string, at: Instant): Promise<UsedKey | undefined>;
  publishedKeys(at: Instant): Promise<readonly PublishedKey[]>;
  /** Attempts without an end whose instance no longer runs; `self` does. */
  abandonedAttempts(self: InstanceId): Promise<readonly AbandonedAttempt[]>;
  /** The first index the search index has not seen. */
  searchedUpTo(): Promise<number>;
  record(index: number): Promise<AuditRecord | undefined>;
  /** Records from `from` on, in order, for followers that have to catch up. */
  recordsFrom(from: number, limit: number): Promise<readonly FollowedEntry[]>;
  records(query: RecordQuery): Promise<readonly AuditRecord[]>;
  /** Every entry that says another key signs the log from there on, in order. */
  keyChanges(): Promise<readonly AuditRecord[]>;
  /** The hashes of a tile, side by side; fewer than it is wide if they are not there. */
  tile(tile: Tile): Promise<Uint8Array>;
  /** The first `width` entries below a tile of level 0, as C2SP tlog-tiles bundles them. Throws if they are not there. */
  entryBundle(index: number, width: number): Promise<Uint8Array>;
  /** Reads the next `count` entries behind `from` and hashes them anew, contents included. */
  rehash(from: TreeEdge, count: number): Promise<Rehash>;
  /** The checkpoint of the largest size, whichever instance signed it. */
  latestCheckpoint(): Promise<StoredCheckpoint | undefined>;
  /** The cosignatures of the largest sizes, largest first, at most `limit`. */
  latestCosignatures(limit: number): Promise<readonly StoredCosignature[]>;
  /** The largest checkpoint of at most this size. */
  checkpointUpTo(size: number): Promise<StoredCheckpoint | undefined>;
  /** Whole entries from `from` up to but not including `to`, in order, and no more than a page of them. */
  wholeEntries(from: number, to: number): Promise<readonly WholeEntry[]>;
  /** Whole entries by their indexes, in the order of the log. */
  wholeEntriesAt(indexes: readonly number[]): Promise<readonly WholeEntry[]>;
  /** What a search finds, as whole entries in its order. The search index is no proof that these are all. */
  wholeFound(query: RecordQuery): Promise<readonly WholeEntry[]>;
  /** Looks through the entries themselves for the tags of an account, part by part. */
  entriesTagged(search: TagSearch): Promise<TagsFound>;
  tagKey(whose: TagKeyRow['whose'], name: string): Promise<TagKeyRow | undefined>;
  /** Every tag key, accounts' before actors', behind the one given. */
  tagKeys(after: Pick<TagKeyRow, 'whose' | 'name'> | undefined): Promise<readonly TagKeyRow[]>;
  /** The first index below `size` whose entry is not older than `at`; `size` if there is none. */
  indexAt(at: Instant, size: number): Promise<number>;
  hold(id: HoldId): Promise<Hold | undefined>;
  holds(wish: PageWish): Promise<Page<Hold>>;
  /** Every hold that is active at `at`, and the version that says nobody has touched one since. */
  activeHolds(at: Instant): Promise<HoldBook>;
  /** Looks at up to `limit` contents from index `from` on, and tells which of them the time of the log has reached. */
  expiredContents(from: number, limit: number): Promise<ExpiredWindow>;
  /** The version of the agreement that was accepted last; `undefined` if none ever was. */
  newestAgreement(): Promise<string | undefined>;
}

/** Where to look for the tags of an account, from its `next`-th on: they come in their order. */
export interface TagSearch {
  readonly key: Uint8Array;
  readonly next: number;
  readonly from: number;
  readonly to: number;
}

export interface TagsFound {
  readonly indexes: readonly number[];
  /** Of the first tag that was not found. */
  readonly next: number;
  /** Everything before this index has been looked through. */
  readonly upTo: number;
}

export interface TagKeyRow {
  readonly whose: 'account' | 'actor';
  readonly name: string;
  readonly key: Uint8Array;
  /** How many tags have been given out. */
  readonly next: number;
}

export interface StoredSession {
  readonly session: Session;
  /** What express-session keeps beside the principal, as JSON. */
  readonly data: string | undefined;
  /** For the sign-out at the identity provider (OpenID Connect RP-Initiated Logout, `id_token_hint`). */
  readonly idToken: string | undefined;
}

export interface AbandonedAttempt {
  readonly index: number;
  readonly account: AccountId;
}

export interface Store {
  readonly instance: InstanceId;
  /** Ask for it anew each time: after a fault it is another one. */
  readonly reader: Reader;
  /** The one way stored state changes. It never rejects: what went wrong is in the answer. */
  commit(act: Act): Promise<Committed>;
  keep(work: Exclude<Housekeeping, { do: 'redeem-code' | 'purge' }>): Promise<void>;
  redeem(work: Extract<Housekeeping, { do: 'redeem-code' }>): Promise<Redemption>;
  /** Takes what was deleted out of the engine's journal too, and thoroughly: out of its unused space. */
  purge(work: Omit<Extract<Housekeeping, { do: 'purge' }>, 'do'>): Promise<Purge>;
  /**
   * Calls `listener` with every committed entry, in the order of the log, on every instance, and
   * before the `commit` that made it answers. Answers with the way to stop.
   */
  follow(listener: (entries: readonly FollowedEntry[]) => void): () => void;
  /** Whether an act could be recorded now; with what stands in the way. */
  health(): { readonly able: true } | { readonly able: false; readonly why: string };
  close(): Promise<void>;
}
