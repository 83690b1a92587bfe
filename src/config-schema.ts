import { z } from 'zod';
import {
  readAccountUrl,
  readIssuer,
  readMailServer,
  readPublicUrl,
  readWebhookUrl,
} from './config-addresses.ts';
import {
  addressRange,
  duration,
  email,
  type FileFields,
  field,
  fileFields,
  line,
  lines,
  listenHost,
  logOrigin,
  port,
  secret,
  sessionSecret,
} from './config-fields.ts';
import { checkPrivateFile, readTextFile } from './config-files.ts';
import { demand } from './config-mistake.ts';
import { Secret } from './config-secret.ts';
import { SERVICE_ACTS } from './config-types.ts';
import { upstreamSettings } from './config-upstreams.ts';
import { ACCOUNT_ID, parseAccountId } from './domain/account-id.ts';

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const listenAddress = z.strictObject({ host: listenHost, port });

const scopes = lines.refine((items) => items.includes('openid'), { error: 'must contain openid' });

/** Values of the claim that give a role. */
const claimValues = lines.prefault([]);

/** What the values are called where nobody says otherwise; a mapping that is given replaces all of it. */
const USUAL_ROLES = {
  support: ['support'],
  compliance: ['trust-and-safety'],
  responder: ['on-call'],
  auditor: ['audit'],
  admin: ['platform'],
};

const roles = z
  .strictObject({
    support: claimValues,
    compliance: claimValues,
    responder: claimValues,
    auditor: claimValues,
    admin: claimValues,
  })
  .refine((mapped) => Object.values(mapped).some((values) => values.length > 0), {
    error: 'must give at least one role to a value of the claim',
  });

const accountId = field((text) => {
  const account = parseAccountId(text);
  demand(account !== undefined, `must be an account id (${ACCOUNT_ID})`);
  return account;
});

const accounts = z.array(accountId).min(1, 'must name at least one account, or be "*"');

const service = z.strictObject({
  // A union of both would say of a list only that it is not right, not which of its items.
  accounts: z.unknown().transform((value, context) => {
    if (value === '*') return '*';
    const list = accounts.safeParse(value, { error: (issue) => explainAccounts(issue.input) });
    if (list.success) return list.data;
    for (const { path, message } of list.error.issues) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
    return z.NEVER;
  }),
  acts: z
    .array(z.enum(SERVICE_ACTS, `must be one of ${SERVICE_ACTS.join(', ')}`))
    .min(1, 'must name at least one act'),
});

function explainAccounts(input: unknown): string {
  return input === undefined ? 'is required' : 'must be a list of account ids, or "*"';
}

const serviceName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'must be a name of letters, digits, ".", "_" and "-"',
  );

function signInSettings(files: FileFields) {
  return {
    issuer: field(readIssuer),
    clientId: line.prefault('sallyport'),
    clientSecret: secret.optional(),
    clientSecretFile: files.secret.optional(),
    scopes: scopes.prefault(['openid', 'profile', 'email']),
  };
}

function listenSettings(files: FileFields) {
  const tls = z.strictObject({
    certFile: files.path(readTextFile),
    keyFile: files.path(checkPrivateFile),
  });
  return z.strictObject({
    host: listenHost.prefault('127.0.0.1'),
    port: port.prefault(8080),
    tls: tls.optional(),
    admin: listenAddress.optional(),
  });
}

/** Without a secret of its own, a session section has the default file. */
function addSecretFile(section: unknown): unknown {
  if (typeof section !== 'object' || section === null || Array.isArray(section)) return section;
  const isGiven = 'secret' in section || 'secretFile' in section;
  return isGiven ? section : { ...section, secretFile: 'data/session.key' };
}

function sessionSettings(files: FileFields) {
  return z.preprocess(
    addSecretFile,
    z.strictObject({
      secret: sessionSecret.optional(),
      secretFile: files.sessionKey.optional(),
      idle: duration().optional(),
      absolute: duration().prefault('12h'),
      recheck: duration().optional(),
    }),
  );
}

const breakGlass = z.strictObject({
  maxDuration: duration().optional(),
  ratifyWithin: duration().prefault('24h'),
  signInNoOlderThan: duration().prefault('5m'),
});

const reviews = z.strictObject({
  maxDuration: duration().prefault('7d'),
  maxDisclosureDelay: duration().prefault('90d'),
  breakGlass: breakGlass.prefault({}),
});

const grants = z.strictObject({
  maxDuration: duration().prefault('30d'),
  defaultDuration: duration().optional(),
  requestExpiresAfter: duration().prefault('3d'),
});

function readSmtp(text: string): { smtp: Secret; server: string } {
  const { smtp, server } = readMailServer(text);
  return { smtp: new Secret(smtp), server };
}

function readWebhook(text: string): { url: Secret; origin: string } {
  return { url: new Secret(text), origin: readWebhookUrl(text).origin };
}

function noticesSettings(files: FileFields) {
  const mail = z.strictObject({ smtp: field(readSmtp), from: email });
  const webhook = z.strictObject({
    url: field(readWebhook),
    secret: secret.optional(),
    secretFile: files.secret.optional(),
  });
  return z.strictObject({ mail: mail.optional(), webhooks: z.array(webhook).prefault([]) });
}

function logSettings(files: FileFields) {
  return z.strictObject({
    origin: logOrigin,
    keyFile: files.key.prefault('data/log.key'),
    guardFile: files.key.optional(),
    checkpointEvery: duration(HOUR).prefault('1s'),
    heartbeatEvery: duration(DAY, SECOND).prefault('1h'),
    retention: duration().prefault('365d'),
  });
}

/** Where relative paths start, and the policy files that serve if none are named. */
export interface Folders {
  readonly folder: string;
  readonly policyModel: string;
  readonly policyRules: string;
}

/**
 * Every key there is, each judged on its own. The values keep the names of their keys; what several
 * keys must keep together is `config-rules`, what becomes of them `config-assemble`.
 */
export function settingsSchema({ folder, policyModel, policyRules }: Folders) {
  const files = fileFields(folder);
  const signIn = signInSettings(files);
  return z.strictObject({
    product: z.strictObject({ name: line.prefault('Example') }).prefault({}),
    listen: listenSettings(files).prefault({}),
    publicUrl: field(readPublicUrl),
    accountUrl: field(readAccountUrl),
    trustedProxies: z.array(addressRange).prefault([]),
    store: files.store,
    session: sessionSettings(files).prefault({}),
    staff: z.strictObject({
      ...signIn,
      rolesClaim: line.prefault('groups'),
      roles: roles.prefault(USUAL_ROLES),
    }),
    owners: z
      .strictObject({ ...signIn, accountsClaim: line.prefault('owned_accounts') })
      .optional(),
    services: z.record(serviceName, service).prefault({}),
    upstreams: z.array(upstreamSettings).min(1, 'must name at least one upstream'),
    grants: grants.prefault({}),
    reviews: reviews.prefault({}),
    agreement: z.strictObject({ version: line, file: files.text }).optional(),
    log: logSettings(files),
    notices: noticesSettings(files).optional(),
    policy: z
      .strictObject({
        model: files.text.prefault(policyModel),
        rules: files.text.prefault(policyRules),
      })
      .prefault({}),
  });
}

/** The values of all keys, as they are once each of them is right. */
export type Settings = z.output<ReturnType<typeof settingsSchema>>;
