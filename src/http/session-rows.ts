import { hash } from 'node:crypto';
import type { Request } from 'express';
import session from 'express-session';
import type { Logger } from 'pino';
import type { SecretHash } from '../domain/ids.ts';
import { isSessionAlive } from '../domain/principal.ts';
import type { Instant } from '../domain/time.ts';
import { rememberSignIn, type SessionTable, type SignIn } from './sign-in.ts';

export interface SessionRowsOptions {
  readonly store: SessionTable;
  readonly now: () => Instant;
  readonly logger: Logger;
  readonly cookie: session.CookieOptions;
}

/** What is stored instead of a session's secret, which is the id that express-session gave it. */
export function hashSessionSecret(sessionId: string): SecretHash {
  return hash('sha256', sessionId, 'hex') as SecretHash;
}

/**
 * express-session's view of our sessions table. The row is the authority: only a recorded act makes
 * one or ends it, so nothing here can create a session, prolong it, or bring an ended one back,
 * however late a slow request saves what it had read.
 */
export class SessionRows extends session.Store {
  readonly #options: SessionRowsOptions;
  readonly #found = new WeakMap<session.SessionData, SignIn>();

  constructor(options: SessionRowsOptions) {
    super();
    this.#options = options;
  }

  override get(
    sessionId: string,
    callback: (error: unknown, data?: session.SessionData | null) => void,
  ): void {
    this.#find(sessionId).then(
      (data) => callback(null, data),
      (error: unknown) => callback(error),
    );
  }

  /** Called with what `get` found and the request it was for: the moment to tie the two. */
  override createSession(
    request: Request,
    data: session.SessionData,
  ): session.Session & session.SessionData {
    const signIn = this.#found.get(data);
    if (signIn !== undefined) rememberSignIn(request, signIn);
    return super.createSession(request, data);
  }

  /** Changes what a living row carries; for any other secret it does nothing. */
  override set(
    sessionId: string,
    { cookie: _, ...data }: session.SessionData,
    callback: (error?: unknown) => void = () => undefined,
  ): void {
    const { store, logger } = this.#options;
    const secret = hashSessionSecret(sessionId);
    store.keep({ do: 'save-session-data', secret, data: JSON.stringify(data) }).then(
      () => callback(),
      (err: unknown) => {
        // Nothing anybody's access rests on is kept there.
        logger.warn({ err }, 'what a sign-in carries could not be kept');
        callback();
      },
    );
  }

  /** Ending a sign-in is an act of its own, with an entry in the log. */
  override destroy(_: string, callback: (error?: unknown) => void = () => undefined): void {
    callback();
  }

  async #find(sessionId: string): Promise<session.SessionData | null> {
    const { store, now, cookie } = this.#options;
    const stored = await store.reader.sessionBySecret(hashSessionSecret(sessionId));
    if (stored === undefined || !isSessionAlive(stored.session, now())) return null;
    const data = { ...parseData(stored.data), cookie: { originalMaxAge: null, ...cookie } };
    this.#found.set(data, stored);
    return data;
  }
}

/** It was written above; a row that was touched by other hands carries nothing. */
function parseData(text: string | undefined): object {
  if (text === undefined) return {};
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && data !== null ? data : {};
  } catch {
    return {};
  }
}
