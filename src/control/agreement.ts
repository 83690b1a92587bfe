import { z } from 'zod';
import { Problem } from '../domain/problem.ts';
import { authorize } from './authorize.ts';
import { actorFields, type Caller, conditionProblem, type Control } from './control.ts';
import { parseInput } from './input.ts';

export const agreementInput = z.strictObject({ version: z.string().min(1).max(100) });

/** Whether the caller has accepted the version in force; `undefined` if none is asked. */
export async function hasAcceptedAgreement(
  control: Control,
  caller: Caller,
): Promise<boolean | undefined> {
  const { agreement } = control.settings;
  if (agreement === undefined || caller.session.principal.realm !== 'staff') return undefined;
  return control.recorder.reader.hasAccepted(caller.session.principal, agreement.version);
}

/** Throws `agreement-required` unless the version in force has been accepted. */
export async function requireAgreement(control: Control, caller: Caller): Promise<void> {
  if ((await hasAcceptedAgreement(control, caller)) === false)
    throw new Problem(
      'agreement-required',
      'Accept the confidentiality agreement before your first visit.',
    );
}

/** Accepts the version in force. Throws `invalid-request` for any other. */
export async function acceptAgreement(
  control: Control,
  caller: Caller,
  input: unknown,
): Promise<void> {
  authorize(control, caller, { resource: 'agreement', action: 'accept' }, ['self']);
  const { version } = parseInput(agreementInput, input);
  const { agreement } = control.settings;
  if (agreement === undefined || agreement.version !== version)
    throw new Problem('invalid-request', 'This is not the version in force.', {
      errors: [{ pointer: '/version', detail: 'This is not the version in force.' }],
    });
  const { principal, id } = caller.session;
  const recording = await control.recorder.record(
    [
      {
        event: 'agreement.accepted',
        ...actorFields(caller),
        version,
        textDigest: agreement.digest,
      },
    ],
    {
      changes: [
        {
          put: 'agreement',
          person: { issuer: principal.issuer, subject: principal.subject },
          version,
        },
      ],
      conditions: [{ that: 'sign-in-alive', session: id }],
    },
  );
  if (recording.outcome === 'refused') throw conditionProblem(recording.condition);
}
