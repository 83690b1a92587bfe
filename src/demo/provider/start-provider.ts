import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Configuration, type Grant, type OidcContext, Provider } from 'oidc-provider';
import { type Assets, readAssets } from '../front/assets.ts';
import { listenOnLoopback } from '../front/listen-on-loopback.ts';
import { contentSecurityPolicy, sendAsset } from '../front/send-page.ts';
import { configureProvider } from './configuration.ts';
import { answerInteraction, isInteraction, type SignInDesk } from './interaction.ts';
import { addressesOf, checkOptions, type ProviderOptions } from './provider-options.ts';
import { makeSigningKeys } from './signing-keys.ts';

/** A running development identity provider. */
export interface RunningProvider {
  /** Its issuer identifier, `http://localhost:PORT`. */
  readonly issuer: string;
  readonly port: number;
  /** Stops at once, open connections included. */
  close(): Promise<void>;
}

/**
 * Starts a development OpenID Connect provider on this machine: authorization code with PKCE,
 * refresh tokens, RP-initiated and back-channel logout. Whoever opens its sign-in page chooses who
 * to be; there are no passwords and no consent page.
 *
 * @throws Error if a client is not on this machine; the listening error if the port is taken
 */
export async function startProvider(options: ProviderOptions): Promise<RunningProvider> {
  checkOptions(options);
  const [assets, keys] = await Promise.all([readAssets(), makeSigningKeys()]);
  const server = await listenOnLoopback(options.port);
  const issuer = `http://localhost:${server.port}`;
  const policy = contentSecurityPolicy(listFormTargets(options));
  const provider = makeProvider(issuer, options, keys);
  // An empty script-src allows nothing; the provider adds the hash of a form that submits itself.
  provider.use(async (ctx, next) => {
    ctx.set('Content-Security-Policy', `${policy}; script-src`);
    await next();
  });
  server.serve(route(issuer, assets, { provider, options, policy }));
  return { issuer, port: server.port, close: server.close };
}

function makeProvider(
  issuer: string,
  options: ProviderOptions,
  keys: Configuration['jwks'],
): Provider {
  const provider: Provider = new Provider(issuer, {
    ...configureProvider(options, keys),
    loadExistingGrant: async ({ oidc }) => consent(provider, oidc),
  });
  return provider;
}

/** Everything asked for is granted: this is where a consent page would come in. */
async function consent(provider: Provider, oidc: OidcContext): Promise<Grant | undefined> {
  const { client, session } = oidc;
  if (client === undefined || session.accountId === undefined) return undefined;
  const { clientId } = client;
  const grant =
    (await provider.Grant.find(session.grantIdFor(clientId) ?? '')) ??
    new provider.Grant({ accountId: session.accountId, clientId });
  grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '));
  await grant.save();
  return grant;
}

function route(issuer: string, assets: Assets, desk: SignInDesk) {
  const answer = desk.provider.callback();
  const { host } = new URL(issuer);
  return (request: IncomingMessage, response: ServerResponse): void => {
    // Any other name is a web page elsewhere that made its own name point here.
    if (request.headers.host !== host) response.writeHead(421).end();
    else if (isInteraction(request)) answerOrFail(desk, request, response);
    else if (!sendAsset(request, response, assets)) answer(request, response);
  };
}

function answerOrFail(desk: SignInDesk, request: IncomingMessage, response: ServerResponse): void {
  answerInteraction(desk, request, response).catch((fault: unknown) => {
    console.error('the development sign-in failed:', fault);
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  });
}

/**
 * A form's answer leads on to the client, and from there to wherever the client sends the person;
 * browsers hold every one of these addresses against `form-action`.
 */
function listFormTargets(options: ProviderOptions): string[] {
  const origins = options.clients.flatMap(addressesOf).map((address) => new URL(address).origin);
  return [...new Set(["'self'", ...origins, 'http://*.localhost:*'])];
}
