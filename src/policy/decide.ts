import type { Decision, Denial, Evaluation, Permit, RefusalReason } from '../domain/decision.ts';
import { chooseGrant, coversThroughout, type Grant } from '../domain/grant.ts';
import { isSessionAlive } from '../domain/principal.ts';
import { isVisitOpen, visitAllows } from '../domain/visit.ts';
import type { Policy } from './policy.ts';

/** The facts a decision rests on: what could be a basis in this account. */
export interface AccountFacts {
  /** Every grant of the account that had not ended when the visit began, those ended since included. */
  readonly grants: readonly Grant[];
}

/**
 * Judges one request of a visit. A permit needs a live basis of the visit's kind that covers person,
 * account and access, and a row of the policy that permits exactly that; anything else is a denial.
 */
export function decide(policy: Policy, evaluation: Evaluation, facts: AccountFacts): Decision {
  const { visit, session, account, access, at } = evaluation;
  const deny = denyUnder(policy);
  if (visit.session !== session.id || !isSessionAlive(session, at))
    return deny('sign-in-required', 'The sign-in this visit was opened from has ended.');
  if (!isVisitOpen(visit)) return deny('no-basis', 'This visit has ended.');
  if (visit.account !== account) return deny('no-basis', 'This visit is for another account.');
  if (!visitAllows(visit, access))
    return deny('read-only', 'This visit was opened for looking only.');
  const { principal } = session;
  const stay = { principal, account, from: visit.openedAt, to: at };
  if (visit.kind !== 'grant' || !coversThroughout(facts.grants, stay))
    return deny('no-basis', 'Nobody lets you into this account now, or the permission has ended.');
  const grant = chooseGrant(facts.grants, { principal, account, access, at });
  if (grant === undefined)
    return deny('read-only', 'Ask its owner if you need to change something.');
  const verdict = policy.decide({
    roles: session.principal.roles,
    resource: 'content',
    action: access,
    basis: 'grant',
  });
  if (!verdict.permit)
    return deny(
      'not-permitted',
      'Your role does not allow this, even with permission.',
      verdict.rule,
    );
  return {
    outcome: 'permit',
    visit,
    access,
    basis: { kind: 'grant', id: grant.id },
    scope: visit.scope === 'read' ? 'read' : grant.scope,
    role: verdict.role,
    rule: verdict.rule,
    policy: policy.digest,
    expiresAt: Math.min(grant.expiresAt, session.expiresAt),
  } as Permit;
}

function denyUnder(policy: Policy) {
  return (reason: RefusalReason, detail: string, rule?: string): Denial => ({
    outcome: 'deny',
    reason,
    detail,
    rule,
    policy: policy.digest,
  });
}
