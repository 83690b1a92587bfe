import { issueGrant, revokeGrant } from '../../control/grants.ts';
import { parseAccountId } from '../../domain/account-id.ts';
import { type AccountId, type GrantId, parseUuid } from '../../domain/ids.ts';
import { type Desk, seeOther, show } from '../desk.ts';
import type { Filled } from '../fields.ts';
import { attempt, readForm } from '../form.ts';
import { OWNER } from '../words.ts';
import { renderAccountPage } from './account-page.ts';
import { lookAt, readRecord } from './account-sight.ts';
import { readAllowForm, renderAllowForm, sayMistakes } from './allow-form.ts';
import { tellRecords } from './record-lines.ts';

const SHOWN_LINES = 50;

/** `GET /accounts/{account}`: who can see my account. Employees are sent to where they enter. */
export async function showAccount(desk: Desk): Promise<void> {
  const id = accountOf(desk);
  if (desk.caller.session.principal.realm === 'staff')
    seeOther(desk, `/enter?account=${encodeURIComponent(id ?? '')}`);
  else await showFilled(desk, id, { values: {}, mistakes: [] });
}

/** `POST /accounts/{account}/grants`: allow somebody in. */
export async function allow(desk: Desk): Promise<void> {
  const { control, caller, request, now } = desk;
  const id = accountOf(desk);
  const values = readForm(request.body);
  const read = readAllowForm(values, now);
  const outcome =
    'mistakes' in read ? read : await attempt(() => issueGrant(control, caller, id, read.wish));
  if ('mistakes' in outcome)
    await showFilled(desk, id, { values, mistakes: sayMistakes(outcome.mistakes) });
  else seeOther(desk, `/accounts/${outcome.done.account}?done=allowed`);
}

/** `POST /grants/{id}/revocation`: end a permission. */
export async function endPermission(desk: Desk): Promise<void> {
  const { control, caller, request } = desk;
  const id = parseUuid<GrantId>(request.params['id']);
  const grant = await revokeGrant(control, caller, id, {});
  seeOther(desk, `/accounts/${grant.account}?done=ended`);
}

async function showFilled(desk: Desk, id: AccountId | undefined, filled: Filled): Promise<void> {
  const { control, caller, request, now } = desk;
  const sight = await lookAt(desk, id);
  const { account } = sight;
  const records = await readRecord(desk, account.id);
  const action = `/accounts/${account.id}/grants`;
  const content = renderAccountPage(sight, {
    now,
    notice: sayDone(readForm(request.query)['done']),
    allowForm: renderAllowForm(action, control.settings.grants, filled),
    lines: tellRecords(records, caller.session.principal, SHOWN_LINES),
  });
  const isSomeoneInside = sight.inside.length > 0;
  const page = { title: OWNER.pageTitle, content, account, isSomeoneInside };
  show(desk, page, filled.mistakes.length > 0 ? 422 : 200);
}

function sayDone(done: string | undefined): string | undefined {
  return done !== undefined && isDone(done) ? OWNER.done[done] : undefined;
}

function isDone(word: string): word is keyof typeof OWNER.done {
  return Object.hasOwn(OWNER.done, word);
}

function accountOf({ request }: Desk): AccountId | undefined {
  return parseAccountId(request.params['account']);
}
