import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type RequestHandler } from 'express';
import { Problem } from '../domain/problem.ts';
import { createAssetRouter } from './assets.ts';
import { refuseCrossSite } from './csrf.ts';
import { type Refuse, refuseErrors } from './refusal.ts';
import type { SecurityHeaders } from './security-headers.ts';
import type { Sessions } from './sessions.ts';

export interface PublicAppOptions {
  readonly publicOrigin: string;
  readonly sessions: Pick<Sessions, 'loadSignIn'>;
  readonly securityHeaders: SecurityHeaders;
  readonly refuse: Refuse;
  /** What answers without knowing who asks: health, keys, the public log. */
  readonly openDoors: readonly RequestHandler[];
  /** Pages and API. Foreign requests have been refused before them. */
  readonly doors: readonly RequestHandler[];
}

/** The application of the public origin: the hallway all its doors are reached through. */
export function createPublicApp(
  options: PublicAppOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('case sensitive routing', true);
  app.use(demandPlainTarget);
  app.use(setHeaders(options.securityHeaders));
  app.use(createAssetRouter());
  app.use(...stack(options.openDoors));
  app.use(...stack(options.sessions.loadSignIn));
  app.use(refuseCrossSite(options.publicOrigin));
  app.use(...stack(options.doors));
  app.use(() => {
    throw new Problem('not-found', 'Check the address, or start at the first page.');
  });
  app.use(refuseErrors(options.refuse));
  return app;
}

/** `app.use` wants at least one. */
function stack(handlers: readonly RequestHandler[]): [RequestHandler, ...RequestHandler[]] {
  return [(_, __, next) => next(), ...handlers];
}

/**
 * Lets a request with `Expect: 100-continue` send its body. It stands before a body parser: whoever
 * is refused earlier has sent headers alone.
 */
export const inviteBody: RequestHandler = (request, response, next) => {
  const expectation = request.headers.expect?.toLowerCase();
  if (expectation === '100-continue' && !response.headersSent) response.writeContinue();
  next();
};

/** Only paths of this origin (RFC 9112 section 3.2.1), written so that nobody reads another one. */
const demandPlainTarget: RequestHandler = ({ url, method }, _, next) => {
  if (method === 'TRACE') throw new Problem('method-not-allowed', 'TRACE is not taken anywhere.');
  if (!url.startsWith('/') || url.startsWith('//') || /[\\#]/.test(url)) {
    throw new Problem('ambiguous-request', 'Ask for a path that begins with one slash.');
  }
  next();
};

function setHeaders(securityHeaders: SecurityHeaders): RequestHandler {
  return (request, response, next) => {
    securityHeaders(request, response);
    response.setHeader('Cache-Control', 'no-store');
    next();
  };
}
