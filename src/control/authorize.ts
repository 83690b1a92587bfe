import { Problem } from '../domain/problem.ts';
import type { Footing, Right, Role } from '../domain/rights.ts';
import type { Caller, Control } from './control.ts';

/** What the policy said yes with. */
export interface Authorization {
  readonly role: Role;
  readonly rule: string;
  /** The digest of the policy that was asked. */
  readonly policy: string;
}

/** Asks the judge whether the caller may do this, standing on any of these footings. Throws `not-permitted`. */
export function authorize(
  control: Control,
  caller: Caller,
  right: Right,
  footings: readonly Footing[],
): Authorization {
  const authorization = findAuthorization(control, caller, right, footings);
  if (authorization === undefined)
    throw new Problem('not-permitted', 'Your role does not allow this.');
  return authorization;
}

/** The same, without a refusal: `undefined` if no footing is enough. */
export function findAuthorization(
  control: Control,
  caller: Caller,
  right: Right,
  footings: readonly Footing[],
): Authorization | undefined {
  const policy = control.policy();
  for (const basis of footings) {
    const verdict = policy.decide({ ...right, roles: caller.session.principal.roles, basis });
    if (verdict.permit) return { role: verdict.role, rule: verdict.rule, policy: policy.digest };
  }
  return undefined;
}
