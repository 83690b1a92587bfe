import type { Account } from '../domain/change.ts';
import type { Scope } from '../domain/basis.ts';
import { chooseGrant, coveredUntil, type Grant } from '../domain/grant.ts';
import type { AccountId } from '../domain/ids.ts';
import { Problem } from '../domain/problem.ts';
import { ownsAccount } from '../domain/principal.ts';
import type { Footing } from '../domain/rights.ts';
import type { Instant } from '../domain/time.ts';
import type { Page, PageWish } from '../store/store.ts';
import { authorize } from './authorize.ts';
import type { Caller, Control } from './control.ts';

/** What lets the caller into an account now. */
export interface WayIn {
  readonly scope: Scope;
  readonly grant: Grant;
  /** What looking stands on: the narrowest that is enough. */
  readonly lookingGrant: Grant;
  /** Until when an unbroken chain of permissions lets him in. */
  readonly until: Instant;
}

export interface AccountView {
  readonly account: Account;
  readonly isOwned: boolean;
  readonly wayIn: WayIn | undefined;
}

/**
 * Finds an account for somebody. For an owner every account but his own does not exist, whether it
 * does or not: `unknown-account`, with the same words.
 */
export async function reachAccount(
  control: Control,
  caller: Caller,
  id: AccountId | undefined,
): Promise<{ account: Account; footings: readonly Footing[] }> {
  const { principal } = caller.session;
  const isOwner = id !== undefined && ownsAccount(principal, id);
  const mayLook = principal.realm === 'staff' || isOwner;
  const account =
    id !== undefined && mayLook ? await control.recorder.reader.account(id) : undefined;
  if (account === undefined)
    throw new Problem('unknown-account', 'There is no account of that name.');
  return { account, footings: isOwner ? ['ownership'] : ['none'] };
}

export async function seeAccount(
  control: Control,
  caller: Caller,
  id: AccountId | undefined,
): Promise<AccountView> {
  const { account, footings } = await reachAccount(control, caller, id);
  authorize(control, caller, { resource: 'account', action: 'see' }, footings);
  return viewAccount(control, caller, account);
}

export async function listAccounts(
  control: Control,
  caller: Caller,
  wish: PageWish,
): Promise<Page<AccountView>> {
  const { principal } = caller.session;
  const isOwner = principal.realm === 'owners';
  authorize(control, caller, { resource: 'account', action: 'see' }, [
    isOwner ? 'ownership' : 'none',
  ]);
  const page = await control.recorder.reader.accounts({
    ...wish,
    ...(isOwner ? { only: principal.accounts } : {}),
  });
  const items = await Promise.all(
    page.items.map((account) => viewAccount(control, caller, account)),
  );
  return { items, next: page.next };
}

async function viewAccount(
  control: Control,
  caller: Caller,
  account: Account,
): Promise<AccountView> {
  return {
    account,
    isOwned: ownsAccount(caller.session.principal, account.id),
    wayIn: await findWayIn(control, caller, account.id),
  };
}

/** The widest that lets the caller in now; `undefined` if nothing does. */
export async function findWayIn(
  control: Control,
  caller: Caller,
  account: AccountId,
): Promise<WayIn | undefined> {
  const { principal } = caller.session;
  if (principal.realm !== 'staff') return undefined;
  const at = control.recorder.now();
  const grants = await control.recorder.reader.unendedGrants(account, at);
  for (const scope of ['write', 'read'] as const) {
    const question = { principal, account, access: scope, at };
    const grant = chooseGrant(grants, question);
    const until = coveredUntil(grants, question);
    const lookingGrant = chooseGrant(grants, { ...question, access: 'read' });
    if (grant !== undefined && lookingGrant !== undefined && until !== undefined)
      return { scope, grant, lookingGrant, until };
  }
  return undefined;
}
