import type { Change } from '../domain/change.ts';
import { type Event, type Network, type SessionEnd, actorOf, type Actor } from '../domain/event.ts';
import type { SessionId } from '../domain/ids.ts';
import { isSamePerson, type Session } from '../domain/principal.ts';
import { Problem } from '../domain/problem.ts';
import type { Instant } from '../domain/time.ts';
import { closeVisit } from '../domain/visit.ts';
import { authorize, findAuthorization } from './authorize.ts';
import { actorFields, type Caller, type Control } from './control.ts';

/** The sign-ins under way: one's own, or for an admin everybody's. */
export async function listSessions(control: Control, caller: Caller): Promise<readonly Session[]> {
  const right = { resource: 'session', action: 'see' } as const;
  const all = findAuthorization(control, caller, right, ['none']);
  if (all === undefined) authorize(control, caller, right, ['self']);
  const { principal } = caller.session;
  const whose = all === undefined ? principal : undefined;
  return control.recorder.reader.sessionsOf(whose, control.recorder.now());
}

/** Ends a sign-in, one's own or as an admin anybody's; its visits end with it. Throws `not-found`. */
export async function endSessionOf(
  control: Control,
  caller: Caller,
  id: SessionId | undefined,
): Promise<void> {
  const session = id === undefined ? undefined : await control.recorder.reader.session(id);
  const isOwn = session !== undefined && isSamePerson(session.principal, caller.session.principal);
  const right = { resource: 'session', action: 'end' } as const;
  const permitted = findAuthorization(control, caller, right, isOwn ? ['self', 'none'] : ['none']);
  if (session === undefined || permitted === undefined || session.endedAt !== undefined)
    throw new Problem('not-found', 'There is no such sign-in.');
  await endSession(control, session, {
    ...actorFields(caller),
    why: isOwn ? 'ended-by-holder' : 'ended-by-admin',
  });
}

/** Ends a sign-in and every visit that was opened from it. Doing it twice does nothing. */
export async function endSession(
  control: Control,
  session: Session,
  by: { actor: Actor; network: Network; why: SessionEnd },
): Promise<void> {
  const ending = await endingOf(control, session, by);
  const recording = await control.recorder.record(ending.events, {
    changes: ending.changes,
    conditions: [{ that: 'session-not-ended', session: session.id }, ...ending.conditions],
  });
  if (recording.outcome === 'recorded' || recording.condition.that === 'session-not-ended') return;
  await endSession(control, session, by);
}

/** The entries and changes that end a sign-in, for acts that do more in the same transaction. */
export async function endingOf(
  control: Control,
  session: Session,
  by: { actor: Actor; network: Network; why: SessionEnd },
) {
  const at = control.recorder.now();
  const visits = await control.recorder.reader.openVisitsOf({ session: session.id });
  const events: [Event, ...Event[]] = [
    {
      event: 'session.ended',
      actor: by.actor,
      network: by.network,
      session: session.id,
      why: by.why,
      expiresAt: session.expiresAt,
      ...groundOf(control, session),
    },
    ...visits.map(
      (visit): Event => ({
        event: 'visit.closed',
        actor: by.actor,
        network: by.network,
        account: visit.account,
        visit: visit.id,
        why: 'signed-out',
        expiresAt: visit.expiresAt,
      }),
    ),
  ];
  const changes: Change[] = [
    { end: 'session', session: session.id },
    ...visits.map(
      (visit): Change => ({ put: 'visit', visit: closeVisit(visit, at, 'signed-out') }),
    ),
  ];
  const conditions = visits.map(
    (visit) => ({ that: 'visit-version-is', visit: visit.id, version: visit.version }) as const,
  );
  return { events, changes, conditions };
}

/**
 * How long what an owner does in a sign-in can be what somebody's access rests on: a grant begins and lasts at
 * most `maxDurationMs` each. What is forgotten before that would leave accesses without their ground.
 */
export function groundOf(control: Control, session: Session): { groundUntil?: Instant } {
  if (session.principal.realm !== 'owners') return {};
  return { groundUntil: session.expiresAt + 2 * control.settings.grants.maxDurationMs };
}

export function signedOut(session: Session, network: Network) {
  return { actor: actorOf(session.principal, session.id), network, why: 'signed-out' } as const;
}
