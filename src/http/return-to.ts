/** Longer ones would not fit in the cookie that carries them through a sign-in. */
const LONGEST = 2_000;
const HOME = '/';

// Browsers strip tabs and line breaks from addresses and read "\" as "/"; encoded, a careless
// program further on may do the same.
const NEVER = /[\u0000-\u0020\u007f-\u009f\\\u2028\u2029]|%(?:[01][0-9a-f]|7f|5c)/i;

/**
 * Where to go after a sign-in: a path of our own origin, with its query and fragment. Everything
 * that is, or could be read as, anything else becomes `/`; so do our sign-in addresses themselves.
 */
export function parseReturnTo(text: unknown, publicOrigin: string): string {
  if (typeof text !== 'string' || text.length > LONGEST || NEVER.test(text)) return HOME;
  if (!text.startsWith('/') || text.startsWith('//')) return HOME;
  const url = URL.parse(text, publicOrigin);
  if (url === null || url.origin !== publicOrigin) return HOME;
  const path = `${url.pathname}${url.search}${url.hash}`;
  // Dot segments are gone now, and may have left two slashes at the start.
  if (path.startsWith('//') || path.length > LONGEST) return HOME;
  return url.pathname.startsWith('/auth/') ? HOME : path;
}
