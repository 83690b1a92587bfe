import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { Problem } from '../domain/problem.ts';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a method promises to change nothing (RFC 9110 section 9.2.1). */
function isSafeMethod(method: string | undefined): boolean {
  return method !== undefined && SAFE_METHODS.has(method);
}

/**
 * Whether a browser vouches that a page of exactly this origin made the request: by its `Origin`,
 * or, only if it sent none, by `Sec-Fetch-Site: same-origin`. `same-site` is not enough: the
 * accounts' origins are same-site, and what they serve is not ours.
 */
function isFromOrigin({ headers }: IncomingMessage, origin: string): boolean {
  if (headers.origin !== undefined) return headers.origin === origin;
  return headers['sec-fetch-site'] === 'same-origin';
}

/**
 * Refuses unsafe requests that bring cookies and were not made by a page of ours, with `cross-site`.
 * Requests without cookies pass: they can do nothing in anybody's name but with a token.
 */
export function refuseCrossSite(publicOrigin: string): RequestHandler {
  return (request, _, next) => {
    const isDoubtful = !isSafeMethod(request.method) && request.headers.cookie !== undefined;
    if (isDoubtful && !isFromOrigin(request, publicOrigin)) {
      throw new Problem(
        'cross-site',
        'Only pages of this site may ask for this with your sign-in.',
      );
    }
    next();
  };
}
