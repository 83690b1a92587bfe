import type { IncomingMessage } from 'node:http';
import { type Assertion, recordIndexOf } from '../../upstream/index.ts';
import type { CustomerAccount } from './accounts/customer-account.ts';
import type { Accounts } from './accounts/open-accounts.ts';

/** Who is asking, in which account: what the gateway vouches for, and nothing the client says. */
export interface Visitor {
  readonly assertion: Assertion;
  readonly account: CustomerAccount;
  /** The index of this access in the gateway's log. */
  readonly record: number | undefined;
}

/** Reads who is asking from a request that `requireAssertion` let pass. */
export function readVisitor(request: IncomingMessage, accounts: Accounts): Visitor | undefined {
  const assertion = request.sallyport;
  const account = assertion === undefined ? undefined : accounts.get(assertion.account);
  if (assertion === undefined || account === undefined) return undefined;
  return { assertion, account, record: recordIndexOf(request) };
}
