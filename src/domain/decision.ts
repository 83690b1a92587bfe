import type { Access, Basis, Scope } from './basis.ts';
import type { AccountId } from './ids.ts';
import type { Session } from './principal.ts';
import type { Role } from './rights.ts';
import type { Instant } from './time.ts';
import type { Visit } from './visit.ts';

/** Why a request was not let through; each is also the code of the problem it is answered with. */
export type RefusalReason =
  | 'sign-in-required'
  | 'not-permitted'
  | 'no-basis'
  | 'read-only'
  | 'blocked'
  | 'cross-site'
  | 'agreement-required'
  | 'second-person-required'
  | 'unknown-account'
  | 'not-found'
  | 'method-not-allowed'
  | 'ambiguous-request';

/** The question to the judge: may this visit do this in this account? */
export interface Evaluation {
  readonly visit: Visit;
  readonly session: Session;
  readonly account: AccountId;
  readonly access: Access;
  readonly at: Instant;
}

/** A private member has no value here, and a copy of the object with other facts does not have it. */
declare class MadeByJudge {
  private readonly permitted: true;
}

/**
 * A permit names the rule and the basis it stands on. Only `policy/decide` makes one: elsewhere it
 * could only be cast, and a test refuses that.
 */
export interface Permit extends MadeByJudge {
  readonly outcome: 'permit';
  readonly visit: Visit;
  readonly access: Access;
  readonly basis: Basis;
  /** The most this basis lets this visit do. */
  readonly scope: Scope;
  /** The role that carried it; it is checked again where the attempt commits. */
  readonly role: Role;
  /** The row of the policy, as it stands in the file. */
  readonly rule: string;
  /** The digest of the policy that was asked. */
  readonly policy: string;
  /** When this basis ends, if nothing ends it earlier. */
  readonly expiresAt: Instant;
}

export interface Denial {
  readonly outcome: 'deny';
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly rule: string | undefined;
  readonly policy: string;
}

/** The judge's answer. Whatever is not explained by a rule and a basis is a denial. */
export type Decision = Permit | Denial;
