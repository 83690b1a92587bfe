import { z } from 'zod';
import { bundleInput, takeBundle } from '../control/bundle.ts';
import { exportInput, exportRecords } from '../control/exports.ts';
import { seeLogKey } from '../control/log-key.ts';
import { takeReceipt } from '../control/receipt.ts';
import { accountIn } from './answers.ts';
import type { Endpoint } from './endpoint.ts';
import { readIndex } from './record-index.ts';
import { accountId } from './schemas.ts';

const logKeyAnswer = z
  .strictObject({
    account: accountId,
    key: z.string().meta({ description: '32 bytes in hex.' }),
    label: z.literal('acct-tag/v1'),
    tags: z.int().min(0).meta({ description: 'How many entries of the account there are.' }),
  })
  .meta({ id: 'LogKey', description: 'Finds the entries of an account in the public log.' });

/** The calls that hand out the log, or parts of it, as files. Each is itself recorded, before the first byte. */
export const evidenceEndpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/records/export',
    name: 'exportRecords',
    summary: 'Everything a search of the log finds, as one file, however large.',
    query: exportInput,
    status: 200,
    media: ['application/x-ndjson', 'text/csv'],
    problems: ['not-permitted', 'unknown-account', 'invalid-request'],
    serve: async ({ control, caller, query }) => exportRecords(control, caller, query),
  },
  {
    method: 'get',
    path: '/records/{index}/receipt',
    name: 'takeReceipt',
    summary: 'The proof that one record is in the log, with as much of it as the caller may see.',
    status: 200,
    media: ['text/plain'],
    problems: ['not-found', 'beyond-retention'],
    serve: async ({ control, caller, path }) => takeReceipt(control, caller, readIndex(path)),
  },
  {
    method: 'get',
    path: '/bundle',
    name: 'takeBundle',
    summary: 'All that is needed to verify an account’s entries, or a time of the log, offline.',
    query: bundleInput,
    status: 200,
    media: ['application/zip'],
    problems: ['not-permitted', 'unknown-account', 'not-found', 'invalid-request'],
    serve: async ({ control, caller, query }) => takeBundle(control, caller, query),
  },
  {
    method: 'get',
    path: '/accounts/{account}/log-key',
    name: 'seeLogKey',
    summary: 'The key that finds the entries of an account in the public log.',
    status: 200,
    answer: logKeyAnswer,
    problems: ['not-permitted', 'unknown-account', 'not-found'],
    serve: async (call) => seeLogKey(call.control, call.caller, accountIn(call)),
  },
];
