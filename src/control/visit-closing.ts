import type { Change } from '../domain/change.ts';
import type { Event } from '../domain/event.ts';
import { admitsPerson, type Grant, revokeGrant } from '../domain/grant.ts';
import type { VisitId } from '../domain/ids.ts';
import { isSamePerson, ownsAccount, type Principal } from '../domain/principal.ts';
import { Problem } from '../domain/problem.ts';
import type { Instant } from '../domain/time.ts';
import { closeVisit as endVisit, type Visit, type VisitEnd } from '../domain/visit.ts';
import { authorize } from './authorize.ts';
import { actorFields, type Caller, conditionProblem, type Control } from './control.ts';
import { basisOf } from './visits.ts';
import { seeVisit, visitFootings, type VisitView } from './visit-sight.ts';

/**
 * Closes a visit. Closed by an owner, the grants that admit this visitor end with it, in one
 * transaction. Throws `not-found`, `not-permitted`, `visit-ended`.
 */
export async function closeVisit(
  control: Control,
  caller: Caller,
  id: VisitId | undefined,
): Promise<VisitView> {
  const { visit, state } = await seeVisit(control, caller, id);
  const { principal, id: session } = caller.session;
  const footings = visitFootings(visit, principal);
  const right = { resource: 'visit', action: 'close' } as const;
  const { policy } = authorize(control, caller, right, footings);
  if (state !== 'open') throw new Problem('visit-ended', 'This visit has already ended.');
  const why = closedBy(visit, principal);
  const at = control.recorder.now();
  const closed = endVisit(visit, at, why);
  const grants = why === 'owner' ? await grantsAdmitting(control, visit, at) : [];
  const by = {
    person: { issuer: principal.issuer, subject: principal.subject },
    reason: undefined,
    now: at,
  };
  const events: [Event, ...Event[]] = [
    closingEvent(caller, visit, why),
    ...grants.map(
      (grant): Event => ({
        event: 'grant.revoked',
        ...actorFields(caller),
        account: grant.account,
        basis: basisOf(grant),
        expiresAt: grant.expiresAt,
        policy,
      }),
    ),
  ];
  const recording = await control.recorder.record(events, {
    changes: [
      { put: 'visit', visit: closed },
      ...grants.map((grant): Change => ({ put: 'grant', grant: revokeGrant(grant, by) })),
    ],
    conditions: [
      { that: 'sign-in-alive', session },
      { that: 'visit-version-is', visit: visit.id, version: visit.version },
      ...grants.map(
        (grant) => ({ that: 'grant-version-is', grant: grant.id, version: grant.version }) as const,
      ),
    ],
  });
  if (recording.outcome === 'recorded') return { visit: closed, state: 'closed' };
  if (recording.condition.that === 'sign-in-alive') throw conditionProblem(recording.condition);
  return closeVisit(control, caller, id);
}

function closingEvent(caller: Caller, visit: Visit, why: VisitEnd): Event {
  return {
    event: 'visit.closed',
    ...actorFields(caller),
    account: visit.account,
    visit: visit.id,
    why,
    expiresAt: visit.expiresAt,
  };
}

async function grantsAdmitting(control: Control, visit: Visit, at: Instant): Promise<Grant[]> {
  const grants = await control.recorder.reader.unendedGrants(visit.account, at);
  return grants.filter((grant) => admitsPerson(grant.grantee, visit.principal));
}

function closedBy(visit: Visit, principal: Principal): VisitEnd {
  if (ownsAccount(principal, visit.account)) return 'owner';
  return isSamePerson(visit.principal, principal) ? 'visitor' : 'admin';
}
