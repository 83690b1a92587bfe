/** An origin (RFC 6454) that this gateway answers for. */
export interface ServedOrigin {
  /** In its normal form: lower case, no default port, no final slash. */
  readonly origin: string;
  readonly scheme: 'http' | 'https';
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  /** The one that is dialled from outside; where we listen may be another. */
  readonly port: number;
}

/** The origins of the accounts: one label of the host is the account's id. */
export interface ServedAccounts {
  readonly scheme: 'http' | 'https';
  /** What comes before and after the account's id in the host; empty, or with the dot between. */
  readonly hostBefore: string;
  readonly hostAfter: string;
  readonly port: number;
}

/** Everything that has a name here. */
export interface Served {
  readonly publicUrl: ServedOrigin;
  readonly accountUrl: ServedAccounts;
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/** The port a browser means when it writes none. */
export function defaultPort(scheme: ServedOrigin['scheme']): number {
  return DEFAULT_PORTS[scheme];
}

/**
 * A CSP host source (CSP Level 3 section 2.3.1) for the origins of all accounts. A wildcard can
 * only be the first label there, so it stands for whatever comes before the account too.
 */
export function accountSources({ scheme, hostAfter, port }: ServedAccounts): string {
  const written = port === defaultPort(scheme) ? '' : `:${port}`;
  return `${scheme}://*${hostAfter}${written}`;
}
