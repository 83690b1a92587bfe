import { hash } from 'node:crypto';
import { type Request, type RequestHandler, Router } from 'express';
import type { Logger } from 'pino';
import type { Network } from '../domain/event.ts';
import type { SecretHash, SessionId } from '../domain/ids.ts';
import type { Realm, Session } from '../domain/principal.ts';
import { Problem } from '../domain/problem.ts';
import type { Instant } from '../domain/time.ts';
import { parseReturnTo } from '../http/return-to.ts';
import type { Sessions } from '../http/sessions.ts';
import { signInOf } from '../http/sign-in.ts';
import { createSignInCookie, type SignInCookie } from '../http/sign-in-cookie.ts';
import type { Identity } from '../identity/identity.ts';
import type { RealmClient } from '../identity/realm-client.ts';
import { ProviderUnavailable, SignInRefused } from '../identity/sign-in-error.ts';
import { parseTransaction, type Transaction } from '../identity/transaction.ts';

/** What sign-in and sign-out change; every one of these is recorded before it answers. */
export interface SignInActs {
  /**
   * Starts a session for a person. Throws `sign-in-refused` if a sign-in with this `stateKey` has
   * ended before.
   */
  startSession(input: {
    identity: Identity;
    secret: SecretHash;
    /** Names this sign-in, of which only one session may come. */
    stateKey: string;
    /** The session this browser had until now; it ends with this act. */
    replaces: SessionId | undefined;
    network: Network;
  }): Promise<Session>;
  endSession(input: { session: Session; why: 'signed-out'; network: Network }): Promise<void>;
  refuseSignIn(input: { realm: Realm; reason: string; network: Network }): Promise<void>;
}

export interface AuthOptions {
  readonly publicUrl: { readonly origin: string; readonly scheme: 'http' | 'https' };
  /** The realms people can sign in to. */
  readonly clients: readonly RealmClient[];
  readonly acts: SignInActs;
  readonly sessions: Pick<Sessions, 'renew' | 'forget'>;
  readonly sessionSecret: string;
  readonly networkOf: (request: Request) => Network;
  readonly now: () => Instant;
  readonly logger: Logger;
}

interface Desk extends AuthOptions {
  readonly cookie: SignInCookie;
}

const REALMS: readonly Realm[] = ['staff', 'owners'];

/** `/auth/…`: sign-in for each realm, and sign-out. */
export function createAuthRouter(options: AuthOptions): Router {
  const { publicUrl, sessionSecret, now } = options;
  const cookie = createSignInCookie({ secret: sessionSecret, scheme: publicUrl.scheme, now });
  const desk = { ...options, cookie };
  const router = Router();
  for (const realm of REALMS) {
    router.get(`/auth/${realm}/login`, beginSignIn(desk, realm));
    router.get(`/auth/${realm}/callback`, finishSignIn(desk, realm));
  }
  router.post('/auth/logout', signOut(desk));
  return router;
}

/** Sends the browser to the provider, with what its answer is checked against sealed in a cookie. */
function beginSignIn(desk: Desk, realm: Realm): RequestHandler {
  return async (request, response) => {
    const client = clientOf(desk, realm);
    const query = queryOf(request);
    const { url, transaction } = await client
      .begin({
        returnTo: parseReturnTo(onlyValue(query, 'returnTo'), desk.publicUrl.origin),
        ...(onlyValue(query, 'fresh') === '1' ? { maxAge: 0 } : {}),
      })
      .catch((error: unknown) => reportOutage(desk, realm, error));
    await desk.cookie.put(response, transaction);
    response.redirect(303, url.href);
  };
}

/** Takes the provider's answer, starts the session it gives, and sends the browser where it was going. */
function finishSignIn(desk: Desk, realm: Realm): RequestHandler {
  return async (request, response) => {
    const client = clientOf(desk, realm);
    const transaction = parseTransaction(await desk.cookie.open(request));
    desk.cookie.clear(response);
    // Anybody can ask for this without having begun anything, as often as he likes: not recorded.
    if (transaction === undefined) throw refused('There is no sign-in under way in this browser.');
    const identity = await client
      .finish(queryOf(request), transaction)
      .catch((error: unknown) => reportFailure(desk, request, { realm, error }));
    await startSession(desk, request, { identity, transaction });
    response.redirect(303, transaction.returnTo);
  };
}

async function startSession(
  { acts, sessions, networkOf }: Desk,
  request: Request,
  { identity, transaction }: { identity: Identity; transaction: Transaction },
): Promise<void> {
  const replaces = signInOf(request)?.session.id;
  const network = networkOf(request);
  const stateKey = `sign-in ${hash('sha256', transaction.state)}`;
  // The id of before the sign-in may be known to somebody who planted it.
  await sessions.renew(request, async (secret) =>
    acts.startSession({ identity, secret, stateKey, replaces, network }),
  );
}

/** Ends the session here first; whether the provider hears of it is in its own hands. */
function signOut(desk: Desk): RequestHandler {
  return async (request, response) => {
    const signIn = signInOf(request);
    if (signIn !== undefined) {
      const network = desk.networkOf(request);
      await desk.acts.endSession({ session: signIn.session, why: 'signed-out', network });
    }
    await desk.sessions.forget(request, response);
    const next = signIn === undefined ? undefined : await findProviderSignOut(desk, signIn);
    response.redirect(303, next?.href ?? '/');
  };
}

async function findProviderSignOut(
  { clients, publicUrl, logger }: Desk,
  { session, idToken }: { session: Session; idToken: string | undefined },
): Promise<URL | undefined> {
  const { realm } = session.principal;
  const client = clients.find((candidate) => candidate.realm === realm);
  try {
    return await client?.endSessionUrl({ idToken, returnTo: new URL('/', publicUrl.origin) });
  } catch (err) {
    logger.warn({ err, realm }, 'somebody signed out here, but not at the identity provider');
    return undefined;
  }
}

function clientOf({ clients }: Desk, realm: Realm): RealmClient {
  const client = clients.find((candidate) => candidate.realm === realm);
  if (client === undefined) throw new Problem('not-found', 'Nobody signs in here.');
  return client;
}

/** Records a refused sign-in, and turns it into the problem it is answered with. */
async function reportFailure(
  desk: Desk,
  request: Request,
  { realm, error }: { realm: Realm; error: unknown },
): Promise<never> {
  if (!(error instanceof SignInRefused)) return reportOutage(desk, realm, error);
  desk.logger.warn({ err: error, realm }, 'a sign-in was refused');
  const network = desk.networkOf(request);
  await desk.acts.refuseSignIn({ realm, reason: error.reason, network });
  throw refused('What the identity provider sent back does not hold. Begin again.');
}

function reportOutage({ logger }: Desk, realm: Realm, error: unknown): never {
  if (!(error instanceof ProviderUnavailable)) throw error;
  logger.warn({ err: error, realm }, 'nobody can sign in in this realm now');
  throw new Problem(
    'sign-in-unavailable',
    'Try again in a minute. Whoever is signed in already stays signed in.',
  );
}

function refused(detail: string): Problem {
  return new Problem('sign-in-refused', detail);
}

function queryOf({ originalUrl }: Request): URLSearchParams {
  const begin = originalUrl.indexOf('?');
  return new URLSearchParams(begin === -1 ? '' : originalUrl.slice(begin + 1));
}

/** A parameter that came exactly once. */
function onlyValue(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name);
  return more.length > 0 ? undefined : value;
}
