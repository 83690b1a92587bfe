import type { RefusalReason } from '../domain/decision.ts';
import type { RefusedAct } from '../domain/event.ts';
import type { AccountId } from '../domain/ids.ts';
import { Problem, type ProblemCode } from '../domain/problem.ts';
import { actorFields, type Caller, type Control } from './control.ts';

/** What somebody wanted to do, for the record of its refusal. */
export interface Wanted {
  readonly act: RefusedAct;
  readonly account?: AccountId | undefined;
  readonly purpose?: string | undefined;
}

/** Refusals that say something about the one who asked; mistakes in a form do not. */
const TELLING = new Set<ProblemCode>([
  'not-permitted',
  'no-basis',
  'read-only',
  'agreement-required',
  'second-person-required',
] satisfies (ProblemCode & RefusalReason)[]);

/** Does what was asked; a refusal is on record before it is answered. */
export async function recordingRefusal<Done>(
  control: Control,
  caller: Caller,
  wanted: () => Wanted,
  work: () => Promise<Done>,
): Promise<Done> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem && isTelling(error.code))
      await recordRefusal(control, caller, wanted(), error.code);
    throw error;
  }
}

function isTelling(code: ProblemCode): code is ProblemCode & RefusalReason {
  return TELLING.has(code);
}

async function recordRefusal(
  control: Control,
  caller: Caller,
  { act, account, purpose }: Wanted,
  reason: RefusalReason,
): Promise<void> {
  await control.recorder.record([
    {
      event: 'access.refused',
      ...actorFields(caller),
      act,
      reason,
      policy: control.policy().digest,
      ...(account === undefined ? {} : { account }),
      ...(purpose === undefined ? {} : { purpose }),
    },
  ]);
}
