import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Asset, Assets } from './assets.ts';

/**
 * What the demo's pages may do: load their own stylesheet and mark, and nothing else.
 *
 * @param formTargets origins that forms may end at, redirects included; browsers check each of them
 */
export function contentSecurityPolicy(formTargets: readonly string[] = []): string {
  const formAction = formTargets.length === 0 ? "'none'" : formTargets.join(' ');
  return [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    `form-action ${formAction}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Answers with a page that no cache keeps. */
export function sendPage(
  response: ServerResponse,
  page: { status?: number; policy: string; markup: string },
): void {
  response.writeHead(page.status ?? 200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': page.policy,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(page.markup);
}

/** Answers a request for one of the assets; `false` if it is for something else. */
export function sendAsset(
  request: IncomingMessage,
  response: ServerResponse,
  assets: Assets,
): boolean {
  const asset = isRead(request) ? assets.get(pathOf(request)) : undefined;
  if (asset === undefined) return false;
  response.writeHead(200, headersOf(asset)).end(asset.body);
  return true;
}

/** The path of a request, without its query. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

export function isRead(request: IncomingMessage): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

function headersOf(asset: Asset): Record<string, string> {
  return {
    'Content-Type': asset.type,
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
  };
}
