import { z } from 'zod';
import { changeGrant, grantChangeInput } from '../control/grant-change.ts';
import {
  grantInput,
  issueGrant,
  listGrants,
  listGrantsOf,
  revocationInput,
  revokeGrant,
  seeGrant,
} from '../control/grants.ts';
import { type Grant, type Grantee, grantState } from '../domain/grant.ts';
import { formatInstant } from '../domain/time.ts';
import { accountIn, answerPage, idIn, isUuid, namePerson, readPageWish } from './answers.ts';
import type { Call, Endpoint } from './endpoint.ts';
import { accountId, instant, listOf, namedPerson, pageQuery, person, scope } from './schemas.ts';

const grantAnswer = z
  .strictObject({
    id: z.uuid(),
    account: accountId,
    grantee: z.string().meta({ examples: ['role:support'] }),
    boundTo: person.nullable().meta({
      description:
        'The one person it lets in; null for a role, or while an e-mail waits for its first sign-in.',
    }),
    scope,
    state: z.enum(['scheduled', 'live', 'expired', 'revoked']),
    issuedAt: instant,
    startsAt: instant,
    expiresAt: instant.meta({ description: 'Exclusive: at this instant it is over.' }),
    issuedBy: namedPerson,
    reason: z.string().nullable(),
    revoked: z.strictObject({ at: instant, by: person, reason: z.string().nullable() }).nullable(),
  })
  .meta({ id: 'Grant', description: "An owner's permission for one account, with an end." });

/** The calls about grants. */
export const grantEndpoints: readonly Endpoint[] = [
  {
    method: 'post',
    path: '/accounts/{account}/grants',
    name: 'issueGrant',
    summary: 'Issue a grant. Only owners of the account can.',
    body: grantInput,
    takesIdempotencyKey: true,
    status: 201,
    answer: grantAnswer,
    problems: ['not-permitted', 'unknown-account', 'invalid-request', 'version-conflict'],
    serve: async (call) => {
      const { control, caller, body, once } = call;
      return answerGrant(call, await issueGrant(control, caller, accountIn(call), body, once));
    },
  },
  {
    method: 'get',
    path: '/accounts/{account}/grants',
    name: 'listGrantsOfAccount',
    summary: 'The grants of one account, newest first.',
    query: pageQuery,
    status: 200,
    answer: listOf(grantAnswer),
    problems: ['not-permitted', 'unknown-account', 'invalid-request'],
    serve: async (call) => {
      const wish = readPageWish(call.query, isUuid);
      const page = await listGrantsOf(call.control, call.caller, accountIn(call), wish);
      return answerPage(page, (grant) => answerGrant(call, grant));
    },
  },
  {
    method: 'get',
    path: '/grants',
    name: 'listGrants',
    summary: 'The grants that concern you, newest first: auditors see all.',
    query: pageQuery,
    status: 200,
    answer: listOf(grantAnswer),
    problems: ['not-permitted', 'invalid-request'],
    serve: async (call) => {
      const page = await listGrants(call.control, call.caller, readPageWish(call.query, isUuid));
      return answerPage(page, (grant) => answerGrant(call, grant));
    },
  },
  {
    method: 'get',
    path: '/grants/{id}',
    name: 'seeGrant',
    summary: 'One grant.',
    status: 200,
    answer: grantAnswer,
    problems: ['not-found'],
    serve: async (call) => answerGrant(call, await seeGrant(call.control, call.caller, idIn(call))),
  },
  {
    method: 'patch',
    path: '/grants/{id}',
    name: 'changeGrant',
    summary: 'Shorten, narrow or lengthen a grant. Only owners of the account can.',
    body: grantChangeInput,
    status: 200,
    answer: grantAnswer,
    problems: ['not-permitted', 'not-found', 'grant-ended', 'version-conflict', 'invalid-request'],
    serve: async (call) =>
      answerGrant(call, await changeGrant(call.control, call.caller, idIn(call), call.body)),
  },
  {
    method: 'post',
    path: '/grants/{id}/revocation',
    name: 'revokeGrant',
    summary: 'End a grant at once.',
    body: revocationInput,
    status: 201,
    answer: grantAnswer,
    problems: ['not-permitted', 'not-found', 'grant-ended', 'invalid-request'],
    serve: async (call) =>
      answerGrant(call, await revokeGrant(call.control, call.caller, idIn(call), call.body)),
  },
];

function answerGrant({ control }: Call, grant: Grant): z.input<typeof grantAnswer> {
  return {
    id: grant.id,
    account: grant.account,
    grantee: writeGrantee(grant.grantee),
    boundTo: grant.grantee.kind === 'person' ? { ...grant.grantee.person } : null,
    scope: grant.scope,
    state: grantState(grant, control.recorder.now()),
    issuedAt: formatInstant(grant.issuedAt),
    startsAt: formatInstant(grant.startsAt),
    expiresAt: formatInstant(grant.expiresAt),
    issuedBy: namePerson(grant.issuedBy),
    reason: grant.reason ?? null,
    revoked: answerRevocation(grant.revoked),
  };
}

function answerRevocation(revoked: Grant['revoked']) {
  if (revoked === undefined) return null;
  return { at: formatInstant(revoked.at), by: { ...revoked.by }, reason: revoked.reason ?? null };
}

/** As it was asked for: an e-mail stays what the owner reads, whoever it was bound to. */
function writeGrantee(grantee: Grantee): string {
  switch (grantee.kind) {
    case 'role':
      return `role:${grantee.role}`;
    case 'person':
      return `staff:${grantee.email ?? grantee.person.subject}`;
    case 'email':
      return `staff:${grantee.email}`;
  }
}
