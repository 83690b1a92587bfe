import { type AccountView, seeAccount, type WayIn } from '../../control/accounts.ts';
import { hasAcceptedAgreement } from '../../control/agreement.ts';
import { listGrantsOf } from '../../control/grants.ts';
import { openVisit } from '../../control/visits.ts';
import { type AccessRequest, requestState } from '../../domain/access-request.ts';
import { parseAccountId } from '../../domain/account-id.ts';
import type { Account } from '../../domain/change.ts';
import { admitsPerson, type Grant, grantState } from '../../domain/grant.ts';
import { Problem } from '../../domain/problem.ts';
import type { Instant } from '../../domain/time.ts';
import { html } from '../../http/html.ts';
import { type Desk, seeOther, show } from '../desk.ts';
import type { Filled } from '../fields.ts';
import { attempt, type Form, readForm, withoutEmpty } from '../form.ts';
import { STAFF } from '../staff-words.ts';
import { showAgreement } from './agreement.ts';
import { renderNoWayIn, renderWayIn, renderWhichAccount } from './enter-page.ts';
import { findLastRequest, mayAsk } from './last-request.ts';
import { mayEnter, railOf } from './rail.ts';
import { renderLastAnswer, renderPending, renderRequestForm } from './request-page.ts';

const LOOKED_BACK = 50;
const LOOK_AGAIN_SECONDS = 10;

/** `GET /enter?account=&to=&ticket=`: the one page that lets in, or says why not. */
export async function showEnter(desk: Desk): Promise<void> {
  const values = readForm(desk.request.query);
  if (desk.caller.session.principal.realm === 'owners') showOwnerIsHere(desk);
  else if (!mayEnter(desk)) showNoRole(desk);
  else await showFilled(desk, { values, mistakes: [] });
}

/** `POST /enter`: opens the visit and goes there, by a code that is good once. */
export async function enter(desk: Desk): Promise<void> {
  const values = readForm(desk.request.body);
  // What is required stays, so that it is missed in words.
  const input = { purpose: '', ...withoutEmpty(values) };
  const outcome = await attempt(() => openOrNothing(desk, input));
  if ('mistakes' in outcome) await showFilled(desk, { values, mistakes: outcome.mistakes });
  else if (outcome.done?.url === undefined) await showFilled(desk, { values, mistakes: [] });
  else seeOther(desk, outcome.done.url);
}

/** Whatever else stands in the way is said by the page that is shown then, which looks anew. */
async function openOrNothing(desk: Desk, input: Form) {
  try {
    return await openVisit(desk.control, desk.caller, input);
  } catch (error) {
    const isSaidThere =
      error instanceof Problem &&
      (error.code === 'no-basis' ||
        error.code === 'agreement-required' ||
        error.code === 'unknown-account');
    if (isSaidThere) return undefined;
    throw error;
  }
}

export async function showFilled(desk: Desk, filled: Filled): Promise<void> {
  const written = filled.values['account'] ?? '';
  const view = written === '' ? undefined : await findAccount(desk, written);
  if (view === undefined) showWhichAccount(desk, filled, written !== '');
  else if (view.wayIn === undefined) await showNoWayIn(desk, view.account, filled);
  else await showWayIn(desk, { ...view, wayIn: view.wayIn }, filled);
}

async function findAccount(desk: Desk, written: string): Promise<AccountView | undefined> {
  try {
    return await seeAccount(desk.control, desk.caller, parseAccountId(written.trim()));
  } catch (error) {
    if (error instanceof Problem && error.code === 'unknown-account') return undefined;
    throw error;
  }
}

async function showWayIn(
  desk: Desk,
  { account, wayIn }: AccountView & { wayIn: WayIn },
  filled: Filled,
): Promise<void> {
  const { control, caller, now } = desk;
  const { agreement } = control.settings;
  if (agreement !== undefined && (await hasAcceptedAgreement(control, caller)) === false) {
    showAgreement(desk, agreement, addressOf(filled.values));
    return;
  }
  const content = renderWayIn(account, wayIn, filled, now);
  const page = {
    title: STAFF.enterTitle(account.id),
    content,
    account,
    rail: railOf(desk, undefined),
  };
  show(desk, page, filled.mistakes.length > 0 ? 422 : 200);
}

async function showNoWayIn(desk: Desk, account: Account, filled: Filled): Promise<void> {
  const last = mayAsk(desk) ? await findLastRequest(desk, account.id) : undefined;
  if (last !== undefined && requestState(last, desk.now) === 'pending')
    showPending(desk, account, { request: last, self: addressOf(filled.values) });
  else await showWhyNot(desk, account, { filled, last });
}

/** It looks again by itself, and lets in once somebody has said yes. */
function showPending(
  desk: Desk,
  account: Account,
  { request, self }: { request: AccessRequest; self: string },
): void {
  const content = renderPending(account, request, desk.now);
  const rail = railOf(desk, undefined);
  const title = STAFF.enterTitle(account.id);
  show(
    desk,
    { title, content, account, rail, refresh: { seconds: LOOK_AGAIN_SECONDS, href: self } },
    403,
  );
}

async function showWhyNot(
  desk: Desk,
  account: Account,
  { filled, last }: { filled: Filled; last: AccessRequest | undefined },
): Promise<void> {
  const { control, caller, publicOrigin, now } = desk;
  const { principal } = caller.session;
  const { items } = await listGrantsOf(control, caller, account.id, {
    after: undefined,
    limit: LOOKED_BACK,
  });
  const mine = items.filter(({ grantee }) => admitsPerson(grantee, principal));
  const content = renderNoWayIn(account, {
    next: findNext(mine, now),
    last: findLastEnd(mine, now),
    principal,
    ownerUrl: `${publicOrigin}/accounts/${account.id}`,
    self: addressOf(filled.values),
    now,
    ask: mayAsk(desk)
      ? html`${renderLastAnswer(last, now)}${renderRequestForm(account, control.settings.grants.maxDurationMs, filled)}`
      : undefined,
  });
  const rail = railOf(desk, undefined);
  const page = { title: STAFF.enterTitle(account.id), content, account, rail };
  show(desk, page, filled.mistakes.length > 0 ? 422 : 403);
}

function findNext(grants: readonly Grant[], now: Instant): Grant | undefined {
  return grants
    .filter((grant) => grantState(grant, now) === 'scheduled')
    .toSorted((a, b) => a.startsAt - b.startsAt)[0];
}

function findLastEnd(grants: readonly Grant[], now: Instant): { at: Instant } | undefined {
  const ends = grants
    .map((grant) => Math.min(grant.expiresAt, grant.revoked?.at ?? grant.expiresAt))
    .filter((at) => at <= now);
  return ends.length === 0 ? undefined : { at: Math.max(...ends) };
}

function showWhichAccount(desk: Desk, filled: Filled, isUnknown: boolean): void {
  const title = isUnknown ? STAFF.noSuchAccount : STAFF.whichAccount;
  const content = renderWhichAccount(title, filled);
  const page = { title: STAFF.enterAccount, content, rail: railOf(desk, undefined) };
  show(desk, page, isUnknown ? 404 : 200);
}

function showOwnerIsHere(desk: Desk): void {
  const content = html`<h1>${STAFF.ownerHere}</h1><p class="lead">${STAFF.ownerHereLead}</p>
<p class="actions"><a class="button" href="/accounts">${STAFF.ownerGo}</a></p>`;
  show(desk, { title: STAFF.enterAccount, content }, 403);
}

function showNoRole(desk: Desk): void {
  const content = html`<h1>${STAFF.noRole}</h1><p class="lead">${STAFF.noRoleLead}</p>`;
  show(desk, { title: STAFF.enterAccount, content, rail: railOf(desk, undefined) }, 403);
}

/** The one page that lets in again, with what was filled in. */
export function addressOf(values: Form): string {
  const { account = '', to = '', ticket = '' } = values;
  return `/enter?${new URLSearchParams(withoutEmpty({ account, to, ticket })).toString()}`;
}
