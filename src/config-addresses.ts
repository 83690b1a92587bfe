import { BlockList, isIP } from 'node:net';
import { demand } from './config-mistake.ts';
import type { AccountUrl, AddressRange, Origin, Scheme, Target } from './config-types.ts';
import { isLocalhostName } from './http/loopback-lookup.ts';

/** What stands for an account's id in addresses. */
const ACCOUNT_MARK = '{account}';

// Stands in for an account while an address is parsed: a label that no parser changes.
const PROBE = 'account0probe';
const LONGEST_LABEL = 63;
const LONGEST_HOST = 253;
const DEFAULT_PORTS: Readonly<Record<Scheme, number>> = { http: 80, https: 443 };

const ORIGIN = /^https?:\/\/(\[[^\]/?#@\\\s]*\]|[^/?#@\\\s:]+)(?::\d{1,5})?\/?$/i;
const LABELS = /^(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*$/;

/** Reads an origin. The host must be written as parsers understand it, so that nobody reads another. */
function readOrigin(text: string): Origin {
  const written = ORIGIN.exec(text)?.[1]?.toLowerCase();
  demand(
    written !== undefined,
    'must be an origin such as https://host:port, with nothing behind it',
  );
  const url = URL.parse(text);
  demand(url !== null, 'is not a valid address');
  demand(
    url.hostname === written,
    `must write its host in the usual form, which is ${url.hostname}`,
  );
  const hostname = written.replace(/^\[|\]$/g, '');
  demand(isHost(hostname), 'has a host that is neither an address nor a name');
  demand(url.port !== '0', 'must have a port between 1 and 65535');
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const port = url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port);
  return { origin: url.origin, scheme, hostname, port };
}

function isHost(text: string): boolean {
  return isIP(text) !== 0 || (LABELS.test(text) && text.length <= LONGEST_HOST);
}

/** Reads an origin whose host has `{account}` as one whole label, with at least one label after it. */
function readAccountOrigin(text: string): Origin {
  const parts = text.split(ACCOUNT_MARK);
  const isClear = parts.length === 2 && !text.toLowerCase().includes(PROBE);
  demand(isClear, `must contain ${ACCOUNT_MARK} exactly once`);
  const probed = readOrigin(parts.join(PROBE));
  const labels = probed.hostname.split('.');
  const place = labels.indexOf(PROBE);
  demand(place !== -1, `must have ${ACCOUNT_MARK} as one whole label of its host`);
  demand(place < labels.length - 1, `must have a domain behind ${ACCOUNT_MARK}`);
  const longest = probed.hostname.length - PROBE.length + LONGEST_LABEL;
  demand(longest <= LONGEST_HOST, 'has a host that is too long for the longest account id');
  return {
    ...probed,
    origin: probed.origin.replace(PROBE, ACCOUNT_MARK),
    hostname: probed.hostname.replace(PROBE, ACCOUNT_MARK),
  };
}

/** `publicUrl`: https, or http under localhost. */
export function readPublicUrl(text: string): Origin {
  demand(!text.includes(ACCOUNT_MARK), `must not contain ${ACCOUNT_MARK}`);
  const origin = readOrigin(text);
  demandHttpsBeyondLocalhost(origin);
  return origin;
}

/** `accountUrl`: https, or http under localhost, with `{account}` as one label of the host. */
export function readAccountUrl(text: string): AccountUrl {
  const origin = readAccountOrigin(text);
  demandHttpsBeyondLocalhost(origin);
  const [hostBefore = '', hostAfter = ''] = origin.hostname.split(ACCOUNT_MARK);
  return {
    template: origin.origin,
    scheme: origin.scheme,
    hostBefore,
    hostAfter,
    port: origin.port,
  };
}

function demandHttpsBeyondLocalhost({ scheme, hostname }: Origin): void {
  const isLocal = isLocalhostName(hostname);
  demand(
    scheme === 'https' || isLocal,
    'must be https (http is accepted for localhost and names under it)',
  );
}

/** Whether a host belongs to some account; its port makes no difference, as it makes none to cookies. */
export function isAccountHost({ hostBefore, hostAfter }: AccountUrl, hostname: string): boolean {
  if (!hostname.startsWith(hostBefore) || !hostname.endsWith(hostAfter)) return false;
  const label = hostname.slice(hostBefore.length, hostname.length - hostAfter.length);
  return label !== '' && !label.includes('.');
}

/** The `target` of an upstream: https, or http on loopback; `{account}` may be a label of the host. */
export function readTarget(text: string): Target {
  const isPerAccount = text.includes(ACCOUNT_MARK);
  const origin = isPerAccount ? readAccountOrigin(text) : readOrigin(text);
  demandHttpsBeyondLoopback(origin.scheme, origin.hostname);
  return { ...origin, isPerAccount };
}

/** An issuer (OpenID Connect Discovery 1.0 section 3): https, or http on loopback; no query, no fragment. */
export function readIssuer(text: string): string {
  demandAddress(text);
  demand(!/[?#]/.test(text), 'must have neither query nor fragment');
  return text;
}

/** Where a witness is asked (C2SP tlog-witness, submission prefix), without its last slash: https, or http on loopback. */
export function readWitnessUrl(text: string): string {
  demandAddress(text);
  demand(!/[?#]/.test(text), 'must have neither query nor fragment');
  return text.replace(/\/+$/, '');
}

/** An address that notices are sent to: https, or http on loopback. */
export function readWebhookUrl(text: string): URL {
  const url = demandAddress(text);
  demand(!text.includes('#'), 'must have no fragment');
  return url;
}

function demandAddress(text: string): URL {
  const url = /^https?:\/\/[^\\\s]+$/i.test(text) ? URL.parse(text) : null;
  demand(url !== null, 'must be an address that begins with https://');
  demand(url.username === '' && url.password === '', 'must not contain a user or password');
  demandHttpsBeyondLoopback(
    url.protocol === 'https:' ? 'https' : 'http',
    url.hostname.replace(/^\[|\]$/g, ''),
  );
  return url;
}

function demandHttpsBeyondLoopback(scheme: Scheme, hostname: string): void {
  demand(
    scheme === 'https' || isLoopback(hostname),
    'must be https (http is accepted on loopback)',
  );
}

function isLoopback(hostname: string): boolean {
  if (isIP(hostname) === 4) return hostname.startsWith('127.');
  return hostname === '::1' || isLocalhostName(hostname);
}

/** An address, or a network in CIDR form (RFC 4632, RFC 4291 section 2.3). */
export function readAddressRange(text: string): AddressRange {
  const [address = '', written, ...more] = text.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const bits = version === 4 ? 32 : 128;
  const prefix = written === undefined ? bits : readPrefix(written);
  demand(version !== 0 && more.length === 0, 'must be an address or a network such as 10.0.0.0/8');
  demand(prefix !== 0, 'would believe everybody');
  try {
    new BlockList().addSubnet(address, prefix, family);
  } catch {
    demand(false, `must have a prefix between 1 and ${bits}`);
  }
  return { address, prefix, family };
}

function readPrefix(text: string): number {
  return /^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : Number.NaN;
}

/** What a listener binds to: an address, or a name of this machine. */
export function readListenHost(text: string): string {
  demand(isHost(text.toLowerCase()), 'must be an address or a host name');
  return text;
}

/** A mail server as `smtp://host:port` or `smtps://user:password@host`. */
export function readMailServer(text: string): { smtp: string; server: string } {
  const url = /^smtps?:\/\/[^\\\s]+$/i.test(text) ? URL.parse(text) : null;
  demand(url !== null && url.hostname !== '', 'must be smtp://host:port or smtps://host:port');
  demand(url.pathname.length <= 1 && !/[?#]/.test(text), 'must have nothing behind host and port');
  return { smtp: text, server: url.host };
}
