import { z } from 'zod';
import { changeGrant as makeChange, type Grant } from '../domain/grant.ts';
import type { GrantId } from '../domain/ids.ts';
import { ownsAccount } from '../domain/principal.ts';
import { authorize } from './authorize.ts';
import { actorFields, type Caller, conditionProblem, type Control } from './control.ts';
import { grantFact, seeGrant } from './grants.ts';
import { instantInput, parseInput, scopeInput } from './input.ts';
import { recordingRefusal } from './refusals.ts';

export const grantChangeInput = z.strictObject({
  expiresAt: instantInput.optional(),
  scope: scopeInput.optional(),
});

/**
 * Changes a grant: shorter or narrower at will, longer up to the maximum counted from now, never
 * wider. Throws `not-found`, `not-permitted`, `grant-ended`, `invalid-request`, and `version-conflict`
 * if somebody else changed it at the same time.
 */
export async function changeGrant(
  control: Control,
  caller: Caller,
  id: GrantId | undefined,
  input: unknown,
): Promise<Grant> {
  const grant = await seeGrant(control, caller, id);
  const wanted = () => ({ act: 'grant.change', account: grant.account }) as const;
  return recordingRefusal(control, caller, wanted, () => changeSeen(control, caller, grant, input));
}

async function changeSeen(
  control: Control,
  caller: Caller,
  grant: Grant,
  input: unknown,
): Promise<Grant> {
  const { session } = caller;
  const isOwned = ownsAccount(session.principal, grant.account);
  const right = { resource: 'grant', action: 'change' } as const;
  const { policy, role } = authorize(control, caller, right, [isOwned ? 'ownership' : 'none']);
  const changed = makeChange(grant, parseInput(grantChangeInput, input), {
    now: control.recorder.now(),
    limits: control.settings.grants,
  });
  const recording = await control.recorder.record(
    [
      {
        event: 'grant.changed',
        ...actorFields(caller),
        account: grant.account,
        basis: { kind: 'grant', id: grant.id },
        grant: grantFact(changed),
        expiresAt: grant.expiresAt,
        policy,
      },
    ],
    {
      changes: [{ put: 'grant', grant: changed }],
      conditions: [
        { that: 'sign-in-alive', session: session.id },
        { that: 'role-held', session: session.id, role, account: grant.account },
        { that: 'grant-unended', grant: grant.id },
        { that: 'grant-version-is', grant: grant.id, version: grant.version },
      ],
    },
  );
  if (recording.outcome === 'refused') throw conditionProblem(recording.condition);
  return changed;
}
