import type { Decision, Denial, Evaluation, Permit, RefusalReason } from '../domain/decision.ts';
import { chooseGrant, type Grant, grantCovers } from '../domain/grant.ts';
import { isSessionAlive } from '../domain/principal.ts';
import { isVisitOpen, visitAllows } from '../domain/visit.ts';
import type { Policy } from './policy.ts';

/** The facts a decision rests on: what could be a basis in this account. */
export interface AccountFacts {
  /** Every grant of the account that has not been revoked. */
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
  if (!visitAllows(visit, access)) return deny('read-only', 'This visit is for looking only.');
  const question = { principal: session.principal, account, access, at };
  const grant = visit.kind === 'grant' ? chooseGrant(facts.grants, question) : undefined;
  if (grant === undefined) return deny(...whyUncovered(facts.grants, question));
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

/** Somebody who may look but wanted to change something is told so; everyone else that nothing lets them in. */
function whyUncovered(
  grants: readonly Grant[],
  question: Parameters<typeof grantCovers>[1],
): [RefusalReason, string] {
  const mayLook = grants.some((grant) => grantCovers(grant, { ...question, access: 'read' }));
  return mayLook
    ? ['read-only', 'You were let in to look only.']
    : ['no-basis', 'Nobody has let you into this account, or the permission has ended.'];
}
