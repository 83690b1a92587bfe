import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import type { GrantFact } from '../domain/event.ts';
import {
  type Grant,
  type Grantee,
  issueGrant as makeGrant,
  revokeGrant as endGrant,
} from '../domain/grant.ts';
import { type AccountId, type GrantId, parseUuid } from '../domain/ids.ts';
import { isSamePerson, ownsAccount, type Principal } from '../domain/principal.ts';
import { Problem } from '../domain/problem.ts';
import type { Footing } from '../domain/rights.ts';
import type { Page, PageWish } from '../store/store.ts';
import { reachAccount } from './accounts.ts';
import { authorize, findAuthorization } from './authorize.ts';
import { actorFields, type Caller, conditionProblem, type Control } from './control.ts';
import { durationInput, humanText, instantInput, parseInput, scopeInput } from './input.ts';
import { type Once, onceFor, repeatedAnswer } from './once.ts';
import { namedPersonOf, personOf } from './person.ts';
import { recordingRefusal } from './refusals.ts';

/** The roles whose holders a grant can let in. */
const GRANTABLE_ROLES = ['support', 'compliance', 'responder'] as const;

export const grantInput = z.strictObject({
  grantee: z.string().min(1).max(320),
  scope: scopeInput,
  duration: durationInput.optional(),
  expiresAt: instantInput.optional(),
  startsAt: instantInput.optional(),
  reason: humanText(500).optional(),
});

export const revocationInput = z.strictObject({ reason: humanText(500).optional() });

/** Issues a grant for an account. Throws `unknown-account`, `not-permitted`, `invalid-request`. */
export async function issueGrant(
  control: Control,
  caller: Caller,
  id: AccountId | undefined,
  input: unknown,
  once?: Once,
): Promise<Grant> {
  const wanted = () => ({ act: 'grant.issue', account: id }) as const;
  return recordingRefusal(control, caller, wanted, () =>
    issueWished(control, caller, id, input, once),
  );
}

async function issueWished(
  control: Control,
  caller: Caller,
  id: AccountId | undefined,
  input: unknown,
  once: Once | undefined,
): Promise<Grant> {
  const { account, footings } = await reachAccount(control, caller, id);
  const { policy } = authorize(control, caller, { resource: 'grant', action: 'issue' }, footings);
  const repeated = await repeatedAnswer(control, once);
  if (repeated !== undefined) return seeGrant(control, caller, parseUuid<GrantId>(repeated));
  const wish = parseInput(grantInput, input);
  const grant = makeGrant(
    {
      account: account.id,
      grantee: await resolveGrantee(control, wish.grantee),
      scope: wish.scope,
      durationMs: wish.duration,
      expiresAt: wish.expiresAt,
      startsAt: wish.startsAt,
      reason: wish.reason,
    },
    {
      id: randomUUIDv7() as GrantId,
      issuedBy: namedPersonOf(caller.session.principal),
      now: control.recorder.now(),
      limits: control.settings.grants,
    },
  );
  const { session } = caller;
  const kept = onceFor(control, once, grant.id);
  const recording = await control.recorder.record(
    [
      {
        event: 'grant.issued',
        ...actorFields(caller),
        account: account.id,
        basis: { kind: 'grant', id: grant.id },
        grant: grantFact(grant),
        policy,
        ...(grant.reason === undefined ? {} : { reason: grant.reason }),
      },
    ],
    {
      changes: [{ put: 'grant', grant }, ...kept.changes],
      conditions: [
        { that: 'sign-in-alive', session: session.id },
        { that: 'role-held', session: session.id, role: 'owner', account: account.id },
        ...kept.conditions,
      ],
    },
  );
  if (recording.outcome === 'recorded') return grant;
  if (recording.condition.that !== 'key-unused') throw conditionProblem(recording.condition);
  return issueWished(control, caller, id, input, once);
}

/**
 * Ends a grant at once. Throws `not-found` for a grant the caller may not know of, `not-permitted`,
 * and `grant-ended` if it has already ended.
 */
export async function revokeGrant(
  control: Control,
  caller: Caller,
  id: GrantId | undefined,
  input: unknown,
): Promise<Grant> {
  const grant = await seeGrant(control, caller, id);
  const wanted = () => ({ act: 'grant.revoke', account: grant.account }) as const;
  return recordingRefusal(control, caller, wanted, () => revokeSeen(control, caller, grant, input));
}

async function revokeSeen(
  control: Control,
  caller: Caller,
  grant: Grant,
  input: unknown,
): Promise<Grant> {
  const footings = revocationFootings(grant, caller.session.principal);
  const { policy } = authorize(control, caller, { resource: 'grant', action: 'revoke' }, footings);
  const { reason } = parseInput(revocationInput, input ?? {});
  const { session } = caller;
  const revoked = endGrant(grant, {
    person: personOf(session.principal),
    reason,
    now: control.recorder.now(),
  });
  const recording = await control.recorder.record(
    [
      {
        event: 'grant.revoked',
        ...actorFields(caller),
        account: grant.account,
        basis: { kind: 'grant', id: grant.id },
        expiresAt: grant.expiresAt,
        policy,
        ...(reason === undefined ? {} : { reason }),
      },
    ],
    {
      changes: [{ put: 'grant', grant: revoked }],
      conditions: [
        { that: 'sign-in-alive', session: session.id },
        { that: 'grant-version-is', grant: grant.id, version: grant.version },
      ],
    },
  );
  if (recording.outcome === 'recorded') return revoked;
  if (recording.condition.that !== 'grant-version-is') throw conditionProblem(recording.condition);
  // Somebody changed it in between: if it has ended, that is the answer; otherwise it still has to end.
  return revokeSeen(control, caller, await seeGrant(control, caller, grant.id), input);
}

/** One grant, for whoever it concerns. Throws `not-found` for everyone else. */
export async function seeGrant(
  control: Control,
  caller: Caller,
  id: GrantId | undefined,
): Promise<Grant> {
  const grant = id === undefined ? undefined : await control.recorder.reader.grant(id);
  if (grant === undefined) throw new Problem('not-found', 'There is no such permission.');
  const footings = sightFootings(grant, caller.session.principal);
  const seen = findAuthorization(control, caller, { resource: 'grant', action: 'see' }, footings);
  if (seen === undefined) throw new Problem('not-found', 'There is no such permission.');
  return grant;
}

/** The grants of an account, newest first: the owner sees all, staff those that concern them. */
export async function listGrantsOf(
  control: Control,
  caller: Caller,
  id: AccountId | undefined,
  wish: PageWish,
): Promise<Page<Grant>> {
  const { account, footings } = await reachAccount(control, caller, id);
  const { principal } = caller.session;
  const all = findAuthorization(control, caller, { resource: 'grant', action: 'see' }, footings);
  if (all !== undefined)
    return control.recorder.reader.grants({ of: 'accounts', accounts: [account.id] }, wish);
  authorize(control, caller, { resource: 'grant', action: 'see' }, ['self']);
  return control.recorder.reader.grants(
    { of: 'person', person: principal, roles: principal.roles, account: account.id },
    wish,
  );
}

/** What is live or yet to begin in an account, for whoever may see all of its grants. */
export async function listUnendedGrantsOf(
  control: Control,
  caller: Caller,
  id: AccountId | undefined,
): Promise<readonly Grant[]> {
  const { account, footings } = await reachAccount(control, caller, id);
  authorize(control, caller, { resource: 'grant', action: 'see' }, footings);
  return control.recorder.reader.unendedGrants(account.id, control.recorder.now());
}

/** All grants the caller may see, newest first: an auditor every one, staff those that concern them. */
export async function listGrants(
  control: Control,
  caller: Caller,
  wish: PageWish,
): Promise<Page<Grant>> {
  const { principal } = caller.session;
  const { reader } = control.recorder;
  if (findAuthorization(control, caller, { resource: 'grant', action: 'see' }, ['none']))
    return reader.grants({ of: 'everyone' }, wish);
  if (principal.realm === 'owners') {
    authorize(control, caller, { resource: 'grant', action: 'see' }, ['ownership']);
    return reader.grants({ of: 'accounts', accounts: principal.accounts }, wish);
  }
  authorize(control, caller, { resource: 'grant', action: 'see' }, ['self']);
  return reader.grants({ of: 'person', person: principal, roles: principal.roles }, wish);
}

/** What the log states of a grant: all that a replay needs. */
export function grantFact(grant: Grant): GrantFact {
  const { id, grantee, scope, issuedBy, startsAt, expiresAt, version } = grant;
  return { id, grantee, scope, issuedBy: personOf(issuedBy), startsAt, expiresAt, version };
}

function sightFootings(grant: Grant, principal: Principal): Footing[] {
  if (ownsAccount(principal, grant.account)) return ['ownership'];
  return concerns(grant.grantee, principal) ? ['self', 'none'] : ['none'];
}

/** Only the one person a grant names may hand it back; a role's grant is nobody's own. */
function revocationFootings(grant: Grant, principal: Principal): Footing[] {
  if (ownsAccount(principal, grant.account)) return ['ownership'];
  const isNamed = grant.grantee.kind === 'person' && isSamePerson(grant.grantee.person, principal);
  return isNamed ? ['self', 'none'] : ['none'];
}

function concerns(grantee: Grantee, principal: Principal): boolean {
  if (principal.realm !== 'staff') return false;
  if (grantee.kind === 'role') return principal.roles.includes(grantee.role);
  return grantee.kind === 'person' && isSamePerson(grantee.person, principal);
}

/**
 * Reads `role:support` or `staff:<email or subject>`. An e-mail becomes the one subject that has
 * signed in with it verified; if there is none it waits for the first. It is never matched later on.
 */
async function resolveGrantee(control: Control, text: string): Promise<Grantee> {
  const role = GRANTABLE_ROLES.find((known) => text === `role:${known}`);
  if (role !== undefined) return { kind: 'role', role };
  const named = /^staff:(\S{1,255})$/u.exec(text)?.[1];
  if (named === undefined)
    throw granteeProblem('Write role:support, or staff: and an e-mail or subject.');
  const people = await control.recorder.reader.people('staff', named);
  if (people.length > 1)
    throw granteeProblem('Several people have signed in under this. Name the subject.');
  const [person] = people;
  const email = named.includes('@') ? named.toLowerCase() : undefined;
  if (person !== undefined) return { kind: 'person', person: personOf(person), email };
  if (email !== undefined) return { kind: 'email', email };
  return {
    kind: 'person',
    person: { issuer: control.settings.staffIssuer, subject: named },
    email: undefined,
  };
}

function granteeProblem(detail: string): Problem {
  return new Problem('invalid-request', 'The grantee is not valid.', {
    errors: [{ pointer: '/grantee', detail }],
  });
}
