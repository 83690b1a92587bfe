import { type AccountView, listAccounts, seeAccount } from '../../control/accounts.ts';
import { listGrants } from '../../control/grants.ts';
import { parseAccountId } from '../../domain/account-id.ts';
import { grantState } from '../../domain/grant.ts';
import { type Html, html } from '../../http/html.ts';
import { type Desk, show } from '../desk.ts';
import { textField } from '../fields.ts';
import { readForm } from '../form.ts';
import { moment, sayLength } from '../moments.ts';
import { STAFF } from '../staff-words.ts';
import { SCOPE_WORDS } from '../words.ts';
import { mayEnter, railOf } from './rail.ts';

const MOST_GRANTS = 200;
const PAGE = 50;

/** `GET /` for employees: where I can enter now, and how to ask for the rest. */
export async function showMyWork(desk: Desk): Promise<void> {
  const entering = mayEnter(desk);
  const open = entering ? await findOpenAccounts(desk) : [];
  const { items, next } = await listAccounts(desk.control, desk.caller, {
    after: parseAccountId(readForm(desk.request.query)['after']),
    limit: PAGE,
  });
  const content = html`${renderAnswer(entering, open.length)}
${open.length > 0 && renderOpen(open, desk)}
${entering && renderEnterForm()}
<h2>${STAFF.allAccounts}</h2>
${renderAll(items, entering)}
${next !== undefined && html`<p class="actions"><a class="button quiet" href="/?after=${next}">${STAFF.more}</a></p>`}`;
  show(desk, { title: STAFF.workTitle, content, rail: railOf(desk, '/') });
}

/** The accounts of the live grants that concern me, as far as they let me in. */
async function findOpenAccounts(desk: Desk): Promise<AccountView[]> {
  const { control, caller, now } = desk;
  const { items } = await listGrants(control, caller, { after: undefined, limit: MOST_GRANTS });
  const live = items.filter((grant) => grantState(grant, now) === 'live');
  const accounts = [...new Set(live.map(({ account }) => account))].toSorted();
  const views = await Promise.all(accounts.map((id) => seeAccount(control, caller, id)));
  return views.filter(({ wayIn }) => wayIn !== undefined);
}

function renderAnswer(entering: boolean, count: number): Html {
  if (!entering)
    return html`<h1>${STAFF.workNoEntry}</h1><p class="lead">${STAFF.workNoEntryLead}</p>`;
  if (count === 0) return html`<h1>${STAFF.workNone}</h1><p class="lead">${STAFF.workNoneLead}</p>`;
  return html`<h1>${STAFF.workOpen(count)}</h1>`;
}

function renderOpen(views: readonly AccountView[], desk: Desk): Html {
  return html`<ul class="rows">${views.map((view) => renderOneOpen(view, desk))}</ul>`;
}

function renderOneOpen({ account, wayIn }: AccountView, { now }: Desk): Html | undefined {
  if (wayIn === undefined) return undefined;
  const left = STAFF.left(sayLength(wayIn.until - now));
  return html`<li><div>
<p><span class="meaning live">${account.name ?? account.id}</span> · ${SCOPE_WORDS[wayIn.scope]} · ${left}</p>
<p class="soft small">${STAFF.until} ${moment(wayIn.until, now)}${wayIn.grant.reason !== undefined && ` · “${wayIn.grant.reason}”`}</p>
</div><a class="button" href="/enter?account=${account.id}">${STAFF.enter}<span class="unseen"> ${account.id}</span></a></li>`;
}

function renderEnterForm(): Html {
  const nothing = { values: {}, mistakes: [] };
  return html`<h2>${STAFF.enterAccount}</h2>
<form method="get" action="/enter">
${textField(nothing, { name: 'account', label: STAFF.account, hint: STAFF.accountHint, maxLength: 63, isRequired: true })}
<p class="actions"><button class="quiet">${STAFF.enterAccount}</button></p>
</form>`;
}

function renderAll(views: readonly AccountView[], entering: boolean): Html {
  if (views.length === 0) return html`<p class="soft">${STAFF.noAccounts}</p>`;
  const rows = views.map(
    ({
      account,
      wayIn,
    }) => html`<li><p>${account.name ?? account.id}${account.name !== undefined && html` <code>${account.id}</code>`}</p>
${entering && renderWay(account.id, wayIn !== undefined)}</li>`,
  );
  return html`<ul class="rows">${rows}</ul>`;
}

function renderWay(account: string, isOpen: boolean): Html {
  return isOpen
    ? html`<a href="/enter?account=${account}">${STAFF.enter}</a>`
    : html`<span class="soft">${STAFF.notOpen} · <a href="/enter?account=${account}">${STAFF.ask}</a></span>`;
}
