import {
  type Grant,
  type Grantee,
  isSomebody,
  personKey,
  type SignIn,
  type Visit,
} from './facts.ts';
import type { PolicyRows } from './policy-rows.ts';
import type { Statement } from './statement.ts';

/** What an access could rest on, as the log told it before it. `undefined`: it told of no such thing. */
export interface Ground {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly signIn: SignIn | undefined;
  readonly visit: Visit | undefined;
  readonly grant: Grant | undefined;
  readonly policy: PolicyRows | undefined;
}

/** Why somebody should not have been let in; `undefined` if he was let in rightly. */
export function flawOfAccess(says: Statement, ground: Ground): string | undefined {
  return (
    flawOfSignIn(says, ground) ??
    flawOfVisit(says, ground) ??
    flawOfBasis(says, ground) ??
    flawOfRule(says, ground)
  );
}

function flawOfSignIn(says: Statement, { at, signIn }: Ground): string | undefined {
  if (signIn === undefined) return 'its sign-in had not started';
  if (signIn.isEnded) return 'its sign-in had ended';
  if (at >= signIn.expiresAt) return 'its sign-in was over';
  if (signIn.realm !== 'staff' || says.within('actor').text('realm') !== 'staff')
    return 'its actor was not of the staff';
  if (signIn.person !== personKey(says.within('actor')) || !isSomebody(signIn.person))
    return 'its sign-in was of somebody else';
  return undefined;
}

function flawOfVisit(says: Statement, { at, visit }: Ground): string | undefined {
  if (visit === undefined) return 'its visit had not been opened';
  if (visit.isClosed) return 'its visit had been closed';
  if (at >= visit.expiresAt) return 'its visit was over';
  if (visit.account === undefined || visit.account !== says.text('account'))
    return 'its visit was to another account';
  if (visit.kind !== says.within('basis').text('kind'))
    return 'its visit stood on another kind of basis';
  if (visit.scope !== undefined && visit.scope !== 'write' && says.text('access') !== 'read')
    return 'its visit was to look only';
  const actor = says.within('actor');
  if (visit.person !== personKey(actor) || visit.session !== actor.text('session'))
    return 'its visit was of somebody else';
  return undefined;
}

function flawOfBasis(says: Statement, { at, grant, signIn }: Ground): string | undefined {
  const kind = says.within('basis').text('kind');
  if (kind !== 'grant') return `its basis was a ${kind}, which no entry can have opened`;
  if (grant === undefined) return 'its grant had not been issued';
  if (grant.flaw !== undefined) return `its grant was not born rightly: ${grant.flaw}`;
  if (grant.isRevoked) return 'its grant had been revoked';
  if (grant.account !== says.text('account')) return 'its grant was for another account';
  if (at < grant.startsAt) return 'its grant had not started';
  if (at >= grant.expiresAt) return 'its grant had expired';
  if (grant.scope !== 'write' && says.text('access') !== 'read')
    return 'its grant was to look only';
  return admits(grant.grantee, signIn) ? undefined : 'its grant did not admit its actor';
}

/** Roles are those the sign-in brought, not those the access says. */
function admits(grantee: Grantee, signIn: SignIn | undefined): boolean {
  if (signIn === undefined) return false;
  if (grantee.kind === 'role') return grantee.role !== undefined && signIn.roles.has(grantee.role);
  return grantee.kind === 'person' && grantee.person === signIn.person && isSomebody(signIn.person);
}

function flawOfRule(says: Statement, { policy, signIn }: Ground): string | undefined {
  if (policy === undefined) return 'its policy had not been loaded';
  const cell = {
    role: '',
    resource: 'content',
    action: says.text('access') ?? '',
    basis: says.within('basis').text('kind') ?? '',
  };
  return policy.whyNot(says.text('rule'), cell, signIn?.roles ?? new Set());
}
