import { randomUUIDv7 } from 'node:crypto';
import type { Change, KnownPerson } from '../domain/change.ts';
import type { Condition } from '../domain/condition.ts';
import { actorOf, type Event, GATEWAY, type Network } from '../domain/event.ts';
import { bindGrantee, type Grant } from '../domain/grant.ts';
import type { AccountId, SecretHash, SessionId } from '../domain/ids.ts';
import type { Principal, Realm, Session } from '../domain/principal.ts';
import { Problem } from '../domain/problem.ts';
import type { Instant } from '../domain/time.ts';
import type { Control } from './control.ts';
import { grantFact } from './grants.ts';
import { endingOf, endSession, groundOf, signedOut } from './sessions.ts';

/** Somebody the identity provider has vouched for, about to be signed in. */
export interface SignIn {
  readonly principal: Principal;
  /** Kept for the sign-out at the provider only. */
  readonly idToken: string | undefined;
  /** Hash of the cookie's secret. */
  readonly secret: SecretHash;
  /** Names this one sign-in at the provider; it works once. */
  readonly stateKey: string;
  /** The sign-in this browser had before; it ends with this one. */
  readonly replaces: SessionId | undefined;
  readonly network: Network;
}

const STATE_KEPT_MS = 3_600_000;
/** Two people or browsers at the same moment: look again, but not for ever. */
const MAX_TRIES = 5;

/**
 * Starts a sign-in: ends the one this browser had, gets to know the person, registers the accounts an
 * owner owns, and binds the grants that waited for this e-mail; one transaction. Throws
 * `sign-in-refused` if this answer of the provider was used before.
 */
export async function startSession(control: Control, signIn: SignIn): Promise<Session> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const session = newSession(control, signIn.principal);
    const start = startingPart(control, signIn, session);
    const rest = await Promise.all([
      endingPart(control, signIn),
      accountsPart(control, signIn, session),
      bindingPart(control, signIn, session.startedAt),
    ]);
    const recording = await control.recorder.record(
      [start.event, ...rest.flatMap((part) => part.events)],
      {
        changes: [...start.changes, ...rest.flatMap((part) => part.changes)],
        conditions: [...start.conditions, ...rest.flatMap((part) => part.conditions)],
      },
    );
    if (recording.outcome === 'recorded') return session;
    if (recording.condition.that === 'key-unused')
      throw new Problem('sign-in-refused', 'This sign-in has already been used. Begin again.');
  }
  throw new Problem('version-conflict', 'Others signed in at the same moment. Try again.');
}

/** Ends a sign-in because its holder asked for it. */
export async function signOut(control: Control, session: Session, network: Network): Promise<void> {
  await endSession(control, session, signedOut(session, network));
}

/** Records that an answer of the identity provider was not believed, and why. */
export async function refuseSignIn(
  control: Control,
  refused: { realm: Realm; reason: string; network: Network },
): Promise<void> {
  await control.recorder.record([
    {
      event: 'session.refused',
      actor: { realm: 'stranger', subject: 'anonymous' },
      network: refused.network,
      reason: `${refused.realm}: ${refused.reason}`,
    },
  ]);
}

interface Part {
  readonly events: readonly Event[];
  readonly changes: readonly Change[];
  readonly conditions: readonly Condition[];
}

const NOTHING: Part = { events: [], changes: [], conditions: [] };

function newSession(control: Control, principal: Principal): Session {
  const at = control.recorder.now();
  const { idleMs, absoluteMs } = control.settings.session;
  return {
    id: randomUUIDv7() as SessionId,
    principal,
    startedAt: at,
    lastSeenAt: at,
    idleMs,
    expiresAt: at + absoluteMs,
    endedAt: undefined,
  };
}

function startingPart(control: Control, signIn: SignIn, session: Session) {
  const { principal, network, stateKey, secret, idToken } = signIn;
  const event: Event = {
    event: 'session.started',
    ...groundOf(control, session),
    actor: actorOf(principal, session.id),
    network,
    session: session.id,
    expiresAt: session.expiresAt,
    ...(principal.verifiedEmail === undefined ? {} : { verifiedEmail: principal.verifiedEmail }),
    ...(principal.realm === 'owners' ? { accounts: principal.accounts } : {}),
  };
  const changes: Change[] = [
    { put: 'person', person: knownPerson(principal, session.startedAt) },
    { put: 'session', session, secret, idToken },
    {
      put: 'used-key',
      key: {
        key: stateKey,
        bodyDigest: '',
        made: session.id,
        expiresAt: session.startedAt + STATE_KEPT_MS,
      },
    },
  ];
  const conditions: Condition[] = [{ that: 'key-unused', key: stateKey }];
  return { event, changes, conditions };
}

function knownPerson(principal: Principal, at: Instant): KnownPerson {
  const { issuer, subject, realm, name, email, verifiedEmail } = principal;
  return { issuer, subject, realm, name, email, verifiedEmail, lastSignInAt: at };
}

/** One browser holds one sign-in. */
async function endingPart(control: Control, signIn: SignIn): Promise<Part> {
  if (signIn.replaces === undefined) return NOTHING;
  const earlier = await control.recorder.reader.session(signIn.replaces);
  if (earlier === undefined || earlier.endedAt !== undefined) return NOTHING;
  const ending = await endingOf(control, earlier, {
    actor: actorOf(earlier.principal, earlier.id),
    network: signIn.network,
    why: 'replaced',
  });
  return {
    ...ending,
    conditions: [{ that: 'session-not-ended', session: earlier.id }, ...ending.conditions],
  };
}

/** An owner's sign-in registers his accounts: nobody else knows of them before. */
async function accountsPart(control: Control, signIn: SignIn, session: Session): Promise<Part> {
  const { accounts } = signIn.principal;
  const known = await control.recorder.reader.accountsNamed(accounts);
  const fresh = accounts.filter((id) => !known.some((account) => account.id === id));
  return {
    events: fresh.map(
      (account): Event => ({
        event: 'account.registered',
        actor: actorOf(signIn.principal, session.id),
        network: signIn.network,
        account,
      }),
    ),
    changes: fresh.map(
      (id): Change => ({
        put: 'account',
        account: { id, name: undefined, registeredAt: session.startedAt },
      }),
    ),
    conditions: fresh.map((account: AccountId) => ({ that: 'account-unregistered', account })),
  };
}

/** Grants that named this e-mail before anybody had signed in with it are bound to this person, once. */
async function bindingPart(control: Control, signIn: SignIn, at: Instant): Promise<Part> {
  const { verifiedEmail, realm, issuer, subject } = signIn.principal;
  if (realm !== 'staff' || verifiedEmail === undefined) return NOTHING;
  const waiting = await control.recorder.reader.grantsAwaiting(verifiedEmail, at);
  const bound = waiting.map((grant) => ({ grant, bound: bindGrantee(grant, { issuer, subject }) }));
  return {
    events: bound.map((one) => bindingEvent(one.bound)),
    changes: bound.map((one): Change => ({ put: 'grant', grant: one.bound })),
    conditions: bound.map(({ grant }) => ({
      that: 'grant-version-is',
      grant: grant.id,
      version: grant.version,
    })),
  };
}

function bindingEvent(grant: Grant): Event {
  return {
    event: 'grant.changed',
    actor: GATEWAY,
    account: grant.account,
    basis: { kind: 'grant', id: grant.id },
    grant: grantFact(grant),
  };
}
