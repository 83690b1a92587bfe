import { seeAccount } from '../../control/accounts.ts';
import { listGrantsOf, listUnendedGrantsOf } from '../../control/grants.ts';
import { listAccessRequests } from '../../control/request-sight.ts';
import { searchRecords } from '../../control/records.ts';
import { listVisits, type VisitView } from '../../control/visit-sight.ts';
import type { AccessRequest } from '../../domain/access-request.ts';
import type { Scope } from '../../domain/basis.ts';
import type { Account } from '../../domain/change.ts';
import {
  admitsPerson,
  chooseGrant,
  coveredUntil,
  type Grant,
  grantState,
  hasGrantEnded,
} from '../../domain/grant.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/time.ts';
import type { Desk } from '../desk.ts';
import type { ShownRecord } from '../record-reading.ts';

/** Somebody who is in the account at this moment: his visit is open, and something lets him in. */
export interface Inside {
  readonly view: VisitView;
  readonly scope: Scope;
  readonly until: Instant;
  /** What lets this person in, and ends when the owner ends the visit. */
  readonly admitting: readonly Grant[];
}

/** An account as its owner sees it. */
export interface AccountSight {
  readonly account: Account;
  readonly inside: readonly Inside[];
  /** The questions that wait for an answer. */
  readonly asked: readonly AccessRequest[];
  readonly live: readonly Grant[];
  readonly planned: readonly Grant[];
  readonly ended: readonly Grant[];
  /** The latest visits that are over, or that nothing lets in any more. */
  readonly past: readonly VisitView[];
}

const PAGE = 200;
const SHOWN_ENDED = 10;
const SHOWN_VISITS = 20;

/** Throws `unknown-account` for everybody whose account it is not. */
export async function lookAt(desk: Desk, id: AccountId | undefined): Promise<AccountSight> {
  const { control, caller, now } = desk;
  const { account } = await seeAccount(control, caller, id);
  const grants = await listUnendedGrantsOf(control, caller, account.id);
  const latest = await listGrantsOf(control, caller, account.id, { after: undefined, limit: PAGE });
  const pending = { after: undefined, limit: PAGE, state: 'pending', account: account.id } as const;
  const asked = await listAccessRequests(control, caller, pending);
  const longestMs = control.settings.session.absoluteMs;
  const visits = await collect(
    (wish) => listVisits(control, caller, { ...wish, account: account.id }),
    // No visit outlasts its sign-in: what was opened before that is over.
    ({ visit }) => visit.openedAt > now - longestMs,
  );
  const inside = visits.flatMap((view) => findInside(view, grants, now));
  const isInside = new Set(inside.map(({ view }) => view));
  return {
    account,
    inside,
    asked: asked.items,
    live: grants.filter((grant) => grantState(grant, now) === 'live'),
    planned: grants.filter((grant) => grantState(grant, now) === 'scheduled'),
    ended: latest.items.filter((grant) => hasGrantEnded(grant, now)).slice(0, SHOWN_ENDED),
    past: visits.filter((view) => !isInside.has(view)).slice(0, SHOWN_VISITS),
  };
}

/** The last records of an account; that they were read is on record before they are shown. */
export async function readRecord(desk: Desk, account: AccountId): Promise<readonly ShownRecord[]> {
  const { control, caller } = desk;
  const { items } = await searchRecords(control, caller, { account, limit: String(PAGE) });
  return items;
}

function findInside(view: VisitView, grants: readonly Grant[], at: Instant): Inside[] {
  const { visit, state } = view;
  if (state !== 'open') return [];
  const question = {
    principal: visit.principal,
    account: visit.account,
    access: 'read',
    at,
  } as const;
  const until = coveredUntil(grants, question);
  if (until === undefined) return [];
  const mayChange =
    visit.scope !== 'read' && chooseGrant(grants, { ...question, access: 'write' }) !== undefined;
  const admitting = grants.filter(
    (grant) => !hasGrantEnded(grant, at) && admitsPerson(grant.grantee, visit.principal),
  );
  return [{ view, scope: mayChange ? 'write' : 'read', until, admitting }];
}

/** Page after page, as long as the last item of one says that more are wanted. */
async function collect<Item>(
  list: (wish: { after: string | undefined; limit: number }) => Promise<{
    readonly items: readonly Item[];
    readonly next: string | undefined;
  }>,
  wantsMoreAfter: (item: Item) => boolean,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  do {
    const page = await list({ after, limit: PAGE });
    items.push(...page.items);
    const last = page.items.at(-1);
    after = last !== undefined && wantsMoreAfter(last) ? page.next : undefined;
  } while (after !== undefined);
  return items;
}
