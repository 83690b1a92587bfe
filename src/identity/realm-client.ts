import * as client from 'openid-client';
import type { Instant, Milliseconds } from '../domain/time.ts';
import {
  type ClaimReading,
  type Claims,
  isSubject,
  readAccounts,
  readEmail,
  readName,
  readRoles,
  rightsClaim,
} from './claims.ts';
import type { Identity } from './identity.ts';
import { findProvider, type Provider } from './provider.ts';
import type { ProviderFetch } from './provider-fetch.ts';
import { explainFailure, ProviderUnavailable, SignInRefused } from './sign-in-error.ts';
import { beginTransaction, challengeOf, type Transaction } from './transaction.ts';

/** One realm's client at its OpenID provider, from configuration alone. */
export type RealmClientOptions = ClaimReading & {
  /** The issuer identifier, byte for byte as the provider writes it. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: readonly string[];
  /** Where the provider sends people back to. Never taken from a request. */
  readonly redirectUri: URL;
  /** What dials the provider; the built-in one unless given. */
  readonly fetch?: ProviderFetch;
  /** The longest that `begin`, `finish` or `endSessionUrl` takes in all; 4,000 unless given. */
  readonly timeoutMs?: Milliseconds;
  readonly now?: () => Instant;
};

/** Sign-in for one realm: authorization code with PKCE, state and nonce, always. */
export interface RealmClient {
  readonly realm: ClaimReading['realm'];
  /**
   * Begins a sign-in. `maxAge` in seconds: how old the person's last proof may be; with 0 the
   * provider asks again. Throws `ProviderUnavailable`.
   */
  begin(wish: {
    returnTo: string;
    maxAge?: number;
  }): Promise<{ url: URL; transaction: Transaction }>;
  /**
   * Ends a sign-in with the parameters the browser brought back. Throws `SignInRefused` for
   * whatever is not a fresh, signed answer to exactly this transaction, and `ProviderUnavailable`.
   */
  finish(parameters: URLSearchParams, transaction: Transaction): Promise<Identity>;
  /**
   * Where to send the browser to sign out at the provider too (OpenID Connect RP-Initiated Logout),
   * if the provider offers that. Throws `ProviderUnavailable`.
   */
  endSessionUrl(wish: { idToken: string | undefined; returnTo: URL }): Promise<URL | undefined>;
}

const DEFAULT_TIMEOUT_MS: Milliseconds = 4_000;

interface Desk {
  readonly options: RealmClientOptions;
  readonly provider: Provider;
  readonly now: () => Instant;
}

/** Makes one. Nothing is asked of the provider before somebody signs in: it may be down now. */
export function createRealmClient(options: RealmClientOptions): RealmClient {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const now = options.now ?? Date.now;
  const fetch = options.fetch ?? globalThis.fetch;
  const desk = { options, now, provider: findProvider({ ...options, timeoutMs, fetch, now }) };
  return {
    realm: options.realm,
    begin: async (wish) => within(timeoutMs, begin(desk, wish)),
    finish: async (parameters, transaction) =>
      within(timeoutMs, finish(desk, parameters, transaction)),
    endSessionUrl: async (wish) => within(timeoutMs, endSessionUrl(desk, wish)),
  };
}

async function begin(
  { options, provider, now }: Desk,
  wish: { returnTo: string; maxAge?: number },
): Promise<{ url: URL; transaction: Transaction }> {
  const configuration = await provider.present();
  const transaction = beginTransaction({ ...wish, realm: options.realm, startedAt: now() });
  const url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: options.redirectUri.href,
    scope: options.scopes.join(' '),
    state: transaction.state,
    nonce: transaction.nonce,
    code_challenge: challengeOf(transaction),
    code_challenge_method: 'S256',
    ...(wish.maxAge === undefined ? {} : { max_age: String(wish.maxAge) }),
    ...(wish.maxAge === 0 ? { prompt: 'login' } : {}),
  });
  return { url, transaction };
}

async function finish(
  desk: Desk,
  parameters: URLSearchParams,
  transaction: Transaction,
): Promise<Identity> {
  demandOwnTransaction(desk.options, parameters, transaction);
  const configuration = await desk.provider.known();
  try {
    const tokens = await exchangeCode(desk, configuration, parameters, transaction);
    return await readIdentity(desk.options, configuration, tokens);
  } catch (error) {
    throw explainFailure(error);
  }
}

/** Checked before the provider hears of it: the same answer to two parsers, and to this realm. */
function demandOwnTransaction(
  { realm }: RealmClientOptions,
  parameters: URLSearchParams,
  transaction: Transaction,
): void {
  if (transaction.realm !== realm) throw new SignInRefused('it was begun in the other realm');
  const names = [...parameters.keys()];
  if (new Set(names).size !== names.length) {
    throw new SignInRefused('a parameter came more than once');
  }
}

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;

async function exchangeCode(
  { options, now }: Desk,
  configuration: client.Configuration,
  parameters: URLSearchParams,
  transaction: Transaction,
): Promise<Tokens> {
  const address = new URL(options.redirectUri);
  address.search = parameters.toString();
  const secondsSince = Math.ceil(Math.max(0, now() - transaction.startedAt) / 1_000);
  return client.authorizationCodeGrant(configuration, address, {
    expectedState: transaction.state,
    expectedNonce: transaction.nonce,
    pkceCodeVerifier: transaction.verifier,
    idTokenExpected: true,
    // Counted from the start: however long the person takes at the provider, the proof is newer.
    ...(transaction.maxAge === undefined ? {} : { maxAge: transaction.maxAge + secondsSince }),
  });
}

async function readIdentity(
  options: RealmClientOptions,
  configuration: client.Configuration,
  tokens: Tokens,
): Promise<Identity> {
  const claims = tokens.claims();
  if (claims === undefined || tokens.id_token === undefined || !isSubject(claims.sub)) {
    throw new SignInRefused('the ID token names no subject');
  }
  const said = await collectClaims(options, configuration, { ...tokens, claims });
  const rights = said.find((source) => Object.hasOwn(source, rightsClaim(options))) ?? {};
  const addressed = said.find((source) => readEmail(source).email !== undefined) ?? {};
  return {
    realm: options.realm,
    issuer: claims.iss,
    subject: claims.sub,
    name: said.map(readName).find((name) => name !== undefined),
    ...readEmail(addressed),
    roles: readRoles(options, rights),
    accounts: readAccounts(options, rights),
    idToken: tokens.id_token,
    authTime: claims.auth_time === undefined ? undefined : claims.auth_time * 1_000,
  };
}

/** The ID token's claims, then those of userinfo if something that was asked for is missing. */
async function collectClaims(
  options: RealmClientOptions,
  configuration: client.Configuration,
  { claims, access_token }: { claims: client.IDToken; access_token: string },
): Promise<readonly Claims[]> {
  const wanted = [rightsClaim(options)];
  if (options.scopes.includes('profile')) wanted.push('name');
  if (options.scopes.includes('email')) wanted.push('email');
  const hasAll = wanted.every((name) => Object.hasOwn(claims, name));
  if (hasAll || configuration.serverMetadata().userinfo_endpoint === undefined) return [claims];
  // The library refuses an answer about anybody but this subject.
  return [claims, await client.fetchUserInfo(configuration, access_token, claims.sub)];
}

async function endSessionUrl(
  { provider }: Desk,
  { idToken, returnTo }: { idToken: string | undefined; returnTo: URL },
): Promise<URL | undefined> {
  const configuration = await provider.known();
  if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
  return client.buildEndSessionUrl(configuration, {
    post_logout_redirect_uri: returnTo.href,
    ...(idToken === undefined ? {} : { id_token_hint: idToken }),
  });
}

/** Every single request has a time limit of its own; this one is for all of them together. */
async function within<Answer>(timeoutMs: Milliseconds, work: Promise<Answer>): Promise<Answer> {
  const { promise: lateness, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new ProviderUnavailable(`it has not answered within ${timeoutMs} ms`));
  }, timeoutMs);
  try {
    return await Promise.race([work, lateness]);
  } finally {
    clearTimeout(timer);
  }
}
