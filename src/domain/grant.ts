import { type Access, type Scope, scopeCovers } from './basis.ts';
import type { AccountId, GrantId } from './ids.ts';
import type { Person, Principal } from './principal.ts';
import { Problem, type FieldError } from './problem.ts';
import type { Role } from './rights.ts';
import type { Instant, Milliseconds } from './time.ts';

/**
 * Whom a grant lets in. `email` alone is somebody who has never signed in: it is bound once, to the
 * first person who signs in with that e-mail verified, and from then on only the subject counts.
 */
export type Grantee =
  | { readonly kind: 'role'; readonly role: Role }
  | { readonly kind: 'person'; readonly person: Person; readonly email: string | undefined }
  | { readonly kind: 'email'; readonly email: string };

/** Who a grant came from. */
export interface Grantor extends Person {
  readonly name: string | undefined;
  readonly email: string | undefined;
}

/** An owner's permission for one account, with an end. */
export interface Grant {
  readonly id: GrantId;
  readonly account: AccountId;
  readonly grantee: Grantee;
  readonly scope: Scope;
  readonly reason: string | undefined;
  readonly issuedBy: Grantor;
  readonly issuedAt: Instant;
  readonly startsAt: Instant;
  /** Exclusive: at this instant it is over. */
  readonly expiresAt: Instant;
  readonly revoked:
    | { readonly at: Instant; readonly by: Person; readonly reason: string | undefined }
    | undefined;
  /** Counts changes, so that two people cannot change it past each other. */
  readonly version: number;
}

export type GrantState = 'scheduled' | 'live' | 'expired' | 'revoked';

/** Judged at each question, never by a sweeper. A revocation holds from its place in the log on, whatever the clocks say. */
export function grantState(grant: Grant, at: Instant): GrantState {
  if (grant.revoked !== undefined) return 'revoked';
  if (at >= grant.expiresAt) return 'expired';
  return at < grant.startsAt ? 'scheduled' : 'live';
}

export function hasGrantEnded(grant: Grant, at: Instant): boolean {
  const state = grantState(grant, at);
  return state === 'expired' || state === 'revoked';
}

export function admitsPerson(grantee: Grantee, principal: Principal): boolean {
  if (principal.realm !== 'staff') return false;
  switch (grantee.kind) {
    case 'role':
      return principal.roles.includes(grantee.role);
    case 'person':
      return (
        grantee.person.issuer === principal.issuer && grantee.person.subject === principal.subject
      );
    case 'email':
      return false;
  }
}

/** Whether this grant, at this instant, lets this person do this in this account. */
export function grantCovers(
  grant: Grant,
  question: { principal: Principal; account: AccountId; access: Access; at: Instant },
): boolean {
  return (
    grant.account === question.account &&
    grantState(grant, question.at) === 'live' &&
    admitsPerson(grant.grantee, question.principal) &&
    scopeCovers(grant.scope, question.access)
  );
}

/** Narrowest sufficient scope first, then the earliest issued (ids are time-ordered and break ties). */
export function chooseGrant(
  grants: readonly Grant[],
  question: { principal: Principal; account: AccountId; access: Access; at: Instant },
): Grant | undefined {
  return grants.filter((grant) => grantCovers(grant, question)).toSorted(compareForChoice)[0];
}

function compareForChoice(a: Grant, b: Grant): number {
  if (a.scope !== b.scope) return a.scope === 'read' ? -1 : 1;
  return a.issuedAt - b.issuedAt || (a.id < b.id ? -1 : 1);
}

/**
 * Until when an unbroken chain of live grants lets this person in, from `at` on.
 * Overlapping grants unite: the end of one that another covers is no end.
 */
export function coveredUntil(
  grants: readonly Grant[],
  question: { principal: Principal; account: AccountId; access: Access; at: Instant },
): Instant | undefined {
  let until: Instant | undefined;
  for (;;) {
    const at: Instant = until ?? question.at;
    const ends = grants
      .filter((grant) => grantCovers(grant, { ...question, at }))
      .map((grant) => grant.expiresAt);
    if (ends.length === 0) return until;
    until = Math.max(...ends);
  }
}

/** When a grant really ended or will end. */
function grantEnd(grant: Grant): Instant {
  return Math.min(grant.expiresAt, grant.revoked?.at ?? Number.POSITIVE_INFINITY);
}

/**
 * Whether this person was let in without a gap, from one instant up to and including another. `grants`
 * must hold those that have ended in between. A visit that nothing covered for a moment is over.
 */
export function coversThroughout(
  grants: readonly Grant[],
  question: { principal: Principal; account: AccountId; from: Instant; to: Instant },
): boolean {
  const { principal, account, from, to } = question;
  const admitting = grants.filter(
    (grant) => grant.account === account && admitsPerson(grant.grantee, principal),
  );
  let at = from;
  while (at <= to) {
    const ends = admitting
      .filter((grant) => grant.startsAt <= at && at < grantEnd(grant))
      .map(grantEnd);
    if (ends.length === 0) return false;
    at = Math.max(...ends);
  }
  return true;
}

export interface GrantLimits {
  readonly maxDurationMs: Milliseconds;
  readonly defaultDurationMs: Milliseconds;
}

/** What an owner asked for, its fields already well-formed. */
export interface GrantWish {
  readonly account: AccountId;
  readonly grantee: Grantee;
  readonly scope: Scope;
  readonly durationMs: Milliseconds | undefined;
  readonly expiresAt: Instant | undefined;
  readonly startsAt: Instant | undefined;
  readonly reason: string | undefined;
}

/** How far before "now" a start may lie, for the sake of a browser's clock. */
const START_TOLERANCE_MS = 60_000;

/**
 * Makes a grant of a wish. Throws `invalid-request` naming each field that breaks a limit:
 * a grant starts now or later, ends after it starts, and lasts at most `maxDurationMs`.
 */
export function issueGrant(
  wish: GrantWish,
  facts: { id: GrantId; issuedBy: Grantor; now: Instant; limits: GrantLimits },
): Grant {
  const startsAt = Math.max(wish.startsAt ?? facts.now, facts.now);
  const expiresAt =
    wish.expiresAt ?? startsAt + (wish.durationMs ?? facts.limits.defaultDurationMs);
  const errors = windowErrors(wish, { startsAt, expiresAt, ...facts });
  if (errors.length > 0)
    throw new Problem('invalid-request', 'The permission cannot be issued like this.', { errors });
  return {
    id: facts.id,
    account: wish.account,
    grantee: wish.grantee,
    scope: wish.scope,
    reason: wish.reason,
    issuedBy: facts.issuedBy,
    issuedAt: facts.now,
    startsAt,
    expiresAt,
    revoked: undefined,
    version: 1,
  };
}

function windowErrors(
  wish: GrantWish,
  window: { startsAt: Instant; expiresAt: Instant; now: Instant; limits: GrantLimits },
): FieldError[] {
  const errors: FieldError[] = [];
  const end = wish.expiresAt === undefined ? '/duration' : '/expiresAt';
  if (wish.durationMs !== undefined && wish.expiresAt !== undefined)
    errors.push({ pointer: '/expiresAt', detail: 'Give either a duration or an end, not both.' });
  if (wish.startsAt !== undefined && wish.startsAt < window.now - START_TOLERANCE_MS)
    errors.push({ pointer: '/startsAt', detail: 'The start lies in the past.' });
  if (window.expiresAt <= window.startsAt)
    errors.push({ pointer: end, detail: 'The end lies before the start.' });
  if (window.expiresAt - window.startsAt > window.limits.maxDurationMs)
    errors.push({ pointer: end, detail: 'This is longer than a permission may last.' });
  if (window.startsAt - window.now > window.limits.maxDurationMs)
    errors.push({ pointer: '/startsAt', detail: 'The start lies too far ahead.' });
  return errors;
}

/** How a grant is to be; what is not said stays. */
export interface GrantChange {
  readonly expiresAt?: Instant | undefined;
  readonly scope?: Scope | undefined;
}

/**
 * Changes a grant: shorter or narrower at will, longer up to `maxDurationMs` from `now` on, never wider.
 * Throws `grant-ended`, and `invalid-request` naming each field that breaks a limit.
 */
export function changeGrant(
  grant: Grant,
  change: GrantChange,
  facts: { now: Instant; limits: GrantLimits },
): Grant {
  if (hasGrantEnded(grant, facts.now))
    throw new Problem('grant-ended', 'This permission has already ended.');
  const errors = changeErrors(grant, change, facts);
  if (errors.length > 0)
    throw new Problem('invalid-request', 'The permission cannot be changed like this.', { errors });
  const { expiresAt = grant.expiresAt, scope = grant.scope } = change;
  return { ...grant, expiresAt, scope, version: grant.version + 1 };
}

function changeErrors(
  grant: Grant,
  { expiresAt, scope }: GrantChange,
  { now, limits }: { now: Instant; limits: GrantLimits },
): FieldError[] {
  const errors: FieldError[] = [];
  if (expiresAt === undefined && scope === undefined)
    errors.push({ pointer: '', detail: 'Say what is to change: its end or its scope.' });
  if (expiresAt !== undefined && expiresAt <= Math.max(now, grant.startsAt))
    errors.push({
      pointer: '/expiresAt',
      detail: 'The end lies in the past, or before the start.',
    });
  if (expiresAt !== undefined && expiresAt > Math.max(grant.expiresAt, now + limits.maxDurationMs))
    errors.push({ pointer: '/expiresAt', detail: 'This is longer than a permission may last.' });
  if (scope !== undefined && !scopeCovers(grant.scope, scope))
    errors.push({ pointer: '/scope', detail: 'A permission is never widened. Issue another one.' });
  return errors;
}

/** Ends a grant. Throws `grant-ended` if it has already ended. */
export function revokeGrant(
  grant: Grant,
  by: { person: Person; reason: string | undefined; now: Instant },
): Grant {
  if (hasGrantEnded(grant, by.now))
    throw new Problem('grant-ended', 'This permission has already ended.');
  return {
    ...grant,
    revoked: { at: by.now, by: by.person, reason: by.reason },
    version: grant.version + 1,
  };
}

/** Binds a grant that names an e-mail to the first person who signed in with that e-mail verified. */
export function bindGrantee(grant: Grant, person: Person): Grant {
  if (grant.grantee.kind !== 'email') return grant;
  return {
    ...grant,
    grantee: { kind: 'person', person, email: grant.grantee.email },
    version: grant.version + 1,
  };
}
