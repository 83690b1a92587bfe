import { z } from 'zod';
import { type AccessRequest, REQUEST_STATES, type RequestState } from '../domain/access-request.ts';
import type { AccessRequestId, AccountId } from '../domain/ids.ts';
import { isSamePerson, ownsAccount, type Principal } from '../domain/principal.ts';
import { Problem } from '../domain/problem.ts';
import type { Footing } from '../domain/rights.ts';
import type { AccessRequestFilter, Page, PageWish } from '../store/store.ts';
import { reachAccount } from './accounts.ts';
import { type Authorization, authorize, findAuthorization } from './authorize.ts';
import type { Caller, Control } from './control.ts';
import { accountInput } from './input.ts';
import { personOf } from './person.ts';

export const requestFilterInput = z.strictObject({
  state: z.enum(REQUEST_STATES).optional(),
  account: accountInput.optional(),
});

/** One request, for whoever it concerns. Throws `not-found` for everyone else. */
export async function seeAccessRequest(
  control: Control,
  caller: Caller,
  id: AccessRequestId | undefined,
): Promise<AccessRequest> {
  const request = id === undefined ? undefined : await control.recorder.reader.accessRequest(id);
  const right = { resource: 'access-request', action: 'see' } as const;
  const footings = request && requestFootings(request, caller.session.principal);
  const seen = footings && findAuthorization(control, caller, right, footings);
  if (request === undefined || seen === undefined)
    throw new Problem('not-found', 'There is no such request.');
  return request;
}

/** The requests the caller may see, newest first: an auditor every one, owners and staff their own. */
export async function listAccessRequests(
  control: Control,
  caller: Caller,
  wish: PageWish & { state?: RequestState | undefined; account?: AccountId | undefined },
): Promise<Page<AccessRequest>> {
  const { state, account, ...page } = wish;
  const of = await reachRequests(control, caller, account);
  const filter = { of, state, at: control.recorder.now() };
  return control.recorder.reader.accessRequests(filter, page);
}

async function reachRequests(
  control: Control,
  caller: Caller,
  account: AccountId | undefined,
): Promise<AccessRequestFilter['of']> {
  const { principal } = caller.session;
  const right = { resource: 'access-request', action: 'see' } as const;
  if (account !== undefined) await reachAccount(control, caller, account);
  if (principal.realm === 'owners') {
    authorize(control, caller, right, ['ownership']);
    return { who: 'accounts', accounts: account === undefined ? principal.accounts : [account] };
  }
  if (findAuthorization(control, caller, right, ['none']) !== undefined)
    return account === undefined ? { who: 'everyone' } : { who: 'accounts', accounts: [account] };
  authorize(control, caller, right, ['self']);
  const person = personOf(principal);
  return account === undefined ? { who: 'person', person } : { who: 'person', person, account };
}

/** Asks whether the caller may answer a request that he sees. Throws `not-permitted`. */
export function authorizeOn(
  control: Control,
  caller: Caller,
  request: AccessRequest,
  action: 'approve' | 'deny' | 'withdraw',
): Authorization {
  const footings = requestFootings(request, caller.session.principal);
  return authorize(control, caller, { resource: 'access-request', action }, footings);
}

function requestFootings(request: AccessRequest, principal: Principal): Footing[] {
  if (ownsAccount(principal, request.account)) return ['ownership'];
  const isOwn = principal.realm === 'staff' && isSamePerson(request.requester, principal);
  return isOwn ? ['self', 'none'] : ['none'];
}
