import { z } from 'zod';
import { acceptAgreement, agreementInput, hasAcceptedAgreement } from '../control/agreement.ts';
import { formatInstant } from '../domain/time.ts';
import { namePerson } from './answers.ts';
import type { Call, Endpoint } from './endpoint.ts';
import { accountId, instant, namedPerson, realm, role } from './schemas.ts';

const agreementAnswer = z
  .strictObject({ version: z.string(), accepted: z.boolean() })
  .meta({ id: 'Agreement', description: 'The confidentiality agreement in force.' });

const meAnswer = z
  .strictObject({
    principal: namedPerson,
    realm,
    roles: z.array(role),
    accounts: z.array(accountId).meta({ description: 'The accounts you own.' }),
    agreement: agreementAnswer.nullable().meta({ description: 'null if none is asked of you.' }),
    session: z.strictObject({ id: z.uuid(), startedAt: instant, expiresAt: instant }),
  })
  .meta({ id: 'Me' });

/** The calls about whoever calls. */
export const meEndpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/me',
    name: 'seeMe',
    summary: 'Who you are here.',
    status: 200,
    answer: meAnswer,
    problems: [],
    serve: answerMe,
  },
  {
    method: 'post',
    path: '/me/agreement',
    name: 'acceptAgreement',
    summary: 'Accept the confidentiality agreement.',
    body: agreementInput,
    status: 201,
    answer: agreementAnswer,
    problems: ['not-permitted', 'invalid-request'],
    serve: async (call) => {
      await acceptAgreement(call.control, call.caller, call.body);
      return answerAgreement(call);
    },
  },
];

async function answerMe(call: Call): Promise<z.input<typeof meAnswer>> {
  const { principal, id, startedAt, expiresAt } = call.caller.session;
  return {
    principal: namePerson(principal),
    realm: principal.realm,
    roles: [...principal.roles],
    accounts: [...principal.accounts],
    agreement: await answerAgreement(call),
    session: { id, startedAt: formatInstant(startedAt), expiresAt: formatInstant(expiresAt) },
  };
}

async function answerAgreement({ control, caller }: Call) {
  const accepted = await hasAcceptedAgreement(control, caller);
  const { agreement } = control.settings;
  if (accepted === undefined || agreement === undefined) return null;
  return { version: agreement.version, accepted };
}
