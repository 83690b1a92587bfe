import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { type AccessRequest, endRequest, weighApproval } from '../domain/access-request.ts';
import type { AccessRequestApproved, GrantIssued } from '../domain/event.ts';
import { type Grant, issueGrant as makeGrant } from '../domain/grant.ts';
import type { AccessRequestId, GrantId } from '../domain/ids.ts';
import { answeringConditions } from './access-requests.ts';
import { actorFields, type Caller, conditionProblem, type Control } from './control.ts';
import { grantFact } from './grants.ts';
import { durationInput, parseInput, scopeInput } from './input.ts';
import { namedPersonOf, personOf } from './person.ts';
import { recordingRefusal } from './refusals.ts';
import { authorizeOn, seeAccessRequest } from './request-sight.ts';

export const approvalInput = z.strictObject({
  duration: durationInput.optional(),
  scope: scopeInput.optional(),
});

/**
 * Says yes: issues a grant for exactly the one who asked, as asked or narrower, whose clock starts
 * now. Throws `not-found`, `not-permitted`, `second-person-required`, `request-ended`,
 * `invalid-request`.
 */
export async function approveAccessRequest(
  control: Control,
  caller: Caller,
  id: AccessRequestId | undefined,
  input: unknown,
): Promise<AccessRequest> {
  const request = await seeAccessRequest(control, caller, id);
  const wanted = () => ({ act: 'access-request.approve', account: request.account }) as const;
  return recordingRefusal(control, caller, wanted, () =>
    approveSeen(control, caller, request, input),
  );
}

async function approveSeen(
  control: Control,
  caller: Caller,
  request: AccessRequest,
  input: unknown,
): Promise<AccessRequest> {
  const permitted = authorizeOn(control, caller, request, 'approve');
  const { duration, scope } = parseInput(approvalInput, input ?? {});
  const now = control.recorder.now();
  const by = personOf(caller.session.principal);
  const allowed = weighApproval(request, { scope, durationMs: duration }, { person: by, now });
  const grant = grantOf(control, caller, request, { ...allowed, now });
  const approved = endRequest(request, { as: 'approved', at: now, by, grant: grant.id });
  const recording = await control.recorder.record(
    eventsOf(caller, { request, grant, durationMs: allowed.durationMs, policy: permitted.policy }),
    {
      changes: [
        { put: 'access-request', request: approved },
        { put: 'grant', grant },
      ],
      conditions: answeringConditions(caller, approved, permitted),
    },
  );
  if (recording.outcome === 'refused') throw conditionProblem(recording.condition);
  return approved;
}

function grantOf(
  control: Control,
  caller: Caller,
  { account, requester, reason }: AccessRequest,
  allowed: { scope: Grant['scope']; durationMs: number; now: number },
): Grant {
  return makeGrant(
    {
      account,
      grantee: { kind: 'person', person: personOf(requester), email: requester.email },
      scope: allowed.scope,
      durationMs: allowed.durationMs,
      expiresAt: undefined,
      startsAt: undefined,
      reason: reason.text,
    },
    {
      id: randomUUIDv7() as GrantId,
      issuedBy: namedPersonOf(caller.session.principal),
      now: allowed.now,
      limits: control.settings.grants,
    },
  );
}

/** The approval stands before the grant that rests on it. */
function eventsOf(
  caller: Caller,
  of: { request: AccessRequest; grant: Grant; durationMs: number; policy: string },
): [AccessRequestApproved, GrantIssued] {
  const { request, grant, durationMs, policy } = of;
  const common = {
    ...actorFields(caller),
    account: request.account,
    accessRequest: request.id,
    basis: { kind: 'grant', id: grant.id },
    policy,
  } as const;
  return [
    {
      event: 'access-request.approved',
      ...common,
      scope: grant.scope,
      durationMs,
      expiresAt: request.expiresAt,
    },
    {
      event: 'grant.issued',
      ...common,
      grant: grantFact(grant),
      ...(grant.reason === undefined ? {} : { reason: grant.reason }),
    },
  ];
}
