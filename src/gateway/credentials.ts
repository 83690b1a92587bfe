import type { IncomingMessage } from 'node:http';

/** What a request brought to show that it belongs to a visit. */
export type Credentials =
  | { readonly kind: 'none' }
  /** Two credentials that are not the same one: nobody can say whose request it is. */
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'cookie' | 'token'; readonly secret: string }
  /** Good if both belong to the same visit; the token then shows that no other site's page asked. */
  | { readonly kind: 'both'; readonly token: string; readonly cookie: string };

const NONE: Credentials = { kind: 'none' };
// RFC 9110 section 11.4 has one or more spaces after the scheme; a value of ours in another form is an unknown token.
const TOKEN = /^Bearer[ \t]+(spv_.*)$/i;
const HOLDS_TOKEN = /(?<![A-Za-z0-9])spv_[A-Za-z0-9_-]{43}/;
const COOKIE_VALUE = /^spc_[A-Za-z0-9_-]{43}$/;

/** The values of every header line of this name, in order; two lines are two values. */
export function headerValues(message: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < message.rawHeaders.length; at += 2)
    if (message.rawHeaders[at]?.toLowerCase() === name)
      values.push(message.rawHeaders[at + 1] ?? '');
  return values;
}

/** Whether this `Authorization` is for us, or holds what is ours. Any other is the upstream's and passes. */
export function isVisitToken(value: string): boolean {
  return TOKEN.test(value) || HOLDS_TOKEN.test(value);
}

/**
 * Finds the visit's secret: a token in `Proxy-Authorization` or `Authorization`, or the cookie, or both.
 * Two different tokens are ambiguous; two cookies of our name, or a malformed one, are none.
 */
export function readCredentials(message: IncomingMessage, cookieName: string): Credentials {
  const tokens = [
    ...headerValues(message, 'proxy-authorization'),
    ...headerValues(message, 'authorization'),
  ].flatMap((value) => TOKEN.exec(value)?.[1] ?? []);
  const cookie = readVisitCookie(message, cookieName);
  const [token, ...others] = tokens;
  if (others.some((other) => other !== token)) return { kind: 'ambiguous' };
  if (token !== undefined)
    return cookie === undefined
      ? { kind: 'token', secret: token }
      : { kind: 'both', token, cookie };
  return cookie === undefined ? NONE : { kind: 'cookie', secret: cookie };
}

function readVisitCookie(message: IncomingMessage, cookieName: string): string | undefined {
  const values = cookiePairs(message)
    .filter(({ name }) => name === cookieName)
    .map(({ value }) => value);
  const [value, ...others] = values;
  return others.length === 0 && value !== undefined && COOKIE_VALUE.test(value) ? value : undefined;
}

/** Every `name=value` of every `Cookie` line, as sent (RFC 6265 section 5.4). */
export function cookiePairs(
  message: IncomingMessage,
): { name: string; value: string; pair: string }[] {
  return headerValues(message, 'cookie')
    .flatMap((line) => line.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at === -1
        ? { name: '', value: pair, pair }
        : { name: pair.slice(0, at).trim(), value: pair.slice(at + 1).trim(), pair };
    });
}
