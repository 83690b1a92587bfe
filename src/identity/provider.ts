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

/** For how long a provider that did not answer is not asked again. */
const FAILURE_KEPT_MS: Milliseconds = 1_000;

/**
 * Finds a provider when it is first needed, and keeps what was found. A failure is kept for a second
 * and shared by all who wait for it, so that an outage costs neither side more than one request.
 * The function it answers with throws `ProviderUnavailable`.
 */
export function findProvider(options: ProviderOptions): () => Promise<client.Configuration> {
  let known: { provider: Promise<client.Configuration>; failedAt?: Instant } | undefined;
  const look = (): Promise<client.Configuration> => {
    const attempt: NonNullable<typeof known> = { provider: discover(options) };
    attempt.provider.catch(() => {
      attempt.failedAt = options.now();
    });
    known = attempt;
    return attempt.provider;
  };
  return async () => {
    const failedAt = known?.failedAt;
    const isStale = failedAt !== undefined && options.now() - failedAt >= FAILURE_KEPT_MS;
    return known === undefined || isStale ? look() : known.provider;
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
