import { listAccounts } from '../../control/accounts.ts';
import { html } from '../../http/html.ts';
import { type Desk, seeOther, show } from '../desk.ts';
import { OWNER } from '../words.ts';

/** As many as a sign-in can reasonably name. */
const MOST = 200;

/** `GET /accounts`: an owner's accounts; if there is one, its page. */
export async function showOwnAccounts(desk: Desk): Promise<void> {
  const { control, caller } = desk;
  if (caller.session.principal.realm === 'staff') {
    seeOther(desk, '/');
    return;
  }
  const { items } = await listAccounts(control, caller, { after: undefined, limit: MOST });
  const [first, ...more] = items;
  if (first !== undefined && more.length === 0) seeOther(desk, `/accounts/${first.account.id}`);
  else
    showChoice(
      desk,
      items.map(({ account }) => account),
    );
}

function showChoice(
  desk: Desk,
  accounts: readonly { readonly id: string; readonly name: string | undefined }[],
): void {
  const rows = accounts.map(
    ({ id, name }) =>
      html`<li><a href="/accounts/${id}">${name ?? id}</a>${name !== undefined && html`<code>${id}</code>`}</li>`,
  );
  const content =
    accounts.length === 0
      ? html`<h1>${OWNER.noAccounts}</h1><p class="lead">${OWNER.noAccountsLead}</p>`
      : html`<h1>${OWNER.accountsTitle}</h1><p class="lead">${OWNER.accountsLead}</p><ul class="rows">${rows}</ul>`;
  show(desk, { title: OWNER.accountsTitle, content });
}
