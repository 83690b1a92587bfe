import { acceptAgreement } from '../../control/agreement.ts';
import type { Agreement } from '../../control/control.ts';
import { type Html, html } from '../../http/html.ts';
import { parseReturnTo } from '../../http/return-to.ts';
import { type Desk, seeOther, show } from '../desk.ts';
import { readForm } from '../form.ts';
import { STAFF } from '../staff-words.ts';
import { railOf } from './rail.ts';

/** The agreement's whole text, with the one button; afterwards it goes on to `returnTo`. */
export function showAgreement(desk: Desk, agreement: Agreement, returnTo: string): void {
  const content = html`<h1>${STAFF.agreementFirst}</h1>
<p class="soft small">${STAFF.agreementVersion(agreement.version)} · <code>${agreement.digest}</code></p>
<div class="card">${renderText(agreement.text)}</div>
<form method="post" action="/agreement">
<input type="hidden" name="version" value="${agreement.version}">
<input type="hidden" name="returnTo" value="${returnTo}">
<p class="actions"><button>${STAFF.accept}</button></p>
</form>`;
  show(desk, { title: STAFF.agreementTitle, content, rail: railOf(desk, undefined) }, 403);
}

/** `POST /agreement`. */
export async function accept(desk: Desk): Promise<void> {
  const { version, returnTo } = readForm(desk.request.body);
  await acceptAgreement(desk.control, desk.caller, { version });
  seeOther(desk, parseReturnTo(returnTo, desk.publicOrigin));
}

/** Paragraphs, lists and headings of a plain text; every word of it, and no markup from it. */
function renderText(text: string): Html[] {
  return text
    .split(/\r?\n\s*\r?\n/)
    .map((block) => block.trim())
    .filter((block) => block !== '')
    .map(renderBlock);
}

function renderBlock(block: string): Html {
  const lines = block.split(/\r?\n/);
  if (lines.every((line) => /^[-*] /.test(line)))
    return html`<ul>${lines.map((line) => html`<li>${line.slice(2)}</li>`)}</ul>`;
  if (lines.length === 1 && block.startsWith('#'))
    return html`<h3>${block.replace(/^#+\s*/, '')}</h3>`;
  return html`<p>${block}</p>`;
}
