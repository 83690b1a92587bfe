import { z } from 'zod';
import { accountInput, parseInput } from '../control/input.ts';
import { closeVisit } from '../control/visit-closing.ts';
import { type OpenedVisit, openVisit, visitInput } from '../control/visits.ts';
import { listVisits, seeVisit, type VisitView } from '../control/visit-sight.ts';
import { formatInstant } from '../domain/time.ts';
import { answerPage, idIn, isUuid, namePerson, readPageWish } from './answers.ts';
import type { Endpoint } from './endpoint.ts';
import {
  accountId,
  basis,
  instant,
  listOf,
  namedPerson,
  noFields,
  pageQuery,
  scope,
} from './schemas.ts';

const visitParts = {
  id: z.uuid(),
  account: accountId,
  scope: scope
    .nullable()
    .meta({ description: 'The most this visit may do; null: whatever is allowed.' }),
  purpose: z.string(),
  ticket: z.string().nullable(),
  to: z
    .string()
    .meta({ description: 'The path the visitor wanted.', examples: ['/invoices/1042'] }),
  openedAt: instant,
};

const openedAnswer = z
  .strictObject({
    ...visitParts,
    basis,
    expiresAt: instant,
    url: z
      .url()
      .nullable()
      .meta({ description: 'Where a browser enters: good once, for 60 seconds. Not repeated.' }),
    token: z.string().nullable().meta({ description: 'What a program sends. Not repeated.' }),
  })
  .meta({ id: 'OpenedVisit' });

const visitAnswer = z
  .strictObject({
    ...visitParts,
    visitor: namedPerson,
    state: z.enum(['open', 'closed', 'ended']).meta({
      description: 'ended: nobody closed it, but the sign-in it was opened from has ended',
    }),
    closed: z
      .strictObject({
        at: instant,
        why: z.enum(['visitor', 'owner', 'admin', 'signed-out', 'code-reused']),
      })
      .nullable(),
  })
  .meta({ id: 'Visit', description: 'One person in one account for one stated purpose.' });

const visitQuery = pageQuery.extend({ account: accountInput.optional() });

/** The calls about visits. */
export const visitEndpoints: readonly Endpoint[] = [
  {
    method: 'post',
    path: '/visits',
    name: 'openVisit',
    summary: 'Open a visit of an account for a stated purpose.',
    body: visitInput,
    takesIdempotencyKey: true,
    status: 201,
    answer: openedAnswer,
    problems: [
      'invalid-request',
      'unknown-account',
      'not-permitted',
      'agreement-required',
      'no-basis',
      'read-only',
    ],
    serve: async ({ control, caller, body, once }) =>
      answerOpened(await openVisit(control, caller, body, once)),
  },
  {
    method: 'get',
    path: '/visits',
    name: 'listVisits',
    summary: 'Visits, newest first: your own, those in your account, or for auditors all.',
    query: visitQuery,
    status: 200,
    answer: listOf(visitAnswer),
    problems: ['not-permitted', 'invalid-request'],
    serve: async ({ control, caller, query }) => {
      const { account } = parseInput(visitQuery, query);
      const { account: _, ...paging } = query;
      const wish = { ...readPageWish(paging, isUuid), account };
      return answerPage(await listVisits(control, caller, wish), answerVisit);
    },
  },
  {
    method: 'get',
    path: '/visits/{id}',
    name: 'seeVisit',
    summary: 'One visit.',
    status: 200,
    answer: visitAnswer,
    problems: ['not-found'],
    serve: async (call) => answerVisit(await seeVisit(call.control, call.caller, idIn(call))),
  },
  {
    method: 'post',
    path: '/visits/{id}/closure',
    name: 'closeVisit',
    summary: 'Close a visit. Closed by an owner, the grants that admit this visitor end with it.',
    body: noFields,
    status: 201,
    answer: visitAnswer,
    problems: ['not-found', 'not-permitted', 'visit-ended', 'invalid-request'],
    serve: async (call) => {
      parseInput(noFields, call.body);
      return answerVisit(await closeVisit(call.control, call.caller, idIn(call)));
    },
  },
];

function answerOpened(opened: OpenedVisit): z.input<typeof openedAnswer> {
  const { visit, basis: standing, expiresAt, url, token } = opened;
  return {
    ...describeVisit(visit),
    basis: { ...standing },
    expiresAt: formatInstant(expiresAt),
    url: url ?? null,
    token: token ?? null,
  };
}

function answerVisit({ visit, state }: VisitView): z.input<typeof visitAnswer> {
  const { closed } = visit;
  return {
    ...describeVisit(visit),
    visitor: namePerson(visit.principal),
    state,
    closed: closed === undefined ? null : { at: formatInstant(closed.at), why: closed.why },
  };
}

function describeVisit(visit: VisitView['visit']) {
  const { id, account, scope: most = null, purpose, ticket = null, to, openedAt } = visit;
  return { id, account, scope: most, purpose, ticket, to, openedAt: formatInstant(openedAt) };
}
