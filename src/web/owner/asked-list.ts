import type { AccessRequest } from '../../domain/access-request.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { Instant } from '../../domain/time.ts';
import { type Html, html } from '../../http/html.ts';
import { lengthChoices } from '../lengths.ts';
import { moment, sayLength } from '../moments.ts';
import { OWNER, REASON_WORDS, SCOPE_WORDS } from '../words.ts';
import { sayPerson } from './grantee-words.ts';

/** Who asks to come in, each with the three answers there are. */
export function renderAsked(requests: readonly AccessRequest[], now: Instant): Html {
  return html`<h2>${OWNER.asked}</h2>
<ul class="rows">${requests.map((request) => renderOne(request, now))}</ul>`;
}

function renderOne(request: AccessRequest, now: Instant): Html {
  const { id, requester, scope, durationMs, reason, to } = request;
  const action = `/access-requests/${id}`;
  const whom = html`<span class="unseen"> ${sayPerson(requester)}</span>`;
  return html`<li><div>
<p><span class="meaning waiting">${OWNER.asks}</span> <strong>${sayPerson(requester)}</strong>${requester.email !== undefined && ` (${requester.email})`} · ${SCOPE_WORDS[scope]} · ${sayLength(durationMs)}</p>
<p>${REASON_WORDS[reason.code]}: “${reason.text}”${reason.ticket !== undefined && `, ${OWNER.ticket(reason.ticket)}`}${to !== undefined && html` · <code>${to}</code>`}</p>
<p class="soft small">${OWNER.askedAt} ${moment(request.submittedAt, now)}. ${OWNER.askedUntil} ${moment(request.expiresAt, now)}.</p>
<form method="post" action="${action}/approval"><p class="actions"><button>${OWNER.allowAsked}${whom}</button></p></form>
<form method="post" action="${action}/approval"><p class="actions">${renderLess(request)} <button class="quiet">${OWNER.allowLess}${whom}</button></p></form>
<form method="post" action="${action}/denial"><p class="actions"><label>${OWNER.whyNot} <input type="text" name="reason" maxlength="500"></label> <button class="quiet">${OWNER.no}${whom}</button></p></form>
</div></li>`;
}

/** The shortest and looking only, unless something else is chosen; never more than was asked. */
function renderLess({ scope, durationMs }: AccessRequest): Html {
  const asked = { value: formatDuration(durationMs), label: sayLength(durationMs) };
  const shorter = lengthChoices(durationMs).filter(({ value }) => value !== asked.value);
  const lengths = [...shorter, asked].map(
    ({ value, label }) => html`<option value="${value}">${label}</option>`,
  );
  const scopes = (['read', 'write'] as const)
    .filter((one) => one === 'read' || scope === 'write')
    .map((one) => html`<option value="${one}">${SCOPE_WORDS[one]}</option>`);
  return html`<label>${OWNER.what} <select name="scope">${scopes}</select></label>
<label>${OWNER.howLong} <select name="duration">${lengths}</select></label>`;
}
