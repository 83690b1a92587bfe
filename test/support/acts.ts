import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { type PreparedEntry, prepareEntry } from '../../src/audit/entry.ts';
import type { Change } from '../../src/domain/change.ts';
import type { Condition } from '../../src/domain/condition.ts';
import type { Permit } from '../../src/domain/decision.ts';
import { type Event, GATEWAY } from '../../src/domain/event.ts';
import { type Grant, revokeGrant } from '../../src/domain/grant.ts';
import type { GrantId, InstanceId, SecretHash, SessionId, VisitId } from '../../src/domain/ids.ts';
import type { Session } from '../../src/domain/principal.ts';
import { closeVisit, type Visit } from '../../src/domain/visit.ts';
import type { Act, Committed, Settled, Store } from '../../src/store/store.ts';
import { sha256 } from './sha256.ts';
import {
  accessAttempted,
  accountRegistered,
  ACME,
  basisOf,
  DAY,
  grant,
  grantIssued,
  grantRevoked,
  HOUR,
  OLIVE,
  permit,
  session,
  sessionStarted,
  visit,
  visitOpened,
} from './specimens.ts';

/** Acts as the recorder would make them, for tests of the store below it. */

export function newInstance(): InstanceId {
  return randomUUID() as InstanceId;
}

export function newSecret(): SecretHash {
  return randomBytes(32).toString('hex') as SecretHash;
}

export function prepare(event: Event): PreparedEntry {
  return prepareEntry(event, { sha256, salt: () => new Uint8Array(randomBytes(16)) });
}

export function actOf(
  events: readonly [Event, ...Event[]],
  changes: readonly Change[] = [],
  conditions: readonly Condition[] = [],
): Act {
  const [first, ...rest] = events;
  return { entries: [prepare(first), ...rest.map(prepare)], changes, conditions };
}

/** An act that says something and changes nothing. */
export function remark(query = 'x', subject = 'auditor'): Act {
  const actor = { realm: 'staff', issuer: 'https://staff.example', subject } as const;
  return actOf([{ event: 'log.read', actor, query, count: 0 }]);
}

export const BEGUN: Act = actOf([
  { event: 'log.begun', actor: GATEWAY, origin: 'log.example/1', format: 'sallyport-log/v1' },
]);

/** A grant, a sign-in and a visit that an access can stand on, each with its entry. */
export interface Stage {
  readonly session: Session;
  readonly grant: Grant;
  readonly visit: Visit;
  readonly permit: Permit;
}

/** Things alive at `now`, with ids of their own. */
export function stage(now: number, over: Partial<Grant> = {}): Stage {
  const signIn = session({
    id: randomUUID() as SessionId,
    startedAt: now - HOUR,
    lastSeenAt: now,
    idleMs: DAY,
    expiresAt: now + DAY,
  });
  const given = grant({
    id: randomUUID() as GrantId,
    issuedAt: now - HOUR,
    startsAt: now - HOUR,
    expiresAt: now + DAY,
    ...over,
  });
  const opened = visit({
    id: randomUUID() as VisitId,
    account: given.account,
    session: signIn.id,
    openedAt: now,
    expiresAt: now + DAY,
  });
  return {
    session: signIn,
    grant: given,
    visit: opened,
    permit: permit({ visit: opened, basis: basisOf(given), expiresAt: given.expiresAt }),
  };
}

/** Everything before the first access, as one act. */
export function settingUp(of: Stage, registered = accountRegistered(of.grant.account)): Act {
  const account = { id: of.grant.account, name: undefined, registeredAt: of.session.startedAt };
  return actOf(
    [
      registered,
      sessionStarted(of.session),
      grantIssued(of.grant),
      visitOpened(of.visit, of.grant),
    ],
    [
      { put: 'account', account },
      { put: 'session', session: of.session, secret: newSecret(), idToken: undefined },
      { put: 'grant', grant: of.grant },
      { put: 'visit', visit: of.visit },
    ],
  );
}

/** An access, with the conditions the recorder gives it. */
export function attempt(of: Stage, path = '/users'): Act {
  return actOf(
    [accessAttempted(of.permit, path)],
    [{ open: 'attempt', entry: 0 }],
    [
      { that: 'visit-open', visit: of.visit.id },
      { that: 'sign-in-alive', session: of.session.id },
      { that: 'role-held', session: of.session.id, role: 'support' },
      {
        that: 'basis-covers',
        basis: of.permit.basis,
        session: of.session.id,
        account: of.grant.account,
        access: of.permit.access,
      },
    ],
  );
}

export function finishing(of: Stage, index: number): Act {
  const { account } = of.grant;
  return actOf(
    [
      {
        event: 'access.finished',
        actor: accessAttempted(of.permit).actor,
        account,
        attempt: index,
        status: 200,
        bytesIn: 0,
        bytesOut: 5,
        durationMs: 3,
      },
    ],
    [{ close: 'attempt', attempt: index }],
  );
}

export function revoking(of: Stage, now: number): Act {
  const revoked = revokeGrant(of.grant, { person: OLIVE, reason: undefined, now });
  return actOf([grantRevoked(of.grant)], [{ put: 'grant', grant: revoked }]);
}

export function closingVisit(of: Stage, now: number): Act {
  return actOf(
    [
      {
        event: 'visit.closed',
        actor: accessAttempted(of.permit).actor,
        account: ACME,
        visit: of.visit.id,
        why: 'visitor',
        expiresAt: of.visit.expiresAt,
      },
    ],
    [{ put: 'visit', visit: closeVisit(of.visit, now, 'visitor') }],
  );
}

export function signingOut(of: Stage): Act {
  return actOf(
    [
      {
        event: 'session.ended',
        actor: accessAttempted(of.permit).actor,
        session: of.session.id,
        why: 'signed-out',
        expiresAt: of.session.expiresAt,
      },
    ],
    [{ end: 'session', session: of.session.id }],
  );
}

type Recorded = Extract<Settled, { outcome: 'recorded' }>;

/** Commits, and insists that it was recorded. */
export async function record(store: Store, act: Act): Promise<Recorded> {
  return asRecorded(await store.commit(act));
}

export function asRecorded(committed: Committed): Recorded {
  if (committed.outcome !== 'recorded') assert.fail(`not recorded: ${JSON.stringify(committed)}`);
  return committed;
}

/** What became of commits in the end, however long they were in doubt. */
export function settledOf(answers: readonly Committed[]): Promise<Settled[]> {
  return Promise.all(answers.map(async (one) => (one.outcome === 'unknown' ? one.settled : one)));
}
