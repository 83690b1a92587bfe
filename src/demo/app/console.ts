import { fileURLToPath } from 'node:url';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { type AssertionRequirement, requireAssertion } from '../../upstream/index.ts';
import type { Accounts } from './accounts/open-accounts.ts';
import { apiRoutes } from './api-routes.ts';
import { renderNothing } from './frame.ts';
import { pageRoutes } from './page-routes.ts';
import { startTicks } from './ticks.ts';
import { writeRoutes } from './write-routes.ts';

const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The console: nothing of it, not even its stylesheet, is served without the gateway's assertion. */
export function makeConsole(accounts: Accounts, requirement: AssertionRequirement): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(setSafeHeaders);
  app.use(requireAssertion(requirement));
  app.use('/assets', express.static(fileURLToPath(new URL('./assets/', import.meta.url))));
  app.use('/api', apiRoutes(accounts));
  app.get('/live/events', sendEvents);
  app.use(pageRoutes(accounts));
  app.use(writeRoutes(accounts));
  app.use(sayNotFound);
  app.use(sayFault);
  return app;
}

const setSafeHeaders: RequestHandler = (_, response, next) => {
  response.set({
    'Content-Security-Policy': POLICY,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  });
  next();
};

const sendEvents: RequestHandler = (request, response) => {
  response.set('Content-Type', 'text/event-stream');
  response.flushHeaders();
  const stop = startTicks(request.sallyport?.account ?? '', (tick) => {
    response.write(`event: tick\ndata: ${JSON.stringify(tick)}\n\n`);
  });
  response.on('close', stop);
};

const sayNotFound: RequestHandler = (_, response) => {
  response.status(404).type('html').send(renderNothing('The address may be mistyped.'));
};

/** Express recognises this by its four parameters. */
const sayFault: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) return next(error);
  response.status(statusOf(error)).type('html').send(renderNothing('That could not be read.'));
};

/** Body parsers say with a status what the client did wrong; anything else is our fault. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
