import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Instant } from './domain/time.ts';
import { type ClientAddresses, createClientAddresses } from './http/client-address.ts';
import { loopbackFetch } from './http/loopback-fetch.ts';
import { createPageFrame, type PageFrame } from './http/page.ts';
import { createRefusal, type Refuse } from './http/refusal.ts';
import { createSecurityHeaders, type SecurityHeaders } from './http/security-headers.ts';
import { createSessions, type Sessions } from './http/sessions.ts';
import { createRealmClient, type RealmClient } from './identity/realm-client.ts';
import type { Foundation } from './main-foundation.ts';
import { openSessionSecret } from './main-secrets.ts';

/** What all doors share. */
export interface Hallway {
  readonly addresses: ClientAddresses;
  readonly clients: readonly RealmClient[];
  readonly frame: PageFrame;
  readonly securityHeaders: SecurityHeaders;
  readonly refuse: Refuse;
  readonly sessions: Sessions;
  readonly sessionSecret: string;
}

export function buildHallway(config: Config, foundation: Foundation, logger: Logger): Hallway {
  const { publicUrl, accountUrl, product } = config;
  const now = () => foundation.recorder.now();
  const clients = createClients(config, now);
  const frame = createPageFrame({ product: product.name, publicOrigin: publicUrl.origin });
  const issuers = [config.staff, config.owners].flatMap((realm) => realm?.issuer ?? []);
  const securityHeaders = createSecurityHeaders({ publicUrl, accountUrl, issuers });
  const sessionSecret = openSessionSecret(config.session.secret);
  return {
    addresses: createClientAddresses(config.trustedProxies),
    clients,
    frame,
    securityHeaders,
    refuse: createRefusal({
      publicOrigin: publicUrl.origin,
      realms: clients.map((client) => client.realm),
      frame,
      securityHeaders,
      logger,
    }),
    sessions: createSessions({
      store: foundation.store,
      secret: sessionSecret,
      scheme: publicUrl.scheme,
      now,
      logger,
    }),
    sessionSecret,
  };
}

function createClients(config: Config, now: () => Instant): RealmClient[] {
  const { staff, owners, publicUrl } = config;
  const dial = (url: string, request: Parameters<typeof loopbackFetch>[1]) =>
    loopbackFetch(url, request);
  const callback = (realm: string) => new URL(`/auth/${realm}/callback`, publicUrl.origin);
  const staffClient = createRealmClient({
    realm: 'staff',
    rolesClaim: staff.rolesClaim,
    roles: staff.roles,
    issuer: staff.issuer,
    clientId: staff.clientId,
    clientSecret: staff.clientSecret.reveal(),
    scopes: staff.scopes,
    redirectUri: callback('staff'),
    fetch: dial,
    now,
  });
  if (owners === undefined) return [staffClient];
  const ownersClient = createRealmClient({
    realm: 'owners',
    accountsClaim: owners.accountsClaim,
    issuer: owners.issuer,
    clientId: owners.clientId,
    clientSecret: owners.clientSecret.reveal(),
    scopes: owners.scopes,
    redirectUri: callback('owners'),
    fetch: dial,
    now,
  });
  return [staffClient, ownersClient];
}
