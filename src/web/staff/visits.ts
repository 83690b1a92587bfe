import { findAuthorization } from '../../control/authorize.ts';
import { listVisits, type VisitView } from '../../control/visit-sight.ts';
import { parseUuid } from '../../domain/ids.ts';
import { isSamePerson } from '../../domain/principal.ts';
import { type Html, html } from '../../http/html.ts';
import { type Desk, seeOther, show } from '../desk.ts';
import { readForm } from '../form.ts';
import { moment } from '../moments.ts';
import { STAFF } from '../staff-words.ts';
import { railOf } from './rail.ts';

const PAGE = 50;

/** `GET /visits`: an employee's own visits; for auditors and admins everybody's. */
export async function showVisits(desk: Desk): Promise<void> {
  const { control, caller } = desk;
  if (caller.session.principal.realm === 'owners') {
    seeOther(desk, '/accounts');
    return;
  }
  const { after, done } = readForm(desk.request.query);
  const wish = { after: parseUuid(after), limit: PAGE };
  const { items, next } = await listVisits(control, caller, wish);
  const content = html`<h1>${sayFirst(desk, items)}</h1>
${done === 'closed' && html`<div class="notice" role="status"><p>${STAFF.closedNotice}</p></div>`}
${renderVisits(desk, items)}
${next !== undefined && html`<p class="actions"><a class="button quiet" href="/visits?after=${next}">${STAFF.older}</a></p>`}`;
  show(desk, { title: STAFF.visitsTitle, content, rail: railOf(desk, '/visits') });
}

function may({ control, caller }: Desk, action: 'see' | 'close'): boolean {
  return findAuthorization(control, caller, { resource: 'visit', action }, ['none']) !== undefined;
}

function sayFirst(desk: Desk, views: readonly VisitView[]): string {
  if (may(desk, 'see')) return STAFF.visitsAll;
  const open = views.filter(({ state }) => state === 'open');
  const accounts = new Set(open.map(({ visit }) => visit.account));
  return accounts.size === 0 ? STAFF.visitsNone : STAFF.visitsOpen(accounts.size);
}

function renderVisits(desk: Desk, views: readonly VisitView[]): Html {
  if (views.length === 0) return html`<p class="soft">${STAFF.visitsEmpty}</p>`;
  const heads = STAFF.visitColumns.map((column) => html`<th scope="col">${column}</th>`);
  return html`<div class="table"><table>
<thead><tr>${heads}<td></td></tr></thead>
<tbody>${views.map((view) => renderVisit(desk, view))}</tbody></table></div>`;
}

function renderVisit(desk: Desk, view: VisitView): Html {
  const { visit, state } = view;
  const { name, email, subject } = visit.principal;
  return html`<tr><td>${visit.account}</td><td>${name ?? email ?? subject}</td>
<td>“${visit.purpose}”${visit.ticket !== undefined && html` <code>${visit.ticket}</code>`}</td>
<td>${moment(visit.openedAt, desk.now)}</td>
<td><span class="meaning ${state === 'open' ? 'live' : 'ended'}">${STAFF.visitState[state]}</span></td>
<td>${state === 'open' && renderActions(desk, view)}</td></tr>`;
}

function renderActions(desk: Desk, { visit }: VisitView): Html | undefined {
  const isOwn = isSamePerson(visit.principal, desk.caller.session.principal);
  if (!isOwn && !may(desk, 'close')) return undefined;
  const inside = `${desk.control.settings.accountOrigin(visit.account)}${visit.to}`;
  return html`<form method="post" action="/visits/${visit.id}/closure">
${isOwn && html`<a href="${inside}">${STAFF.goBack}</a> `}<button class="quiet">${isOwn ? STAFF.done : STAFF.close}</button></form>`;
}
