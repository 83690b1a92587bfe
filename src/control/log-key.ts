import { toHex } from '../audit/hex.ts';
import type { AccountId } from '../domain/ids.ts';
import { Problem } from '../domain/problem.ts';
import { reachAccount } from './accounts.ts';
import { authorize } from './authorize.ts';
import type { Caller, Control } from './control.ts';
import { recordReading } from './records.ts';

/** What finds the entries of an account in the public log. */
export interface LogKey {
  readonly account: AccountId;
  /** In hex. */
  readonly key: string;
  readonly label: 'acct-tag/v1';
  /** How many tags have been given out: n = 0 … tags − 1. */
  readonly tags: number;
}

/** Throws `unknown-account`, `not-permitted`, and `not-found` while the account has no entry. */
export async function seeLogKey(
  control: Control,
  caller: Caller,
  id: AccountId | undefined,
): Promise<LogKey> {
  const { account, footings } = await reachAccount(control, caller, id);
  authorize(control, caller, { resource: 'record', action: 'see' }, footings);
  const { reader } = control.recorder;
  if ((await reader.tagKey('account', account.id)) === undefined) throw noKey();
  await recordReading(control, caller, { account: account.id, query: 'log-key=1', count: 0 });
  const row = await reader.tagKey('account', account.id);
  if (row === undefined) throw noKey();
  return { account: account.id, key: toHex(row.key), label: 'acct-tag/v1', tags: row.next };
}

function noKey(): Problem {
  return new Problem('not-found', 'This account has no entry in the log yet.');
}
