import type { AccessRequest } from '../../domain/access-request.ts';
import { REASON_CODES, requestState } from '../../domain/access-request.ts';
import type { Account } from '../../domain/change.ts';
import type { Instant, Milliseconds } from '../../domain/time.ts';
import { type Html, html } from '../../http/html.ts';
import { type Filled, otherMistakes, radioField, selectField, textField } from '../fields.ts';
import { lengthChoices, SAFE_LENGTH } from '../lengths.ts';
import { moment, sayLength } from '../moments.ts';
import { STAFF } from '../staff-words.ts';
import { REASON_WORDS, SCOPE_WORDS } from '../words.ts';

const SHOWN_POINTERS = [
  '/reason/code',
  '/reason/text',
  '/reason/ticket',
  '/scope',
  '/duration',
  '/to',
];

/** The form that asks the owners of an account to be let in. */
export function renderRequestForm(account: Account, longest: Milliseconds, filled: Filled): Html {
  const codes = REASON_CODES.map((value) => ({ value, label: REASON_WORDS[value] }));
  return html`<h2>${STAFF.askTitle}</h2>
<form method="post" action="/accounts/${account.id}/access-requests" class="card">
${otherMistakes(filled, SHOWN_POINTERS)}
${selectField(filled, { name: 'code', label: STAFF.askWhy, chosen: 'customer-asked', choices: codes, pointers: ['/reason/code'] })}
${textField(filled, { name: 'text', label: STAFF.askText, hint: STAFF.purposeHint, maxLength: 500, isRequired: true, pointers: ['/reason/text'] })}
${textField(filled, { name: 'ticket', label: STAFF.ticket, maxLength: 100, pointers: ['/reason/ticket'] })}
${textField(filled, { name: 'to', label: STAFF.to, hint: STAFF.toHint, maxLength: 2048 })}
${radioField(filled, {
  name: 'scope',
  label: STAFF.askScope,
  chosen: 'read',
  choices: (['read', 'write'] as const).map((value) => ({ value, label: SCOPE_WORDS[value] })),
})}
${selectField(filled, { name: 'duration', label: STAFF.askLength, chosen: SAFE_LENGTH, choices: lengthChoices(longest) })}
<p class="actions"><button>${STAFF.askButton}</button></p>
</form>`;
}

/** What was asked, while nobody has answered. */
export function renderPending(account: Account, request: AccessRequest, now: Instant): Html {
  const { scope, durationMs, reason, to } = request;
  return html`<h1>${STAFF.askedTitle}</h1>
<p class="lead">${STAFF.askedLead(account.name ?? account.id)}</p>
<div class="card">
<p><span class="meaning waiting">${STAFF.waiting}</span> ${SCOPE_WORDS[scope]} · ${sayLength(durationMs)}${to !== undefined && html` · <code>${to}</code>`}</p>
<p>${REASON_WORDS[reason.code]}: “${reason.text}”${reason.ticket !== undefined && `, ${STAFF.ticket} ${reason.ticket}`}</p>
<p class="soft small">${STAFF.askedAt} ${moment(request.submittedAt, now)}. ${STAFF.askedUntil} ${moment(request.expiresAt, now)}.</p>
</div>
<form method="post" action="/access-requests/${request.id}/withdrawal">
<p class="actions"><button class="quiet">${STAFF.withdraw}</button></p>
</form>
<p class="soft small">${STAFF.refreshes}</p>`;
}

/** How the last question ended, if that is worth telling before the next one. */
export function renderLastAnswer(
  request: AccessRequest | undefined,
  now: Instant,
): Html | undefined {
  if (request === undefined) return undefined;
  const { ended } = request;
  if (ended?.as === 'denied')
    return html`<div class="notice" role="status"><p>${STAFF.denied} ${moment(ended.at, now)}${ended.reason !== undefined && `: “${ended.reason}”`}.</p></div>`;
  if (requestState(request, now) === 'expired')
    return html`<div class="notice" role="status"><p>${STAFF.unanswered} ${moment(request.expiresAt, now)}.</p></div>`;
  return undefined;
}
