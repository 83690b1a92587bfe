import { type AccessRequest, requestState } from './access-request.ts';
import type { Access, Basis } from './basis.ts';
import { type Grant, grantCovers, hasGrantEnded } from './grant.ts';
import type { AccessRequestId, AccountId, GrantId, HoldId, SessionId, VisitId } from './ids.ts';
import { holdsRole, isSessionAlive, type Person, type Session } from './principal.ts';
import type { Role } from './rights.ts';
import type { Instant } from './time.ts';
import { isVisitOpen, type Visit } from './visit.ts';

/**
 * What must still be true at the moment an act commits. Conditions are data, so that every engine
 * can load the facts they name inside its transaction and have them judged here, at the entry's time.
 */
export type Condition =
  | { readonly that: 'sign-in-alive'; readonly session: SessionId }
  | {
      readonly that: 'role-held';
      readonly session: SessionId;
      readonly role: Role;
      readonly account?: AccountId;
    }
  | { readonly that: 'visit-open'; readonly visit: VisitId }
  | {
      readonly that: 'basis-covers';
      readonly basis: Basis;
      readonly session: SessionId;
      readonly account: AccountId;
      readonly access: Access;
    }
  | { readonly that: 'grant-unended'; readonly grant: GrantId }
  | { readonly that: 'grant-version-is'; readonly grant: GrantId; readonly version: number }
  /** It is still pending, and nobody has changed it. */
  | {
      readonly that: 'request-version-is';
      readonly request: AccessRequestId;
      readonly version: number;
    }
  | {
      readonly that: 'no-pending-request';
      readonly account: AccountId;
      readonly requester: Person;
    }
  | { readonly that: 'visit-version-is'; readonly visit: VisitId; readonly version: number }
  | { readonly that: 'session-not-ended'; readonly session: SessionId }
  | { readonly that: 'account-unregistered'; readonly account: AccountId }
  | { readonly that: 'key-unused'; readonly key: string }
  | { readonly that: 'attempt-open'; readonly attempt: number }
  | { readonly that: 'hold-not-lifted'; readonly hold: HoldId }
  /** Nobody has placed or lifted a hold since the count of such acts was `version`. */
  | { readonly that: 'holds-unchanged'; readonly version: number }
  | { readonly that: 'contents-kept'; readonly indexes: readonly number[] };

/** The stored facts, as the transaction sees them. `undefined`: there is no such row. */
export interface ConditionFacts {
  session(id: SessionId): Session | undefined;
  visit(id: VisitId): Visit | undefined;
  grant(id: GrantId): Grant | undefined;
  accessRequest(id: AccessRequestId): AccessRequest | undefined;
  hasPendingRequest(account: AccountId, requester: Person, at: Instant): boolean;
  isAccountRegistered(id: AccountId): boolean;
  isKeyUsed(key: string, at: Instant): boolean;
  isAttemptOpen(index: number): boolean;
  isHoldUnlifted(id: HoldId): boolean;
  holdsVersion(): number;
  isContentKept(index: number): boolean;
}

/** Whether a condition holds at the entry's time. A missing row never satisfies one. */
export function holds(condition: Condition, facts: ConditionFacts, at: Instant): boolean {
  switch (condition.that) {
    case 'sign-in-alive': {
      const session = facts.session(condition.session);
      return session !== undefined && isSessionAlive(session, at);
    }
    case 'role-held': {
      const session = facts.session(condition.session);
      return (
        session !== undefined && holdsRole(session.principal, condition.role, condition.account)
      );
    }
    case 'visit-open': {
      const visit = facts.visit(condition.visit);
      return visit !== undefined && isVisitOpen(visit);
    }
    case 'basis-covers':
      return basisCovers(condition, facts, at);
    case 'grant-unended': {
      const grant = facts.grant(condition.grant);
      return grant !== undefined && !hasGrantEnded(grant, at);
    }
    case 'grant-version-is':
      return facts.grant(condition.grant)?.version === condition.version;
    case 'request-version-is': {
      const request = facts.accessRequest(condition.request);
      if (request === undefined || requestState(request, at) !== 'pending') return false;
      return request.version === condition.version;
    }
    case 'no-pending-request':
      return !facts.hasPendingRequest(condition.account, condition.requester, at);
    case 'visit-version-is':
      return facts.visit(condition.visit)?.version === condition.version;
    case 'session-not-ended': {
      const session = facts.session(condition.session);
      return session !== undefined && session.endedAt === undefined;
    }
    case 'account-unregistered':
      return !facts.isAccountRegistered(condition.account);
    case 'key-unused':
      return !facts.isKeyUsed(condition.key, at);
    case 'attempt-open':
      return facts.isAttemptOpen(condition.attempt);
    case 'hold-not-lifted':
      return facts.isHoldUnlifted(condition.hold);
    case 'holds-unchanged':
      return facts.holdsVersion() === condition.version;
    case 'contents-kept':
      return condition.indexes.every((index) => facts.isContentKept(index));
  }
}

/** No review can be opened yet, so none covers anything. */
function basisCovers(
  condition: Extract<Condition, { that: 'basis-covers' }>,
  facts: ConditionFacts,
  at: Instant,
): boolean {
  if (condition.basis.kind !== 'grant') return false;
  const session = facts.session(condition.session);
  const grant = facts.grant(condition.basis.id);
  if (session === undefined || grant === undefined) return false;
  const { account, access } = condition;
  return grantCovers(grant, { principal: session.principal, account, access, at });
}
