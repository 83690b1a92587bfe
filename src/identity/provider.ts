import * as client from 'openid-client';
import type { Instant, Milliseconds } from '../domain/time.ts';
import { answerWhole, type ProviderFetch } from './provider-fetch.ts';
import { ProviderUnavailable } from './sign-in-error.ts';

/** How a provider is found and who we are to it. */
export interface ProviderOptions {
  /** The issuer identifier exactly as the provider writes it (OpenID Connect Discovery section 4.3). */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly timeoutMs: Milliseconds;
  readonly fetch: ProviderFetch;
  readonly now: () => Instant;
}

/** For how long what was learnt of a provider, good or bad, counts as news. */
const NEWS_KEPT_MS: Milliseconds = 1_000;

/** A provider that is looked for when it is first needed. Both throw `ProviderUnavailable`. */
export interface Provider {
  /** As it was found last. */
  known(): Promise<client.Configuration>;
  /** As it is now: asked within the last second, so that nobody is sent to one that is down. */
  present(): Promise<client.Configuration>;
}

interface Attempt {
  readonly found: Promise<client.Configuration>;
  /** `undefined` while it is under way. */
  ended: { readonly at: Instant; readonly isGood: boolean } | undefined;
}

/**
 * Finds a provider. What it answers is shared by all who wait for it, and a failure is kept for a
 * second, so that an outage costs neither side more than one request.
 */
export function findProvider(options: ProviderOptions): Provider {
  let last: Attempt | undefined;
  const look = (): Attempt => {
    const attempt: Attempt = { found: discover(options), ended: undefined };
    const end = (isGood: boolean) => () => {
      attempt.ended = { at: options.now(), isGood };
    };
    attempt.found.then(end(true), end(false));
    last = attempt;
    return attempt;
  };
  const isNews = ({ ended }: Attempt): boolean =>
    ended === undefined || options.now() - ended.at < NEWS_KEPT_MS;
  return {
    known: async () =>
      (last !== undefined && (last.ended?.isGood === true || isNews(last)) ? last : look()).found,
    present: async () => (last !== undefined && isNews(last) ? last : look()).found,
  };
}

async function discover(options: ProviderOptions): Promise<client.Configuration> {
  const { issuer, clientId, clientSecret, timeoutMs } = options;
  const address = new URL(issuer);
  const execute = [client.enableNonRepudiationChecks];
  if (isInsecureLoopback(address)) execute.push(client.allowInsecureRequests);
  try {
    const found = await client.discovery(address, clientId, undefined, authenticate(clientSecret), {
      execute,
      timeout: timeoutMs / 1_000,
      [client.customFetch]: answerWhole(options.fetch),
    });
    demandSameIssuer(issuer, found.serverMetadata().issuer);
    // Throws now if it says nowhere to send people, and not when somebody signs in.
    client.buildAuthorizationUrl(found, {});
    return found;
  } catch (cause) {
    if (cause instanceof ProviderUnavailable) throw cause;
    throw new ProviderUnavailable('its configuration cannot be read', { cause });
  }
}

/** The library compares them as addresses; ID tokens are compared as text, and so are people. */
function demandSameIssuer(expected: string, found: string): void {
  if (found !== expected) {
    throw new ProviderUnavailable(`it calls itself ${found}, not ${expected}`);
  }
}

/** Plain http is for a provider on this machine alone. */
function isInsecureLoopback({ protocol, hostname }: URL): boolean {
  const isLoopback =
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(hostname);
  return protocol === 'http:' && isLoopback;
}

/** Basic is what every provider must take (RFC 6749 section 2.3.1), unless it says otherwise. */
function authenticate(clientSecret: string): client.ClientAuth {
  const basic = client.ClientSecretBasic(clientSecret);
  const post = client.ClientSecretPost(clientSecret);
  return (server, ...request) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const takesOnlyPost =
      !methods.includes('client_secret_basic') && methods.includes('client_secret_post');
    return (takesOnlyPost ? post : basic)(server, ...request);
  };
}
