import { randomBytes } from 'node:crypto';
import type { Account, ClientMetadata, Configuration, Context } from 'oidc-provider';
import { loopbackFetch } from '../../http/loopback-fetch.ts';
import { keepInMemory } from './memory-adapter.ts';
import type { Person, ProviderClient, Realm } from './person.ts';
import type { ProviderOptions } from './provider-options.ts';
import { renderRefusalPage, renderSignedOutPage, renderSignOutPage } from './sign-in-page.ts';

const HOUR_SECONDS = 3_600;

/** What every sign-in here amounts to: somebody was present and chose who to be (RFC 8176, `user`). */
export const AUTHENTICATION = { acr: 'urn:sallyport:demo:one-click', amr: ['user'] };

/** How oidc-provider plays this realm's identity provider, but for grants, which need the provider. */
export function configureProvider(
  options: ProviderOptions,
  jwks: Configuration['jwks'],
): Omit<Configuration, 'loadExistingGrant'> {
  const { realm, title } = options;
  return {
    jwks,
    adapter: () => keepInMemory(),
    clients: options.clients.map(describeClient),
    claims: listClaims(options.people),
    scopes: ['openid', 'offline_access', 'profile', 'email'],
    responseTypes: ['code'],
    acrValues: [AUTHENTICATION.acr],
    // Clients read groups and accounts from the ID token, as from most providers staff sign in at.
    conformIdTokenClaims: false,
    cookies: { keys: [randomBytes(32).toString('base64url')], names: nameCookies(realm) },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx, form) => showPage(ctx, renderSignOutPage(title, form)),
        postLogoutSuccessSource: async (ctx) => showPage(ctx, renderSignedOutPage(title)),
      },
      resourceIndicators: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
    },
    pkce: { required: () => true },
    ttl: listLifetimes(),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    clientBasedCORS: () => false,
    fetch: fetchFromClient,
    findAccount: async (_, subject) => findAccount(options.people, subject),
    issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
    renderError: async (ctx, { error, error_description }) =>
      showPage(ctx, renderRefusalPage(title, error_description ?? error)),
  };
}

function describeClient(client: ProviderClient): ClientMetadata {
  return {
    client_id: client.clientId,
    client_secret: client.clientSecret,
    redirect_uris: [...client.redirectUris],
    post_logout_redirect_uris: [...client.postLogoutRedirectUris],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    ...(client.backchannelLogoutUri === undefined
      ? {}
      : {
          backchannel_logout_uri: client.backchannelLogoutUri,
          backchannel_logout_session_required: true,
        }),
  };
}

/** Claims of a person's own come with `openid`, so that no client has to know a scope for them. */
function listClaims(people: readonly Person[]): Configuration['claims'] {
  const own = new Set(people.flatMap((person) => Object.keys(person.claims)));
  return {
    openid: ['sub', 'acr', 'amr', 'auth_time', 'sid', ...own],
    profile: ['name'],
    email: ['email', 'email_verified'],
  };
}

/** Browsers keep cookies by host and not by port, and both realms are on localhost. */
function nameCookies(realm: Realm): Configuration['cookies']['names'] {
  return {
    session: `${realm}_provider_session`,
    interaction: `${realm}_provider_interaction`,
    resume: `${realm}_provider_resume`,
  };
}

function listLifetimes(): Record<string, number> {
  return {
    AccessToken: HOUR_SECONDS,
    AuthorizationCode: 60,
    Grant: 24 * HOUR_SECONDS,
    IdToken: HOUR_SECONDS,
    Interaction: HOUR_SECONDS,
    RefreshToken: 24 * HOUR_SECONDS,
    Session: 24 * HOUR_SECONDS,
  };
}

/** The provider's own dispatcher refuses loopback, where all its clients are. */
const fetchFromClient: Configuration['fetch'] = async (url, { method, headers, body, signal }) =>
  loopbackFetch(url, {
    ...(method === undefined ? {} : { method }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  });

function findAccount(people: readonly Person[], subject: string): Account | undefined {
  const person = people.find((candidate) => candidate.subject === subject);
  if (person === undefined) return undefined;
  const { name, email, emailVerified, claims } = person;
  return {
    accountId: subject,
    claims: async () => ({ ...claims, sub: subject, name, email, email_verified: emailVerified }),
  };
}

function showPage(ctx: Context, markup: string): void {
  ctx.type = 'html';
  ctx.body = markup;
}
