import { z } from 'zod';
import type { AuditRecord } from '../audit/record.ts';
import { parseAccountId } from '../domain/account-id.ts';
import type { AccountId } from '../domain/ids.ts';
import { ownsAccount } from '../domain/principal.ts';
import { Problem } from '../domain/problem.ts';
import { formatInstant } from '../domain/time.ts';
import { reachAccount } from './accounts.ts';
import { authorize, findAuthorization } from './authorize.ts';
import { actorFields, type Caller, type Control } from './control.ts';
import {
  accountInput,
  cursorInput,
  instantInput,
  limitInput,
  numberInput,
  parseInput,
} from './input.ts';

/** What `/records` can be asked. */
export const recordQueryInput = z.strictObject({
  account: accountInput.optional(),
  actor: z.string().min(1).max(320).optional(),
  event: z
    .string()
    .regex(/^[a-z][a-z-]*\.[a-z-]+$/u, 'Write an event such as access.attempted.')
    .optional(),
  basis: z.string().min(1).max(64).optional(),
  visit: z.uuid().optional(),
  method: z
    .string()
    .regex(/^[A-Z]{1,20}$/u, 'Write a method such as GET.')
    .optional(),
  path: z.string().startsWith('/').max(2048).optional(),
  status: numberInput(100, 599).optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
  order: z.enum(['asc', 'desc']).default('desc'),
  limit: limitInput,
  cursor: cursorInput,
});

export interface RecordPage {
  readonly items: readonly AuditRecord[];
  readonly nextCursor: string | undefined;
}

/**
 * Searches the log: an auditor all of it, an owner what concerns his account. Having looked is itself
 * recorded, before the answer is given. Throws `not-permitted`, `unknown-account`, `invalid-request`.
 */
export async function searchRecords(
  control: Control,
  caller: Caller,
  input: Readonly<Record<string, unknown>>,
): Promise<RecordPage> {
  const query = parseInput(recordQueryInput, input);
  const account = await readableAccount(control, caller, query.account);
  const { cursor, limit, order, ...filters } = query;
  const found = await control.recorder.search({
    ...filters,
    account,
    order,
    after: readCursor(cursor),
    limit: limit + 1,
  });
  const items = found.slice(0, limit);
  const reading = { account, query: describeQuery(input), count: items.length };
  await recordReading(control, caller, reading);
  const last = items.at(-1);
  return {
    items: items.map((record) => shownTo(caller, record)),
    nextCursor: found.length > limit && last !== undefined ? String(last.index) : undefined,
  };
}

/** One record. Throws `not-found` for one that does not exist or that the caller may not read. */
export async function seeRecord(
  control: Control,
  caller: Caller,
  index: number | undefined,
): Promise<AuditRecord> {
  const { record, account } = await reachRecord(control, caller, index);
  await recordReading(control, caller, { account, query: `index=${record.index}`, count: 1 });
  return shownTo(caller, record);
}

/** Finds a record for somebody who may see it; that he did is not recorded yet. Throws `not-found`. */
export async function reachRecord(
  control: Control,
  caller: Caller,
  index: number | undefined,
): Promise<{ readonly record: AuditRecord; readonly account: AccountId | undefined }> {
  const record = index === undefined ? undefined : await control.recorder.reader.record(index);
  const account = parseAccountId(record?.['account']);
  const isOwned = account !== undefined && ownsAccount(caller.session.principal, account);
  const right = { resource: 'record', action: 'see' } as const;
  const permitted = findAuthorization(control, caller, right, [isOwned ? 'ownership' : 'none']);
  if (record === undefined || permitted === undefined)
    throw new Problem('not-found', 'There is no such record.');
  return { record, account };
}

/**
 * Whose records are wanted by somebody who may see them: `undefined` if everybody's. Throws `not-permitted`,
 * `unknown-account`, and `invalid-request` where an owner has to say which of his accounts.
 */
export async function readableAccount(
  control: Control,
  caller: Caller,
  wanted: AccountId | undefined,
): Promise<AccountId | undefined> {
  const { principal } = caller.session;
  const right = { resource: 'record', action: 'see' } as const;
  if (principal.realm === 'staff') {
    authorize(control, caller, right, ['none']);
    return wanted;
  }
  const own = wanted ?? (principal.accounts.length === 1 ? principal.accounts[0] : undefined);
  if (own === undefined)
    throw new Problem('invalid-request', 'Say which of your accounts.', {
      errors: [{ pointer: '/account', detail: 'Name one of your accounts.' }],
    });
  const { account, footings } = await reachAccount(control, caller, own);
  authorize(control, caller, right, footings);
  return account.id;
}

/** An owner sees who did what and why; from which address is the employee's own matter. */
export function shownTo(caller: Caller, record: AuditRecord): AuditRecord {
  const { network, ...shown } = { ...record, ...timesOf(record) };
  return caller.session.principal.realm === 'staff' && network !== undefined
    ? { ...shown, network }
    : shown;
}

/** `from` and `to` of an erasure are indexes. */
function timesOf(record: AuditRecord): object {
  const { from, to, ...others } = record as Readonly<Record<string, unknown>>;
  return withReadableTimes(record.event === 'retention.erased' ? others : { ...others, from, to });
}

const INSTANTS = ['expiresAt', 'startsAt', 'from', 'to', 'until', 'overlapUntil', 'groundUntil'];

/** The log keeps instants as milliseconds; whoever reads it over the API gets RFC 3339. */
function withReadableTimes(fields: { readonly [field: string]: unknown }): object {
  const { grant } = fields;
  const isFact = typeof grant === 'object' && grant !== null;
  return {
    ...Object.fromEntries(
      INSTANTS.flatMap((name) => {
        const at = fields[name];
        return typeof at === 'number' ? [[name, formatInstant(at)]] : [];
      }),
    ),
    ...(isFact ? { grant: { ...grant, ...withReadableTimes({ ...grant }) } } : {}),
  };
}

/** Records that somebody reads the log: before he has the answer. */
export async function recordReading(
  control: Control,
  caller: Caller,
  { account, ...reading }: { account: AccountId | undefined; query: string; count: number },
): Promise<void> {
  const where = account === undefined ? {} : { account };
  const by = actorFields(caller);
  await control.recorder.record([{ event: 'log.read', ...by, ...where, ...reading }]);
}

/** What was asked, as the query string of the request. */
export function describeQuery(input: Readonly<Record<string, unknown>>): string {
  return new URLSearchParams(
    Object.entries(input).map(([key, value]): [string, string] => [key, String(value)]),
  ).toString();
}

function readCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (/^(0|[1-9][0-9]{0,14})$/.test(cursor)) return Number(cursor);
  throw new Problem('invalid-request', 'The cursor is not one of ours.', {
    errors: [{ pointer: '/cursor', detail: 'Use the nextCursor of the page before.' }],
  });
}
