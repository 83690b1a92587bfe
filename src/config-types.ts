import type { Secret } from './config-secret.ts';
import type { AccountId } from './domain/account-id.ts';
import type { Role } from './domain/rights.ts';
import type { Route } from './domain/route.ts';
import type { Milliseconds } from './domain/time.ts';

/** The whole configuration: checked, complete and frozen. Every path of a file in it is absolute. */
export interface Config {
  /** The file it was read from. */
  readonly file: string;
  readonly product: { readonly name: string };
  readonly listen: ListenConfig;
  /** The origin of pages and API. */
  readonly publicUrl: Origin;
  readonly accountUrl: AccountUrl;
  /** Whose `X-Forwarded-*` are believed; nobody's if it is empty. */
  readonly trustedProxies: readonly AddressRange[];
  readonly store: StorePlace;
  readonly session: SessionConfig;
  readonly staff: StaffConfig;
  /** Without it, grants come by service token only. */
  readonly owners: OwnersConfig | undefined;
  readonly services: readonly ServiceConfig[];
  /** At least one. */
  readonly upstreams: readonly UpstreamConfig[];
  readonly grants: GrantsConfig;
  readonly reviews: ReviewsConfig;
  /** What staff accept before their first visit; without it, nothing is asked. */
  readonly agreement: AgreementConfig | undefined;
  readonly log: LogConfig;
  /** Without it, no notices are sent. */
  readonly notices: NoticesConfig | undefined;
  readonly policy: { readonly model: TextFile; readonly rules: TextFile };
}

export type Scheme = 'http' | 'https';

/** An origin (RFC 6454) in its normal form: lower case, no default port, no final slash. */
export interface Origin {
  readonly origin: string;
  readonly scheme: Scheme;
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  /** The port that is dialled, 80 or 443 if none is written. */
  readonly port: number;
}

/** The pattern of the accounts' origins. */
export interface AccountUrl {
  /** The origin with `{account}` in the place of the account's id. */
  readonly template: string;
  readonly scheme: Scheme;
  /** What comes before and after the account's id in the host; empty, or with the dot between. */
  readonly hostBefore: string;
  readonly hostAfter: string;
  readonly port: number;
}

/** Where an upstream is. With `isPerAccount`, `origin` and `hostname` hold `{account}` once. */
export interface Target extends Origin {
  readonly isPerAccount: boolean;
}

/** Addresses with a common prefix; a single address has all its bits in it. */
export interface AddressRange {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Where a listener stands. Port 0 takes any that is free. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface ListenConfig extends ListenAddress {
  /** Both are read again when they change. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Health and metrics on an address of their own. */
  readonly admin: ListenAddress | undefined;
}

/** PostgreSQL has its place in the type; this version refuses it while it reads. */
export type StorePlace =
  | { readonly engine: 'sqlite'; readonly file: string }
  | { readonly engine: 'postgres'; readonly url: Secret };

export interface SessionConfig {
  readonly secret: SessionSecret;
  readonly idleMs: Milliseconds;
  readonly absoluteMs: Milliseconds;
  readonly recheckMs: Milliseconds;
}

/** `to-be-made`: there is no such file yet, it is made at the first start, mode 0600. */
export type SessionSecret =
  | { readonly state: 'given'; readonly secret: Secret }
  | { readonly state: 'to-be-made'; readonly file: string };

/** A client of an OpenID Connect provider. */
export interface SignInConfig {
  /** As it is written: it is compared byte for byte with the provider's own. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly scopes: readonly string[];
}

export type StaffRole = Exclude<Role, 'owner' | 'service'>;

export interface StaffConfig extends SignInConfig {
  readonly rolesClaim: string;
  /** The values of the claim that give a role; none for a role that nobody gets. */
  readonly roles: Readonly<Record<StaffRole, readonly string[]>>;
}

export interface OwnersConfig extends SignInConfig {
  readonly accountsClaim: string;
}

/** What a service may do for owners. */
export const SERVICE_ACTS = [
  'grant.issue',
  'grant.revoke',
  'account.register',
  'account.lock',
  'person.suspend',
  'ticket.close',
] as const;

export type ServiceAct = (typeof SERVICE_ACTS)[number];

export interface ServiceConfig {
  readonly name: string;
  /** `*`: every account, those of tomorrow too. */
  readonly accounts: '*' | readonly AccountId[];
  readonly acts: readonly ServiceAct[];
}

export interface UpstreamConfig {
  readonly name: string;
  readonly target: Target;
  /** Prefixes in whole segments, unique among all upstreams; the longest wins. */
  readonly paths: readonly string[];
  readonly preserveHost: boolean;
  readonly accountHeader: string | undefined;
  /** What only reads, beside GET, HEAD and OPTIONS. */
  readonly readRequests: readonly Route[];
  readonly blocked: readonly Route[];
  readonly routes: readonly NamedRoute[];
  /** Keys of the query whose values are recorded. */
  readonly recordQuery: readonly string[];
}

/** A kind of request with the noun it has for people: `invoice {id}`. */
export interface NamedRoute {
  readonly route: Route;
  readonly noun: string;
}

export interface GrantsConfig {
  readonly maxDurationMs: Milliseconds;
  readonly defaultDurationMs: Milliseconds;
  readonly requestExpiresAfterMs: Milliseconds;
}

export interface ReviewsConfig {
  readonly maxDurationMs: Milliseconds;
  readonly maxDisclosureDelayMs: Milliseconds;
  readonly breakGlass: {
    readonly maxDurationMs: Milliseconds;
    readonly ratifyWithinMs: Milliseconds;
    readonly signInNoOlderThanMs: Milliseconds;
  };
}

/** A file whose text is part of the configuration. */
export interface TextFile {
  readonly file: string;
  readonly text: string;
}

export interface AgreementConfig extends TextFile {
  readonly version: string;
}

export interface LogConfig {
  readonly origin: string;
  /** Made at the first start, mode 0600, if it does not exist. */
  readonly keyFile: string;
  /** The last signed checkpoint, outside the database; written by the gateway, mode 0600. */
  readonly guardFile: string;
  readonly checkpointEveryMs: Milliseconds;
  /** A log in which nothing happens gets an entry this often. */
  readonly heartbeatEveryMs: Milliseconds;
  readonly retentionMs: Milliseconds;
}

export interface NoticesConfig {
  readonly mail: MailConfig | undefined;
  readonly webhooks: readonly WebhookConfig[];
}

export interface MailConfig {
  /** The address of the mail server; it may hold a password. */
  readonly smtp: Secret;
  /** Its host and port alone. */
  readonly server: string;
  readonly from: string;
}

export interface WebhookConfig {
  /** A path or query of it may be as good as a password. */
  readonly url: Secret;
  readonly origin: string;
  /** What the notices to it are signed with. */
  readonly secret: Secret;
}
