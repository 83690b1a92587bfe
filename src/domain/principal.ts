import type { AccountId, SessionId } from './ids.ts';
import type { Role } from './rights.ts';
import type { Instant, Milliseconds } from './time.ts';

export type Realm = 'staff' | 'owners';

/** Who somebody is, for ever: the pair (issuer, subject). Names and e-mails are for show. */
export interface Person {
  readonly issuer: string;
  readonly subject: string;
}

export function isSamePerson(a: Person, b: Person): boolean {
  return a.issuer === b.issuer && a.subject === b.subject;
}

/** A signed-in person, as the sign-in at the identity provider said. */
export interface Principal extends Person {
  readonly realm: Realm;
  readonly name: string | undefined;
  readonly email: string | undefined;
  /** The e-mail as far as the provider vouches for it; only this one may resolve a grantee. */
  readonly verifiedEmail: string | undefined;
  readonly roles: readonly Role[];
  /** The accounts an owner owns; empty for staff. */
  readonly accounts: readonly AccountId[];
}

/** One sign-in in one browser. The row in the store is the authority on whether it is alive. */
export interface Session {
  readonly id: SessionId;
  readonly principal: Principal;
  readonly startedAt: Instant;
  readonly lastSeenAt: Instant;
  readonly idleMs: Milliseconds;
  /** The absolute end, whatever is done in it. */
  readonly expiresAt: Instant;
  readonly endedAt: Instant | undefined;
}

export function isSessionAlive(session: Session, at: Instant): boolean {
  return (
    session.endedAt === undefined &&
    at < session.expiresAt &&
    at < session.lastSeenAt + session.idleMs
  );
}

/** Whether this sign-in carries a role; an owner's role counts only for the accounts that are his. */
export function holdsRole(principal: Principal, role: Role, account?: AccountId): boolean {
  if (!principal.roles.includes(role)) return false;
  return role !== 'owner' || account === undefined || principal.accounts.includes(account);
}

export function ownsAccount(principal: Principal, account: AccountId): boolean {
  return holdsRole(principal, 'owner', account);
}
