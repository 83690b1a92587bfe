import type { Settings } from './config-schema.ts';
import type { Secret } from './config-secret.ts';
import type {
  Config,
  NoticesConfig,
  SessionConfig,
  SignInConfig,
  UpstreamConfig,
} from './config-types.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Makes the configuration of settings that have been found right, each alone and all together. */
export function assembleConfig(file: string, settings: Settings): Config {
  const { product, publicUrl, accountUrl, trustedProxies, store, staff, owners, services } =
    settings;
  return {
    file,
    product,
    listen: { ...settings.listen, tls: settings.listen.tls, admin: settings.listen.admin },
    publicUrl,
    accountUrl,
    trustedProxies,
    store,
    session: assembleSession(settings.session),
    staff: { ...assembleSignIn(staff), rolesClaim: staff.rolesClaim, roles: staff.roles },
    owners: owners && { ...assembleSignIn(owners), accountsClaim: owners.accountsClaim },
    services: Object.entries(services).map(([name, service]) => ({ name, ...service })),
    upstreams: settings.upstreams.map(assembleUpstream),
    grants: assembleGrants(settings.grants),
    reviews: assembleReviews(settings.reviews),
    agreement: settings.agreement && {
      version: settings.agreement.version,
      ...settings.agreement.file,
    },
    log: {
      origin: settings.log.origin,
      keyFile: settings.log.keyFile,
      guardFile: settings.log.guardFile ?? guardBeside(settings.store),
      checkpointEveryMs: settings.log.checkpointEvery,
      heartbeatEveryMs: settings.log.heartbeatEvery,
      retentionMs: settings.log.retention,
    },
    notices: settings.notices && assembleNotices(settings.notices),
    policy: settings.policy,
  };
}

/** Exactly one of the two is given: the rules have seen to it. */
function oneSecret(inline: Secret | undefined, fromFile: Secret | undefined): Secret {
  const secret = inline ?? fromFile;
  if (secret === undefined)
    throw new Error('a secret is missing after the configuration was checked');
  return secret;
}

function assembleSession({
  secret,
  secretFile,
  idle,
  absolute,
  recheck,
}: Settings['session']): SessionConfig {
  return {
    secret:
      secretFile?.state === 'to-be-made'
        ? { state: 'to-be-made', file: secretFile.file }
        : { state: 'given', secret: oneSecret(secret, secretFile?.secret) },
    idleMs: idle ?? Math.min(30 * MINUTE, absolute),
    absoluteMs: absolute,
    recheckMs: recheck ?? Math.min(5 * MINUTE, absolute),
  };
}

function assembleSignIn(client: Settings['staff'] | NonNullable<Settings['owners']>): SignInConfig {
  const { issuer, clientId, clientSecret, clientSecretFile, scopes } = client;
  return { issuer, clientId, clientSecret: oneSecret(clientSecret, clientSecretFile), scopes };
}

function assembleUpstream(upstream: Settings['upstreams'][number]): UpstreamConfig {
  return { ...upstream, accountHeader: upstream.accountHeader };
}

function assembleGrants({ maxDuration, defaultDuration, requestExpiresAfter }: Settings['grants']) {
  return {
    maxDurationMs: maxDuration,
    defaultDurationMs: defaultDuration ?? Math.min(HOUR, maxDuration),
    requestExpiresAfterMs: requestExpiresAfter,
  };
}

function assembleReviews({ maxDuration, maxDisclosureDelay, breakGlass }: Settings['reviews']) {
  return {
    maxDurationMs: maxDuration,
    maxDisclosureDelayMs: maxDisclosureDelay,
    breakGlass: {
      maxDurationMs: breakGlass.maxDuration ?? Math.min(HOUR, maxDuration),
      ratifyWithinMs: breakGlass.ratifyWithin,
      signInNoOlderThanMs: breakGlass.signInNoOlderThan,
    },
  };
}

function assembleNotices({ mail, webhooks }: NonNullable<Settings['notices']>): NoticesConfig {
  return {
    mail: mail && { ...mail.smtp, from: mail.from },
    webhooks: webhooks.map(({ url, secret, secretFile }) => ({
      ...url,
      secret: oneSecret(secret, secretFile),
    })),
  };
}

/** Each database has a guard of its own. */
function guardBeside(store: Settings['store']): string {
  return store.engine === 'sqlite' ? `${store.file}.guard` : 'log.guard';
}
