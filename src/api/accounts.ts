import { z } from 'zod';
import { type AccountView, listAccounts, seeAccount, type WayIn } from '../control/accounts.ts';
import { parseAccountId } from '../domain/account-id.ts';
import { formatInstant } from '../domain/time.ts';
import { accountIn, answerPage, readPageWish } from './answers.ts';
import type { Endpoint } from './endpoint.ts';
import { accountId, basis, instant, listOf, pageQuery, scope } from './schemas.ts';

const accountAnswer = z
  .strictObject({
    id: accountId,
    name: z.string().nullable(),
    registeredAt: instant,
    owned: z.boolean().meta({ description: 'Whether it is yours.' }),
    access: z
      .strictObject({ basis, scope, expiresAt: instant })
      .nullable()
      .meta({ description: 'What lets you in now; null if nothing does.' }),
  })
  .meta({ id: 'Account' });

/** The calls about accounts. */
export const accountEndpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/accounts',
    name: 'listAccounts',
    summary: 'Accounts, with what lets you in now: owners see their own.',
    query: pageQuery,
    status: 200,
    answer: listOf(accountAnswer),
    problems: ['not-permitted', 'invalid-request'],
    serve: async ({ control, caller, query }) => {
      const wish = readPageWish(query, (cursor) => parseAccountId(cursor) !== undefined);
      return answerPage(await listAccounts(control, caller, wish), answerAccount);
    },
  },
  {
    method: 'get',
    path: '/accounts/{account}',
    name: 'seeAccount',
    summary: 'One account, with what lets you in now.',
    status: 200,
    answer: accountAnswer,
    problems: ['not-permitted', 'unknown-account'],
    serve: async (call) =>
      answerAccount(await seeAccount(call.control, call.caller, accountIn(call))),
  },
];

function answerAccount({ account, isOwned, wayIn }: AccountView): z.input<typeof accountAnswer> {
  return {
    id: account.id,
    name: account.name ?? null,
    registeredAt: formatInstant(account.registeredAt),
    owned: isOwned,
    access: wayIn === undefined ? null : answerWayIn(wayIn),
  };
}

function answerWayIn({ grant, scope: most, until }: WayIn) {
  return {
    basis: { kind: 'grant', id: grant.id } as const,
    scope: most,
    expiresAt: formatInstant(until),
  };
}
