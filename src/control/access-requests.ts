import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import {
  type AccessRequest,
  endRequest,
  REASON_CODES,
  submitRequest,
} from '../domain/access-request.ts';
import type { Condition } from '../domain/condition.ts';
import type { AccessRequestSubmitted } from '../domain/event.ts';
import { type AccessRequestId, type AccountId, parseUuid } from '../domain/ids.ts';
import { reachAccount } from './accounts.ts';
import { type Authorization, authorize } from './authorize.ts';
import { actorFields, type Caller, conditionProblem, type Control } from './control.ts';
import { durationInput, humanText, parseInput, pathInput, scopeInput } from './input.ts';
import { type Once, onceFor, repeatedAnswer } from './once.ts';
import { namedPersonOf, personOf } from './person.ts';
import { recordingRefusal } from './refusals.ts';
import { authorizeOn, seeAccessRequest } from './request-sight.ts';

export const accessRequestInput = z.strictObject({
  scope: scopeInput,
  duration: durationInput,
  reason: z.strictObject({
    code: z.enum(REASON_CODES),
    text: humanText(500),
    ticket: humanText(100).optional(),
  }),
  to: pathInput.optional(),
});

export const denialInput = z.strictObject({ reason: humanText(500).optional() });

/**
 * Asks the owners of an account to be let in. Throws `unknown-account`, `not-permitted`,
 * `invalid-request`, and `request-pending` while an earlier one of the same person waits.
 */
export async function submitAccessRequest(
  control: Control,
  caller: Caller,
  id: AccountId | undefined,
  input: unknown,
  once?: Once,
): Promise<AccessRequest> {
  const wanted = () => ({ act: 'access-request.submit', account: id }) as const;
  return recordingRefusal(control, caller, wanted, () =>
    submitWished(control, caller, id, input, once),
  );
}

async function submitWished(
  control: Control,
  caller: Caller,
  id: AccountId | undefined,
  input: unknown,
  once: Once | undefined,
): Promise<AccessRequest> {
  const { account, footings } = await reachAccount(control, caller, id);
  const right = { resource: 'access-request', action: 'submit' } as const;
  const permitted = authorize(control, caller, right, footings);
  const repeated = await repeatedAnswer(control, once);
  if (repeated !== undefined) return seeAccessRequest(control, caller, parseUuid(repeated));
  const request = makeRequest(control, caller, account.id, parseInput(accessRequestInput, input));
  const kept = onceFor(control, once, request.id);
  const recording = await control.recorder.record([submission(caller, request, permitted.policy)], {
    changes: [{ put: 'access-request', request }, ...kept.changes],
    conditions: [
      { that: 'sign-in-alive', session: caller.session.id },
      { that: 'role-held', session: caller.session.id, role: permitted.role },
      ...kept.conditions,
      {
        that: 'no-pending-request',
        account: account.id,
        requester: personOf(request.requester),
      },
    ],
  });
  if (recording.outcome === 'recorded') return request;
  if (recording.condition.that !== 'key-unused') throw conditionProblem(recording.condition);
  return submitWished(control, caller, id, input, once);
}

function makeRequest(
  control: Control,
  caller: Caller,
  account: AccountId,
  wish: z.output<typeof accessRequestInput>,
): AccessRequest {
  const { scope, duration, reason, to } = wish;
  const { code, text, ticket } = reason;
  return submitRequest(
    { account, scope, durationMs: duration, reason: { code, text, ticket }, to },
    {
      id: randomUUIDv7() as AccessRequestId,
      requester: namedPersonOf(caller.session.principal),
      now: control.recorder.now(),
      limits: control.settings.grants,
    },
  );
}

function submission(
  caller: Caller,
  request: AccessRequest,
  policy: string,
): AccessRequestSubmitted {
  const { account, scope, durationMs, reason, to, expiresAt } = request;
  return {
    event: 'access-request.submitted',
    ...actorFields(caller),
    account,
    accessRequest: request.id,
    scope,
    durationMs,
    code: reason.code,
    reason: reason.text,
    ...(reason.ticket === undefined ? {} : { ticket: reason.ticket }),
    ...(to === undefined ? {} : { to }),
    expiresAt,
    policy,
  };
}

/** Says no. Throws `not-found`, `not-permitted`, `request-ended`, `invalid-request`. */
export async function denyAccessRequest(
  control: Control,
  caller: Caller,
  id: AccessRequestId | undefined,
  input: unknown,
): Promise<AccessRequest> {
  const request = await seeAccessRequest(control, caller, id);
  const wanted = () => ({ act: 'access-request.deny', account: request.account }) as const;
  return recordingRefusal(control, caller, wanted, async () => {
    const permitted = authorizeOn(control, caller, request, 'deny');
    const { reason } = parseInput(denialInput, input ?? {});
    const said = reason === undefined ? {} : { reason };
    const by = { at: control.recorder.now(), by: personOf(caller.session.principal) };
    return recordEnd(control, caller, {
      request: endRequest(request, { as: 'denied', ...by, reason }),
      event: { event: 'access-request.denied', ...said },
      permitted,
    });
  });
}

/** Takes one's own question back. Throws `not-found`, `not-permitted`, `request-ended`. */
export async function withdrawAccessRequest(
  control: Control,
  caller: Caller,
  id: AccessRequestId | undefined,
): Promise<AccessRequest> {
  const request = await seeAccessRequest(control, caller, id);
  const wanted = () => ({ act: 'access-request.withdraw', account: request.account }) as const;
  return recordingRefusal(control, caller, wanted, async () => {
    const permitted = authorizeOn(control, caller, request, 'withdraw');
    const by = { at: control.recorder.now(), by: personOf(caller.session.principal) };
    return recordEnd(control, caller, {
      request: endRequest(request, { as: 'withdrawn', ...by }),
      event: { event: 'access-request.withdrawn' },
      permitted,
    });
  });
}

async function recordEnd(
  control: Control,
  caller: Caller,
  end: {
    readonly request: AccessRequest;
    readonly event:
      | { readonly event: 'access-request.denied'; readonly reason?: string }
      | { readonly event: 'access-request.withdrawn' };
    readonly permitted: Authorization;
  },
): Promise<AccessRequest> {
  const { request, event, permitted } = end;
  const { account, expiresAt } = request;
  const recording = await control.recorder.record(
    [
      {
        ...event,
        ...actorFields(caller),
        account,
        accessRequest: request.id,
        expiresAt,
        policy: permitted.policy,
      },
    ],
    {
      changes: [{ put: 'access-request', request }],
      conditions: answeringConditions(caller, request, permitted),
    },
  );
  if (recording.outcome === 'refused') throw conditionProblem(recording.condition);
  return request;
}

/** What must hold where an answer commits. `request` is as it will be. */
export function answeringConditions(
  { session }: Caller,
  { id, account, version }: AccessRequest,
  { role }: Authorization,
): Condition[] {
  return [
    { that: 'sign-in-alive', session: session.id },
    { that: 'role-held', session: session.id, role, account },
    { that: 'request-version-is', request: id, version: version - 1 },
  ];
}
