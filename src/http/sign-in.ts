import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { SessionId } from '../domain/ids.ts';
import type { Session } from '../domain/principal.ts';
import { Problem } from '../domain/problem.ts';
import type { Instant, Milliseconds } from '../domain/time.ts';
import type { Housekeeping, Reader, StoredSession } from '../store/store.ts';

/** What the hallway needs of the store. */
export interface SessionTable {
  readonly reader: Pick<Reader, 'sessionBySecret'>;
  keep(work: Extract<Housekeeping, { do: 'save-session-data' | 'stamp-session' }>): Promise<void>;
}

/** The sign-in a request came with. It was alive when the request arrived. */
export type SignIn = Pick<StoredSession, 'session' | 'idToken'>;

const signIns = new WeakMap<IncomingMessage, SignIn>();

/** Ties a sign-in to the request that brought its cookie. Only the session store knows. */
export function rememberSignIn(request: IncomingMessage, signIn: SignIn): void {
  signIns.set(request, signIn);
}

/** The sign-in of a request; `undefined` for whoever is not signed in. */
export function signInOf(request: IncomingMessage): SignIn | undefined {
  return signIns.get(request);
}

/** The sign-in of a request. Throws `sign-in-required`. */
export function requireSignIn(request: IncomingMessage): SignIn {
  const signIn = signInOf(request);
  if (signIn === undefined) {
    throw new Problem('sign-in-required', 'You are not signed in, or your sign-in has ended.');
  }
  return signIn;
}

const LONGEST_BETWEEN_STAMPS: Milliseconds = 60_000;
const MOST_REMEMBERED = 10_000;

export interface StampOptions {
  readonly store: Pick<SessionTable, 'keep'>;
  readonly now: () => Instant;
  readonly logger: Logger;
}

/**
 * Makes the stamp that says a sign-in is in use. It is set at most once a minute, or four times in
 * its idle limit if that is shorter, and nobody waits for it.
 */
export function createSessionStamp({
  store,
  now,
  logger,
}: StampOptions): (session: Session) => void {
  const stamped = new LRUCache<SessionId, Instant>({ max: MOST_REMEMBERED });
  return (session) => {
    const at = now();
    const last = Math.max(session.lastSeenAt, stamped.get(session.id) ?? 0);
    if (at - last < Math.min(LONGEST_BETWEEN_STAMPS, session.idleMs / 4)) return;
    stamped.set(session.id, at);
    store.keep({ do: 'stamp-session', session: session.id, at }).catch((err: unknown) => {
      stamped.delete(session.id);
      logger.warn({ err, session: session.id }, 'a sign-in could not be stamped as in use');
    });
  };
}
