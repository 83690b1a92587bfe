import { submitAccessRequest, withdrawAccessRequest } from '../../control/access-requests.ts';
import { parseAccountId } from '../../domain/account-id.ts';
import { type AccessRequestId, parseUuid } from '../../domain/ids.ts';
import { type FieldError, Problem } from '../../domain/problem.ts';
import { type Desk, seeOther } from '../desk.ts';
import { attempt, type Form, readForm, withoutEmpty } from '../form.ts';
import { addressOf, showFilled } from './enter.ts';

/** `POST /accounts/{account}/access-requests`: asks, and shows that it was asked. */
export async function ask(desk: Desk): Promise<void> {
  const { control, caller, request } = desk;
  const values = readForm(request.body);
  const id = parseAccountId(request.params['account']);
  const mistakes = await asked(() => submitAccessRequest(control, caller, id, wishOf(values)));
  const filled = { ...values, account: id ?? '' };
  if (mistakes.length > 0) await showFilled(desk, { values: filled, mistakes });
  else seeOther(desk, addressOf(filled));
}

/** `POST /access-requests/{id}/withdrawal`. */
export async function withdraw(desk: Desk): Promise<void> {
  const { control, caller, request } = desk;
  const id = parseUuid<AccessRequestId>(request.params['id']);
  const { account } = await withdrawAccessRequest(control, caller, id);
  seeOther(desk, addressOf({ account }));
}

/** That an earlier one waits is said by the page that is shown then. */
async function asked(act: () => Promise<unknown>): Promise<readonly FieldError[]> {
  try {
    const outcome = await attempt(act);
    return 'mistakes' in outcome ? outcome.mistakes : [];
  } catch (error) {
    if (error instanceof Problem && error.code === 'request-pending') return [];
    throw error;
  }
}

function wishOf(values: Form): object {
  const { code = '', text = '', ticket, scope, duration, to } = withoutEmpty(values);
  return {
    scope,
    duration,
    reason: { code, text, ...(ticket === undefined ? {} : { ticket }) },
    ...(to === undefined ? {} : { to }),
  };
}
