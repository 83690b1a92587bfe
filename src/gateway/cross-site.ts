import type { IncomingMessage } from 'node:http';
import { headerValues } from './credentials.ts';
import { isSafeMethod } from './locate.ts';

/**
 * Whether a request that a browser sent with the visit's cookie was caused by somebody else's page.
 * Other accounts' origins are same-site with this one, so `SameSite` cookies do not help: the request
 * must carry exactly this origin's `Origin`, or `Sec-Fetch-Site: same-origin` or `none`; or be a
 * top-level navigation with a safe method, or a safe request of a client that knows neither header.
 * Every browser that opens a WebSocket says its `Origin` (RFC 6455 section 10.2): there it must be ours.
 */
export function isForeign(message: IncomingMessage, ownOrigin: string): boolean {
  const [origin, ...otherOrigins] = headerValues(message, 'origin');
  const [site, ...otherSites] = headerValues(message, 'sec-fetch-site');
  if (otherOrigins.length > 0 || otherSites.length > 0) return true;
  if (origin === ownOrigin) return false;
  if (message.headers.upgrade?.toLowerCase() === 'websocket') return true;
  // A page that sends no referrer has its forms say `Origin: null`; whose page it was says the other header.
  if (origin === 'null') return site !== 'same-origin';
  if (origin !== undefined) return true;
  if (site === 'same-origin' || site === 'none') return false;
  if (!isSafeMethod(message.method ?? '')) return true;
  return site !== undefined && !isTopLevelNavigation(message);
}

function isTopLevelNavigation(message: IncomingMessage): boolean {
  return (
    message.headers['sec-fetch-mode'] === 'navigate' &&
    message.headers['sec-fetch-dest'] === 'document'
  );
}

/** Whether a person's browser asks for a page, and so is better served by one than by JSON. */
export function isNavigation(message: IncomingMessage): boolean {
  const mode = message.headers['sec-fetch-mode'];
  const isRead = message.method === 'GET' || message.method === 'HEAD';
  const wantsPage = (message.headers.accept ?? '').includes('text/html');
  return isRead && wantsPage && (mode === undefined || mode === 'navigate');
}
