import { coversThroughout } from '../domain/grant.ts';
import type { AccountId, VisitId } from '../domain/ids.ts';
import { isSamePerson, isSessionAlive, ownsAccount, type Principal } from '../domain/principal.ts';
import { Problem } from '../domain/problem.ts';
import type { Footing } from '../domain/rights.ts';
import { isVisitOpen, type Visit } from '../domain/visit.ts';
import type { Page, PageWish } from '../store/store.ts';
import { authorize, findAuthorization } from './authorize.ts';
import type { Caller, Control } from './control.ts';

/** A visit, and whether it still lets anybody in: `ended` with its sign-in, or when nothing covered it any more. */
export interface VisitView {
  readonly visit: Visit;
  readonly state: 'open' | 'closed' | 'ended';
}

/** One visit, for whoever it concerns. Throws `not-found` for everyone else. */
export async function seeVisit(
  control: Control,
  caller: Caller,
  id: VisitId | undefined,
): Promise<VisitView> {
  const visit = id === undefined ? undefined : await control.recorder.reader.visit(id);
  const footings = visit === undefined ? [] : visitFootings(visit, caller.session.principal);
  const seen = findAuthorization(control, caller, { resource: 'visit', action: 'see' }, footings);
  if (visit === undefined || seen === undefined)
    throw new Problem('not-found', 'There is no such visit.');
  return viewVisit(control, visit);
}

/** Visits, newest first: staff their own, owners those in their accounts, auditors all. */
export async function listVisits(
  control: Control,
  caller: Caller,
  wish: PageWish & { account?: AccountId | undefined },
): Promise<Page<VisitView>> {
  const filter = visitFilter(control, caller, wish.account);
  const page = await control.recorder.reader.visits(filter, wish);
  const items = await Promise.all(page.items.map((visit) => viewVisit(control, visit)));
  return { items, next: page.next };
}

function visitFilter(control: Control, caller: Caller, account: AccountId | undefined) {
  const { principal } = caller.session;
  const right = { resource: 'visit', action: 'see' } as const;
  if (findAuthorization(control, caller, right, ['none']))
    return account === undefined
      ? ({ of: 'everyone' } as const)
      : ({ of: 'accounts', accounts: [account] } as const);
  if (principal.realm === 'owners') {
    authorize(control, caller, right, ['ownership']);
    const accounts = principal.accounts.filter((own) => account === undefined || own === account);
    return { of: 'accounts', accounts } as const;
  }
  authorize(control, caller, right, ['self']);
  return { of: 'person', person: principal, account } as const;
}

async function viewVisit(control: Control, visit: Visit): Promise<VisitView> {
  if (!isVisitOpen(visit)) return { visit, state: 'closed' };
  const session = await control.recorder.reader.session(visit.session);
  const to = control.recorder.now();
  if (session === undefined || !isSessionAlive(session, to)) return { visit, state: 'ended' };
  const { account, openedAt: from } = visit;
  const grants = await control.recorder.reader.grantsSince(account, from);
  const stay = { principal: session.principal, account, from, to };
  return { visit, state: coversThroughout(grants, stay) ? 'open' : 'ended' };
}

/** On what the caller stands before this visit. */
export function visitFootings(visit: Visit, principal: Principal): Footing[] {
  if (ownsAccount(principal, visit.account)) return ['ownership'];
  return isSamePerson(visit.principal, principal) ? ['self', 'none'] : ['none'];
}
