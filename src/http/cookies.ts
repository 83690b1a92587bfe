import type { IncomingMessage, ServerResponse } from 'node:http';

/** One of our cookies: host-only, for scripts invisible, and not sent along by other sites' requests. */
export interface OwnCookie {
  readonly name: string;
  readonly isSecure: boolean;
}

/**
 * Names a cookie of ours. Under https it gets the prefix that makes browsers insist on `Secure`, no
 * `Domain` and the path `/` (RFC 6265bis section 4.1.3.2). The scheme is that of the configured
 * address, never that of the connection: TLS may end in front of us.
 */
export function nameCookie(name: string, scheme: 'http' | 'https'): OwnCookie {
  const isSecure = scheme === 'https';
  return { name: isSecure ? `__Host-${name}` : name, isSecure };
}

/** Every value that came under a name. More than one is somebody's attempt to slip us his own. */
export function cookieValues({ headers }: IncomingMessage, name: string): readonly string[] {
  return cookiePairs(headers.cookie)
    .filter((pair) => nameOf(pair) === name)
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
}

/** The one value under a name; `undefined` if there is none or more than one. */
export function onlyCookie(request: IncomingMessage, name: string): string | undefined {
  const [value, ...more] = cookieValues(request, name);
  return more.length > 0 ? undefined : value;
}

/** Takes every cookie of a name out of a request, for parsers that would choose one of them. */
export function dropCookie({ headers }: IncomingMessage, name: string): void {
  headers.cookie = cookiePairs(headers.cookie)
    .filter((pair) => nameOf(pair) !== name)
    .join(';');
}

/** Sets a cookie of ours. `value` must be free of everything but letters, digits and `-_.`. */
export function setCookie(
  response: ServerResponse,
  { name, isSecure }: OwnCookie,
  { value, maxAgeSeconds }: { value: string; maxAgeSeconds: number },
): void {
  const secure = isSecure ? '; Secure' : '';
  const attributes = `Max-Age=${maxAgeSeconds}; Path=/; HttpOnly; SameSite=Lax${secure}`;
  response.appendHeader('Set-Cookie', `${name}=${value}; ${attributes}`);
}

export function clearCookie(response: ServerResponse, cookie: OwnCookie): void {
  setCookie(response, cookie, { value: '', maxAgeSeconds: 0 });
}

function cookiePairs(header: string | undefined): readonly string[] {
  return header === undefined || header === '' ? [] : header.split(';');
}

function nameOf(pair: string): string | undefined {
  const end = pair.indexOf('=');
  return end === -1 ? undefined : pair.slice(0, end).trim();
}
