import type { AccessRequest } from './access-request.ts';
import type { Grant } from './grant.ts';
import type { Hold } from './hold.ts';
import type { AccountId, SecretHash, SessionId, VisitId } from './ids.ts';
import type { Person, Session } from './principal.ts';
import type { Instant } from './time.ts';
import type { Visit } from './visit.ts';

/** A customer's account as we know it. */
export interface Account {
  readonly id: AccountId;
  readonly name: string | undefined;
  readonly registeredAt: Instant;
}

/** Somebody who has signed in at least once. */
export interface KnownPerson extends Person {
  readonly realm: 'staff' | 'owners';
  readonly name: string | undefined;
  readonly email: string | undefined;
  /** Lower-cased, and only if the provider vouched for it. */
  readonly verifiedEmail: string | undefined;
  readonly lastSignInAt: Instant;
}

/** What a secret that opens a visit is for. A code is good for one navigation and 60 seconds. */
export type VisitKeyUse = 'code' | 'cookie' | 'token';

export interface VisitKey {
  readonly hash: SecretHash;
  readonly visit: VisitId;
  readonly use: VisitKeyUse;
  readonly expiresAt: Instant;
}

/** A key that works once: an `Idempotency-Key` with what it made, or the state of a sign-in. */
export interface UsedKey {
  readonly key: string;
  /** Digest of the body it came with: the same key with another body is a mistake. */
  readonly bodyDigest: string;
  /** The id of what was made under it. */
  readonly made: string;
  readonly expiresAt: Instant;
}

/**
 * One change of stored state. It is always committed together with the log entry that tells of it:
 * the store has no other way to make one.
 */
export type Change =
  | { readonly put: 'account'; readonly account: Account }
  | { readonly put: 'person'; readonly person: KnownPerson }
  | {
      readonly put: 'session';
      readonly session: Session;
      readonly secret: SecretHash;
      readonly idToken: string | undefined;
    }
  | { readonly end: 'session'; readonly session: SessionId }
  | { readonly put: 'grant'; readonly grant: Grant }
  | { readonly put: 'access-request'; readonly request: AccessRequest }
  | { readonly put: 'visit'; readonly visit: Visit }
  | { readonly put: 'visit-key'; readonly key: VisitKey }
  | { readonly put: 'agreement'; readonly person: Person; readonly version: string }
  | { readonly put: 'used-key'; readonly key: UsedKey }
  /** Placed, or lifted: nothing else of a hold ever changes. */
  | { readonly put: 'hold'; readonly hold: Hold }
  /** `entry` is the position of the attempt in the same act; its index is not known before. */
  | { readonly open: 'attempt'; readonly entry: number }
  | { readonly close: 'attempt'; readonly attempt: number }
  /**
   * Takes these entries' contents away, and the same words wherever else they are stored. `entry` is the
   * position of the erasure in the same act.
   */
  | { readonly erase: 'contents'; readonly entry: number; readonly indexes: readonly number[] };
