import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Request, RequestHandler } from 'express';
import session from 'express-session';
import type { Logger } from 'pino';
import type { SecretHash } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import { clearCookie, cookieValues, dropCookie, nameCookie, type OwnCookie } from './cookies.ts';
import { deriveKey } from './derived-key.ts';
import { hashSessionSecret, SessionRows } from './session-rows.ts';
import { createSessionStamp, type SessionTable, signInOf } from './sign-in.ts';

export interface SessionsOptions {
  readonly store: SessionTable;
  /** What cookies are signed with. */
  readonly secret: string;
  /** The scheme of the public origin, whatever that of the connection. */
  readonly scheme: 'http' | 'https';
  readonly now: () => Instant;
  readonly logger: Logger;
}

/** Sign-ins by cookie, for the public origin. */
export interface Sessions {
  /** In this order: afterwards `signInOf` and `requireSignIn` answer for the request. */
  readonly loadSignIn: readonly RequestHandler[];
  readonly cookieName: string;
  /**
   * Gives the browser a session with a secret nobody has seen yet, once `start` has made its row.
   * If `start` rejects, so does this, and the browser keeps what it had.
   */
  renew<Started>(
    request: Request,
    start: (secret: SecretHash) => Promise<Started>,
  ): Promise<Started>;
  /** Makes the browser forget its session. The row is not touched. */
  forget(request: Request, response: ServerResponse): Promise<void>;
}

export function createSessions(options: SessionsOptions): Sessions {
  const cookie = nameCookie('sallyport', options.scheme);
  const attributes: session.CookieOptions = {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: cookie.isSecure,
  };
  const sessions = session({
    name: cookie.name,
    secret: Buffer.from(deriveKey(options.secret, 'session cookie')).toString('base64url'),
    store: new SessionRows({ ...options, cookie: attributes }),
    cookie: attributes,
    genid: () => randomBytes(32).toString('base64url'),
    resave: false,
    saveUninitialized: false,
  });
  return {
    loadSignIn: [refuseDoubtfulCookies(cookie), followScheme(cookie), sessions, stamp(options)],
    cookieName: cookie.name,
    renew,
    forget: async (request, response) => forget(request, response, cookie),
  };
}

/** Whoever sends two cookies of our name is nobody: one of them is not from us. */
function refuseDoubtfulCookies({ name }: OwnCookie): RequestHandler {
  return (request, _, next) => {
    if (cookieValues(request, name).length > 1) dropCookie(request, name);
    next();
  };
}

/**
 * express-session sends a `Secure` cookie only on a connection that looks secure to it. The public
 * origin is what the browser sees, and TLS may end in front of us, so that origin decides.
 */
function followScheme({ isSecure }: OwnCookie): RequestHandler {
  return (request, _, next) => {
    Object.defineProperty(request, 'secure', { value: isSecure, configurable: true });
    next();
  };
}

function stamp(options: SessionsOptions): RequestHandler {
  const stampSession = createSessionStamp(options);
  return (request, _, next) => {
    const signIn = signInOf(request);
    if (signIn !== undefined) stampSession(signIn.session);
    next();
  };
}

async function renew<Started>(
  request: Request,
  start: (secret: SecretHash) => Promise<Started>,
): Promise<Started> {
  await new Promise<void>((resolve, reject) => {
    request.session.regenerate(settle(resolve, reject));
  });
  try {
    return await start(hashSessionSecret(request.sessionID));
  } catch (error) {
    // Without a session on the request, no cookie goes out.
    await destroy(request);
    throw error;
  }
}

async function destroy(request: Request): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    request.session.destroy(settle(resolve, reject));
  });
}

async function forget(
  request: Request,
  response: ServerResponse,
  cookie: OwnCookie,
): Promise<void> {
  await destroy(request);
  clearCookie(response, cookie);
}

function settle(resolve: () => void, reject: (error: Error) => void): (error: unknown) => void {
  return (error) => {
    if (error === undefined || error === null) resolve();
    else
      reject(error instanceof Error ? error : new Error('the session is lost', { cause: error }));
  };
}
