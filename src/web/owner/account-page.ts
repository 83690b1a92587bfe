import { type Grant, grantState } from '../../domain/grant.ts';
import { type Html, html } from '../../http/html.ts';
import type { VisitView } from '../../control/visit-sight.ts';
import type { Instant } from '../../domain/time.ts';
import { moment, sayLength } from '../moments.ts';
import { OWNER, SCOPE_WORDS, sayWhatIsAllowed, sayWhoIsIn, VISIT_END_WORDS } from '../words.ts';
import type { AccountSight, Inside } from './account-sight.ts';
import { renderAsked } from './asked-list.ts';
import { sayGrantee, sayPerson } from './grantee-words.ts';
import type { RecordLine } from './record-lines.ts';

/** Who can see my account: the owner's whole page. */
export function renderAccountPage(
  sight: AccountSight,
  parts: {
    now: Instant;
    notice: string | undefined;
    allowForm: Html;
    lines: readonly RecordLine[];
  },
): Html {
  const { now } = parts;
  const people = new Set(sight.inside.map(({ view }) => view.visit.principal.subject));
  const counts = { inside: people.size, permissions: sight.live.length };
  return html`<h1>${sayWhoIsIn(counts)}</h1>
<p class="lead">${sayWhatIsAllowed(counts)}</p>
${parts.notice !== undefined && html`<div class="notice" role="status"><p>${parts.notice}</p></div>`}
${sight.inside.length > 0 && renderInside(sight.inside, now)}
${sight.asked.length > 0 && renderAsked(sight.asked, now)}
<h2>${OWNER.permissions}</h2>
${renderPermissions([...sight.live, ...sight.planned], now)}
<h2 id="allow-title">${OWNER.allowTitle}</h2>
<div class="card">${parts.allowForm}</div>
<h2>${OWNER.visits}</h2>
${renderPast(sight.past, now)}
<h2>${OWNER.record}</h2>
<p class="soft small">${OWNER.recordLead}</p>
${renderLines(parts.lines, now)}
${sight.ended.length > 0 && renderEnded(sight.ended, now)}`;
}

function renderInside(inside: readonly Inside[], now: Instant): Html {
  return html`<h2>${OWNER.insideNow}</h2>
<ul class="rows">${inside.map((one) => renderOneInside(one, now))}</ul>`;
}

function renderOneInside({ view, scope, until, admitting }: Inside, now: Instant): Html {
  const { visit } = view;
  const isTeam = admitting.some(({ grantee }) => grantee.kind === 'role');
  const words = [SCOPE_WORDS[scope], OWNER.left(sayLength(until - now))].join(' · ');
  return html`<li><div>
<p><span class="meaning live">${sayPerson(visit.principal)}</span> · ${words}</p>
<p>“${visit.purpose}”${visit.ticket !== undefined && `, ${OWNER.ticket(visit.ticket)}`}, ${OWNER.since} ${moment(visit.openedAt, now)}</p>
<p class="soft small">${OWNER.endNowSays(admitting.length)} ${isTeam && OWNER.endNowTeam}</p>
</div>
<form method="post" action="/visits/${visit.id}/closure"><button>${OWNER.endNow}</button></form></li>`;
}

function renderPermissions(grants: readonly Grant[], now: Instant): Html {
  if (grants.length === 0) return html`<p class="soft">${OWNER.noPermissions}</p>`;
  return html`<ul class="rows">${grants.map((grant) => renderPermission(grant, now))}</ul>`;
}

function renderPermission(grant: Grant, now: Instant): Html {
  const isLive = grantState(grant, now) === 'live';
  const starts = html`${OWNER.from} ${moment(grant.startsAt, now)}, `;
  return html`<li><div>
<p><span class="meaning ${isLive ? 'live' : 'waiting'}">${isLive ? OWNER.live : OWNER.planned}</span>
<strong>${sayGrantee(grant.grantee)}</strong> · ${SCOPE_WORDS[grant.scope]}</p>
<p class="soft">${!isLive && starts}${OWNER.until} ${moment(grant.expiresAt, now)}${isLive && ` · ${OWNER.left(sayLength(grant.expiresAt - now))}`}${grant.reason !== undefined && ` · “${grant.reason}”`}</p>
</div>
<form method="post" action="/grants/${grant.id}/revocation"><button class="quiet">${OWNER.end}<span class="unseen"> ${sayGrantee(grant.grantee)}</span></button></form></li>`;
}

function renderEnded(grants: readonly Grant[], now: Instant): Html {
  const rows = grants.map(
    (grant) => html`<li><div>
<p><span class="meaning ended">${OWNER.ended}</span> ${sayGrantee(grant.grantee)} · ${SCOPE_WORDS[grant.scope]}</p>
<p class="soft small">${grant.revoked === undefined ? html`${OWNER.ranOut}, ${moment(grant.expiresAt, now)}` : html`${OWNER.youEnded}, ${moment(grant.revoked.at, now)}`}</p>
</div></li>`,
  );
  return html`<h2>${OWNER.endedPermissions}</h2><ul class="rows">${rows}</ul>`;
}

function renderPast(past: readonly VisitView[], now: Instant): Html {
  if (past.length === 0) return html`<p class="soft">${OWNER.noVisits}</p>`;
  const rows = past.map(
    ({ visit, state }) => html`<tr><td>${moment(visit.openedAt, now)}</td>
<td>${sayPerson(visit.principal)}</td>
<td>“${visit.purpose}”${visit.ticket !== undefined && `, ${OWNER.ticket(visit.ticket)}`}</td>
<td>${renderPastEnd({ visit, state }, now)}</td></tr>`,
  );
  return renderTable(OWNER.visitColumns, rows);
}

function renderPastEnd({ visit, state }: VisitView, now: Instant): Html {
  if (visit.closed !== undefined)
    return html`${moment(visit.closed.at, now)}, ${VISIT_END_WORDS[visit.closed.why]}`;
  return html`${state === 'open' ? OWNER.canDoNothing : OWNER.signInEnded}`;
}

function renderLines(lines: readonly RecordLine[], now: Instant): Html {
  if (lines.length === 0) return html`<p class="soft">${OWNER.noRecord}</p>`;
  const rows = lines.map(
    ({ at, who, what, isRefused }) => html`<tr><td>${moment(at, now, 'seconds')}</td><td>${who}</td>
<td>${isRefused ? html`<span class="meaning refused">${what}</span>` : what}</td></tr>`,
  );
  return renderTable(OWNER.recordColumns, rows);
}

function renderTable(columns: readonly string[], rows: readonly Html[]): Html {
  const heads = columns.map((column) => html`<th scope="col">${column}</th>`);
  return html`<div class="table"><table><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
