import { z } from 'zod';
import {
  accessRequestInput,
  denialInput,
  denyAccessRequest,
  submitAccessRequest,
  withdrawAccessRequest,
} from '../control/access-requests.ts';
import { parseInput } from '../control/input.ts';
import {
  listAccessRequests,
  requestFilterInput,
  seeAccessRequest,
} from '../control/request-sight.ts';
import { approvalInput, approveAccessRequest } from '../control/request-approval.ts';
import {
  type AccessRequest,
  REASON_CODES,
  REQUEST_STATES,
  requestState,
} from '../domain/access-request.ts';
import { formatDuration } from '../domain/duration.ts';
import { formatInstant } from '../domain/time.ts';
import { accountIn, answerPage, idIn, isUuid, namePerson, readPageWish } from './answers.ts';
import type { Call, Endpoint } from './endpoint.ts';
import {
  accountId,
  instant,
  listOf,
  namedPerson,
  noFields,
  pageQuery,
  person,
  scope,
} from './schemas.ts';

const requestAnswer = z
  .strictObject({
    id: z.uuid(),
    account: accountId,
    requester: namedPerson,
    scope,
    duration: z.string().meta({ examples: ['1h'] }),
    reason: z.strictObject({
      code: z.enum(REASON_CODES),
      text: z.string(),
      ticket: z.string().nullable(),
    }),
    to: z.string().nullable().meta({ description: 'The path inside the account that is wanted.' }),
    state: z.enum(REQUEST_STATES),
    submittedAt: instant,
    expiresAt: instant.meta({ description: 'Unanswered at this instant it is over.' }),
    ended: z
      .strictObject({ at: instant, by: person, reason: z.string().nullable() })
      .nullable()
      .meta({ description: 'When and by whom it was answered or withdrawn.' }),
    grant: z.uuid().nullable().meta({ description: 'The grant that its approval issued.' }),
  })
  .meta({ id: 'AccessRequest', description: 'A question to the owners of an account.' });

/** The calls about access requests. */
export const accessRequestEndpoints: readonly Endpoint[] = [
  {
    method: 'post',
    path: '/accounts/{account}/access-requests',
    name: 'submitAccessRequest',
    summary: 'Ask the owners of an account to let you in. One waits at a time.',
    body: accessRequestInput,
    takesIdempotencyKey: true,
    status: 201,
    answer: requestAnswer,
    problems: ['not-permitted', 'unknown-account', 'request-pending', 'invalid-request'],
    serve: async (call) => {
      const { control, caller, body, once } = call;
      const id = accountIn(call);
      return answerRequest(call, await submitAccessRequest(control, caller, id, body, once));
    },
  },
  {
    method: 'get',
    path: '/access-requests',
    name: 'listAccessRequests',
    summary: 'Access requests, newest first: your own, those to your accounts, or all to auditors.',
    query: pageQuery.extend(requestFilterInput.shape),
    status: 200,
    answer: listOf(requestAnswer),
    problems: ['not-permitted', 'unknown-account', 'invalid-request'],
    serve: async (call) => {
      const { state, account, ...page } = call.query;
      const filter = parseInput(requestFilterInput, withoutMissing({ state, account }));
      const wish = { ...readPageWish(page, isUuid), ...filter };
      const found = await listAccessRequests(call.control, call.caller, wish);
      return answerPage(found, (request) => answerRequest(call, request));
    },
  },
  {
    method: 'get',
    path: '/access-requests/{id}',
    name: 'seeAccessRequest',
    summary: 'One access request.',
    status: 200,
    answer: requestAnswer,
    problems: ['not-found'],
    serve: async (call) =>
      answerRequest(call, await seeAccessRequest(call.control, call.caller, idIn(call))),
  },
  {
    method: 'post',
    path: '/access-requests/{id}/approval',
    name: 'approveAccessRequest',
    summary: 'Allow it, as asked or narrower: a grant for the one who asked begins now.',
    body: approvalInput,
    status: 201,
    answer: requestAnswer,
    problems: [
      'not-permitted',
      'second-person-required',
      'not-found',
      'request-ended',
      'invalid-request',
    ],
    serve: async (call) => {
      const { control, caller, body } = call;
      return answerRequest(call, await approveAccessRequest(control, caller, idIn(call), body));
    },
  },
  {
    method: 'post',
    path: '/access-requests/{id}/denial',
    name: 'denyAccessRequest',
    summary: 'Say no.',
    body: denialInput,
    status: 201,
    answer: requestAnswer,
    problems: ['not-permitted', 'not-found', 'request-ended', 'invalid-request'],
    serve: async (call) => {
      const { control, caller, body } = call;
      return answerRequest(call, await denyAccessRequest(control, caller, idIn(call), body));
    },
  },
  {
    method: 'post',
    path: '/access-requests/{id}/withdrawal',
    name: 'withdrawAccessRequest',
    summary: 'Take your own request back.',
    body: noFields,
    status: 201,
    answer: requestAnswer,
    problems: ['not-permitted', 'not-found', 'request-ended', 'invalid-request'],
    serve: async (call) => {
      parseInput(noFields, call.body);
      const { control, caller } = call;
      return answerRequest(call, await withdrawAccessRequest(control, caller, idIn(call)));
    },
  },
];

function withoutMissing(fields: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function answerRequest({ control }: Call, request: AccessRequest): z.input<typeof requestAnswer> {
  const { ended, reason } = request;
  return {
    id: request.id,
    account: request.account,
    requester: namePerson(request.requester),
    scope: request.scope,
    duration: formatDuration(request.durationMs),
    reason: { code: reason.code, text: reason.text, ticket: reason.ticket ?? null },
    to: request.to ?? null,
    state: requestState(request, control.recorder.now()),
    submittedAt: formatInstant(request.submittedAt),
    expiresAt: formatInstant(request.expiresAt),
    ended: answerEnding(ended),
    grant: ended?.as === 'approved' ? ended.grant : null,
  };
}

function answerEnding(ended: AccessRequest['ended']) {
  if (ended === undefined) return null;
  const reason = ended.as === 'denied' ? (ended.reason ?? null) : null;
  return { at: formatInstant(ended.at), by: { ...ended.by }, reason };
}
