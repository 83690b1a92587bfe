import { z } from 'zod';
import { holdInput, liftHold, listHolds, placeHold } from '../control/holds.ts';
import { parseInput } from '../control/input.ts';
import { type Hold, holdState } from '../domain/hold.ts';
import { formatInstant } from '../domain/time.ts';
import { answerPage, idIn, isUuid, readPageWish } from './answers.ts';
import type { Call, Endpoint } from './endpoint.ts';
import { accountId, instant, listOf, noFields, pageQuery, person } from './schemas.ts';

const holdAnswer = z
  .strictObject({
    id: z.uuid(),
    account: accountId.nullable().meta({ description: 'null: every account.' }),
    from: instant,
    to: instant.meta({ description: 'Exclusive.' }),
    case: z.string(),
    until: instant.meta({ description: 'Exclusive: at this instant it is over.' }),
    state: z.enum(['active', 'lifted', 'ended']),
    placedAt: instant,
    placedBy: person,
    lifted: z.strictObject({ at: instant, by: person }).nullable(),
  })
  .meta({
    id: 'Hold',
    description: 'Records that are kept from erasure for a case, until it ends or is lifted.',
  });

/** The calls about holds. */
export const holdEndpoints: readonly Endpoint[] = [
  {
    method: 'post',
    path: '/holds',
    name: 'placeHold',
    summary: 'Keep the records of a time from erasure, of one account or of all. Only admins can.',
    body: holdInput,
    takesIdempotencyKey: true,
    status: 201,
    answer: holdAnswer,
    problems: ['not-permitted', 'unknown-account', 'invalid-request', 'version-conflict'],
    serve: async (call) =>
      answerHold(call, await placeHold(call.control, call.caller, call.body, call.once)),
  },
  {
    method: 'get',
    path: '/holds',
    name: 'listHolds',
    summary: 'The holds, newest first: for admins and auditors.',
    query: pageQuery,
    status: 200,
    answer: listOf(holdAnswer),
    problems: ['not-permitted', 'invalid-request'],
    serve: async (call) => {
      const page = await listHolds(call.control, call.caller, readPageWish(call.query, isUuid));
      return answerPage(page, (hold) => answerHold(call, hold));
    },
  },
  {
    method: 'post',
    path: '/holds/{id}/lifting',
    name: 'liftHold',
    summary: 'End a hold at once. Once is all.',
    body: noFields,
    status: 201,
    answer: holdAnswer,
    problems: ['not-found', 'not-permitted', 'version-conflict', 'invalid-request'],
    serve: async (call) => {
      parseInput(noFields, call.body);
      return answerHold(call, await liftHold(call.control, call.caller, idIn(call)));
    },
  },
];

function answerHold({ control }: Call, hold: Hold): z.input<typeof holdAnswer> {
  const { lifted } = hold;
  return {
    id: hold.id,
    account: hold.account ?? null,
    from: formatInstant(hold.from),
    to: formatInstant(hold.to),
    case: hold.case,
    until: formatInstant(hold.until),
    state: holdState(hold, control.recorder.now()),
    placedAt: formatInstant(hold.placedAt),
    placedBy: { ...hold.placedBy },
    lifted: lifted === undefined ? null : { at: formatInstant(lifted.at), by: { ...lifted.by } },
  };
}
