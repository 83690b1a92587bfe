import { type Grant, isSomebody, personKey, readGrant, type SignIn } from './facts.ts';
import type { Statement } from './statement.ts';

/** Sign-ins known so far, by their public name. */
export type SignIns = ReadonlyMap<string, SignIn>;

/**
 * Why a grant was not born rightly; `undefined` if it was: an owner issued it, in a sign-in of his that was
 * alive and named the account as his.
 */
export function flawOfIssue(says: Statement, at: number, signIns: SignIns): string | undefined {
  const actor = says.within('actor');
  const { issuedBy, startsAt, expiresAt, version, account } = readGrant(says);
  const flaw = flawOfOwner(actor, { at, account, signIns });
  if (flaw !== undefined) return flaw;
  if (issuedBy !== personKey(actor)) return 'it names somebody else as its owner';
  if (says.within('basis').text('id') !== says.within('grant').text('id'))
    return 'it names another grant';
  if (version !== 1) return 'it does not begin with its first version';
  return startsAt < expiresAt ? undefined : 'it has no time in which it would hold';
}

/**
 * Why a change of a grant is none that may be: the gateway binds one that named an e-mail to the first
 * person who signs in with it, and an owner changes his own, never to more than it was.
 */
export function flawOfChange(
  says: Statement,
  before: Grant,
  given: { at: number; signIns: SignIns },
): string | undefined {
  const after = readGrant(says);
  if (after.version !== (before.version ?? 0) + 1) return 'a version is missing';
  if (after.issuedBy !== before.issuedBy) return 'it changed its owner';
  const actor = says.within('actor');
  if (actor.text('realm') === 'gateway') return flawOfBinding(before, after, given);
  const flaw = flawOfOwner(actor, { ...given, account: before.account });
  if (flaw !== undefined) return flaw;
  if (JSON.stringify(after.grantee) !== JSON.stringify(before.grantee))
    return 'it changed its grantee';
  if (after.startsAt !== before.startsAt) return 'it changed its start';
  if (given.at >= before.expiresAt) return 'it was changed after its end';
  return after.scope === 'write' && before.scope !== 'write' ? 'it was widened' : undefined;
}

function flawOfBinding(
  before: Grant,
  after: Grant,
  { at, signIns }: { at: number; signIns: SignIns },
): string | undefined {
  const { email } = before.grantee;
  const isSame =
    after.scope === before.scope &&
    after.startsAt === before.startsAt &&
    after.expiresAt === before.expiresAt;
  if (!isSame) return 'the gateway changed more than whom it is for';
  if (before.grantee.kind !== 'email' || email === undefined || after.grantee.kind !== 'person')
    return 'the gateway changed whom it is for';
  const isTheirs = [...signIns.values()].some(
    (signIn) =>
      signIn.startedAt === at &&
      signIn.realm === 'staff' &&
      signIn.person === after.grantee.person &&
      signIn.verifiedEmail?.toLowerCase() === email.toLowerCase(),
  );
  return isTheirs
    ? undefined
    : 'the gateway bound it to somebody who had not signed in with its e-mail';
}

/**
 * Why this was not done by an owner of the account who was signed in. Roles and accounts are those the
 * sign-in brought, not those the entry says.
 */
export function flawOfOwner(
  actor: Statement,
  given: { at: number; account: string | undefined; signIns: SignIns },
): string | undefined {
  if (actor.text('realm') !== 'owners') return 'it did not come from an owner';
  const signIn = given.signIns.get(actor.text('session') ?? '');
  if (signIn === undefined) return 'its owner had not signed in';
  if (signIn.isEnded || given.at >= signIn.expiresAt) return 'its owner was signed out';
  if (signIn.realm !== 'owners' || signIn.person !== personKey(actor) || !isSomebody(signIn.person))
    return 'its owner’s sign-in was of somebody else';
  if (given.account === undefined || !signIn.accounts.has(given.account))
    return 'the account is not one of its owner’s';
  return undefined;
}
