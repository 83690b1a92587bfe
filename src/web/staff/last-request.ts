import { findAuthorization } from '../../control/authorize.ts';
import { listAccessRequests } from '../../control/request-sight.ts';
import type { AccessRequest } from '../../domain/access-request.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Desk } from '../desk.ts';

/** Whether any role of theirs may ask owners to be let in. */
export function mayAsk({ control, caller }: Desk): boolean {
  const right = { resource: 'access-request', action: 'submit' } as const;
  return findAuthorization(control, caller, right, ['none']) !== undefined;
}

/** What I asked the owners of this account last, for whoever may ask. */
export async function findLastRequest(
  desk: Desk,
  account: AccountId,
): Promise<AccessRequest | undefined> {
  const { control, caller } = desk;
  const wish = { after: undefined, limit: 1, account };
  const { items } = await listAccessRequests(control, caller, wish);
  const [last] = items;
  return last?.requester.subject === caller.session.principal.subject ? last : undefined;
}
