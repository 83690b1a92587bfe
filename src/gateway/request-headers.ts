import type { IncomingMessage } from 'node:http';
import { cookiePairs, isVisitToken } from './credentials.ts';

/** What the upstream is told about the request, whatever the client sent under those names. */
export interface Identity {
  readonly assertion: string;
  readonly record: number;
  readonly host: string;
  readonly forwardedFor: string;
  readonly forwardedHost: string;
  readonly forwardedProto: string;
  readonly account: { readonly header: string; readonly value: string } | undefined;
}

const PLAIN_NAME = /^[A-Za-z0-9-]+$/;

/** Hop-by-hop fields (RFC 9110 section 7.6.1), and those with which a client could speak for us or choose another target. */
const DROPPED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'http2-settings',
  'forwarded',
  'via',
  // A CGI program takes it for the proxy it should use.
  'proxy',
  'client-ip',
  'x-real-ip',
  'x-client-ip',
  'x-remote-ip',
  'x-remote-addr',
  'x-originating-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-original-url',
  'x-original-uri',
  'x-original-method',
  'x-original-host',
  'x-rewrite-url',
  'x-host',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
]);

/**
 * The header block the upstream gets, as a flat list: built afresh, identity last. Names with other
 * characters than letters, digits and hyphens are dropped, since some servers read `_` and `.` as `-`.
 */
export function outboundHeaders(
  message: IncomingMessage,
  identity: Identity,
  ours: { readonly cookieNames: readonly string[] },
): string[] {
  const named = namedInConnection(message);
  const accountHeader = identity.account?.header.toLowerCase();
  const headers: string[] = [];
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    const name = message.rawHeaders[at] ?? '';
    const value = message.rawHeaders[at + 1] ?? '';
    const lower = name.toLowerCase();
    if (!PLAIN_NAME.test(name) || named.has(lower) || isOurs(lower) || lower === accountHeader)
      continue;
    if (lower === 'authorization' && isVisitToken(value)) continue;
    headers.push(name, value);
  }
  const cookie = foreignCookies(message, ours.cookieNames);
  if (cookie !== '') headers.push('Cookie', cookie);
  return [...headers, ...identityHeaders(identity)];
}

function isOurs(lower: string): boolean {
  return (
    DROPPED.has(lower) ||
    lower === 'cookie' ||
    lower.startsWith('sallyport') ||
    lower.startsWith('x-forwarded')
  );
}

/** Fields named in `Connection` stop here, but a client cannot have ours or the framing removed by it. */
function namedInConnection(message: IncomingMessage): Set<string> {
  const names = (message.headers.connection ?? '').toLowerCase().split(',');
  const named = new Set(names.map((name) => name.trim()));
  for (const kept of ['content-length', 'content-type']) named.delete(kept);
  return named;
}

function foreignCookies(message: IncomingMessage, ourNames: readonly string[]): string {
  return cookiePairs(message)
    .filter(({ name }) => !ourNames.includes(name))
    .map(({ pair }) => pair)
    .join('; ');
}

function identityHeaders(identity: Identity): string[] {
  const { host, forwardedFor, forwardedHost, forwardedProto, account } = identity;
  const node = forwardedFor.includes(':') ? `"[${forwardedFor}]"` : forwardedFor;
  return [
    'Host',
    host,
    'X-Forwarded-For',
    forwardedFor,
    'X-Forwarded-Host',
    forwardedHost,
    'X-Forwarded-Proto',
    forwardedProto,
    'Forwarded',
    `for=${node};host="${forwardedHost}";proto=${forwardedProto}`,
    ...(account === undefined ? [] : [account.header, account.value]),
    'Sallyport-Record',
    String(identity.record),
    'Sallyport-Assertion',
    identity.assertion,
  ];
}
