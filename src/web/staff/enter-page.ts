import type { WayIn } from '../../control/accounts.ts';
import type { Account } from '../../domain/change.ts';
import type { Grant } from '../../domain/grant.ts';
import type { Principal } from '../../domain/principal.ts';
import type { Instant } from '../../domain/time.ts';
import { type Html, html } from '../../http/html.ts';
import { type Filled, otherMistakes, radioField, textField } from '../fields.ts';
import { moment, sayLength } from '../moments.ts';
import { STAFF } from '../staff-words.ts';
import { SCOPE_WORDS } from '../words.ts';

const SHOWN_POINTERS = ['/purpose', '/ticket', '/to', '/scope'];

/** What lets me in, and the one form that does. */
export function renderWayIn(account: Account, wayIn: WayIn, filled: Filled, now: Instant): Html {
  const { grant, scope, until } = wayIn;
  const name = account.name ?? account.id;
  const whose = grant.issuedBy.name ?? grant.issuedBy.email ?? STAFF.owner;
  return html`<h1>${STAFF.canEnter(name)}</h1>
<p class="lead">${STAFF.allowedBy(whose, SCOPE_WORDS[scope])}, ${STAFF.until} ${moment(until, now)}.</p>
<p><span class="meaning live">${STAFF.left(sayLength(until - now))}</span>${grant.reason !== undefined && html` <span class="soft">“${grant.reason}”</span>`}</p>
<form method="post" action="/enter" class="card">
${otherMistakes(filled, SHOWN_POINTERS)}
<input type="hidden" name="account" value="${account.id}">
${textField(filled, { name: 'purpose', label: STAFF.purpose, hint: STAFF.purposeHint, maxLength: 500, isRequired: true })}
${textField(filled, { name: 'ticket', label: STAFF.ticket, maxLength: 100 })}
${textField(filled, { name: 'to', label: STAFF.to, hint: STAFF.toHint, maxLength: 2048 })}
${scope === 'write' && renderScope(filled)}
<p class="actions"><button>${STAFF.enterButton(name)}</button></p>
</form>
<p class="soft small">${STAFF.onRecord}</p>`;
}

function renderScope(filled: Filled): Html {
  return radioField(filled, {
    name: 'scope',
    label: STAFF.scope,
    chosen: 'write',
    choices: (['write', 'read'] as const).map((value) => ({ value, label: SCOPE_WORDS[value] })),
  });
}

/** Why nothing lets me in, and what would. */
export function renderNoWayIn(
  account: Account,
  facts: {
    next: Grant | undefined;
    last: { readonly at: Instant } | undefined;
    principal: Principal;
    ownerUrl: string;
    self: string;
    now: Instant;
    /** The form that asks, for whoever may ask here. */
    ask: Html | undefined;
  },
): Html {
  const { principal, ownerUrl, self } = facts;
  const message = STAFF.message({
    account: account.name ?? account.id,
    url: ownerUrl,
    email: principal.verifiedEmail,
  });
  return html`<h1>${STAFF.cannotEnter}</h1>
<p class="lead">${renderWhyNot(facts)}</p>
${facts.ask}
<h2>${facts.ask === undefined ? STAFF.howToGetIn : STAFF.orTell}</h2>
<p>${STAFF.askOwner}</p>
<div class="card">${message.map((line) => html`<p>${line}</p>`)}</div>
<p class="actions"><a class="button" href="${self}">${STAFF.tryAgain}</a></p>`;
}

function renderWhyNot({
  next,
  last,
  now,
}: {
  next: Grant | undefined;
  last: { readonly at: Instant } | undefined;
  now: Instant;
}): Html {
  if (next !== undefined) return html`${STAFF.startsLater} ${moment(next.startsAt, now)}.`;
  if (last !== undefined) return html`${STAFF.lastEnded} ${moment(last.at, now)}.`;
  return html`${STAFF.neverAllowed}`;
}

/** A field for the account, when none was named or there is none of that name. */
export function renderWhichAccount(title: string, filled: Filled): Html {
  return html`<h1>${title}</h1>
<form method="get" action="/enter">
${textField(filled, { name: 'account', label: STAFF.account, hint: STAFF.accountHint, maxLength: 63, isRequired: true })}
<p class="actions"><button>${STAFF.enterAccount}</button></p>
</form>`;
}
