import { isIP } from 'node:net';
import { type AccountId, parseAccountId } from '../domain/account-id.ts';
import { Problem } from '../domain/problem.ts';
import { defaultPort, type Served, type ServedAccounts, type ServedOrigin } from './served.ts';

/** What a Host header says (RFC 9110 section 7.2). */
export interface Host {
  /** In lower case, without the brackets of an IPv6 address. */
  readonly hostname: string;
  /** `undefined`: none is written, so the scheme's own is meant. */
  readonly port: number | undefined;
}

/** Whose request it is, by its Host header. */
export type Destination =
  | { readonly to: 'public' }
  | { readonly to: 'account'; readonly account: AccountId };

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::([1-9]\d{0,4}))?$/i;
const LONGEST_HOST = 253;

/**
 * Reads a Host header. A list, userinfo, a path, white space, percent-encoding, a trailing dot or an
 * odd port give `undefined`: nothing is repaired that two programs could read differently.
 */
export function parseHost(text: string): Host | undefined {
  const [, written = '', port] = HOST.exec(text) ?? [];
  const hostname = written.replace(/^\[|\]$/g, '').toLowerCase();
  if (hostname === '' || hostname.length > LONGEST_HOST || Number(port ?? 1) > 65_535) {
    return undefined;
  }
  if (written.startsWith('[') && isIP(hostname) !== 6) return undefined;
  return { hostname, port: port === undefined ? undefined : Number(port) };
}

/** The account whose origin has this host name; the port is not looked at. */
export function accountOfHost(
  { hostBefore, hostAfter }: ServedAccounts,
  hostname: string,
): AccountId | undefined {
  const { length } = hostname;
  if (length < hostBefore.length + hostAfter.length) return undefined;
  if (!hostname.startsWith(hostBefore) || !hostname.endsWith(hostAfter)) return undefined;
  return parseAccountId(hostname.slice(hostBefore.length, length - hostAfter.length));
}

/**
 * Where a request with these raw headers belongs. Throws `ambiguous-request` unless it has exactly
 * one well-formed Host with a port of ours, `misdirected` if the host is none of ours.
 */
export function findDestination(rawHeaders: readonly string[], served: Served): Destination {
  const host = parseHost(onlyHost(rawHeaders));
  if (host === undefined) throw ambiguous('The Host header is not valid.');
  if (host.hostname === served.publicUrl.hostname) {
    demandPort(host, served.publicUrl);
    return { to: 'public' };
  }
  const account = accountOfHost(served.accountUrl, host.hostname);
  if (account === undefined) {
    throw new Problem('misdirected', 'Check the address you asked for.');
  }
  demandPort(host, served.accountUrl);
  return { to: 'account', account };
}

function onlyHost(rawHeaders: readonly string[]): string {
  const hosts = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host',
  );
  const [host, ...more] = hosts;
  if (host === undefined || more.length > 0) {
    throw ambiguous('A request has exactly one Host header.');
  }
  return host;
}

function demandPort(host: Host, ours: Pick<ServedOrigin, 'scheme' | 'port'>): void {
  if ((host.port ?? defaultPort(ours.scheme)) !== ours.port) {
    throw ambiguous('The port in the Host header is not the one of this address.');
  }
}

function ambiguous(detail: string): Problem {
  return new Problem('ambiguous-request', detail);
}
