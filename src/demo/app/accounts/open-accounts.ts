import { makeAcme } from './acme.ts';
import type { CustomerAccount } from './customer-account.ts';
import { makeGlobex } from './globex.ts';
import { makeInitech } from './initech.ts';

const DAY_MS = 86_400_000;

/** The application's accounts by id. */
export type Accounts = ReadonlyMap<string, CustomerAccount>;

/** Makes the three accounts afresh, as they are at `now`; what visitors change lives in memory. */
export function openAccounts(now: Date): Accounts {
  const daysAgo = (days: number) => new Date(now.getTime() - days * DAY_MS);
  const accounts = [makeAcme(daysAgo), makeGlobex(daysAgo), makeInitech(daysAgo)];
  return new Map(accounts.map((account) => [account.id, account]));
}
