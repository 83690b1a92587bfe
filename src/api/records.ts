import { z } from 'zod';
import { recordQueryInput, searchRecords, seeRecord } from '../control/records.ts';
import type { Endpoint } from './endpoint.ts';
import { readIndex } from './record-index.ts';
import { instant, listOf } from './schemas.ts';

const recordAnswer = z.looseObject({ index: z.int().min(0), at: instant, event: z.string() }).meta({
  id: 'Record',
  description: 'What happened. Which further fields there are depends on the event.',
});

/** The calls about the log. Reading it is itself recorded. */
export const recordEndpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/records',
    name: 'searchRecords',
    summary: 'Search the log: auditors all of it, owners what concerns their account.',
    query: recordQueryInput,
    status: 200,
    answer: listOf(recordAnswer),
    problems: ['not-permitted', 'unknown-account', 'invalid-request'],
    serve: async ({ control, caller, query }) => {
      const { items, nextCursor = null } = await searchRecords(control, caller, query);
      return { items, nextCursor };
    },
  },
  {
    method: 'get',
    path: '/records/{index}',
    name: 'seeRecord',
    summary: 'One record.',
    status: 200,
    answer: recordAnswer,
    problems: ['not-found'],
    serve: async ({ control, caller, path }) => seeRecord(control, caller, readIndex(path)),
  },
];
