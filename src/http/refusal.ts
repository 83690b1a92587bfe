import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Realm } from '../domain/principal.ts';
import { type Problem, type ProblemCode, problemBody } from '../domain/problem.ts';
import { problemOf } from './expected-error.ts';
import type { Html } from './html.ts';
import { type PageFrame, sendPage } from './page.ts';
import { prefersPage } from './preference.ts';
import { renderFault, renderProblem } from './refusal-page.ts';
import { parseReturnTo } from './return-to.ts';
import type { SecurityHeaders } from './security-headers.ts';
import { signInOf } from './sign-in.ts';

export interface RefusalOptions {
  readonly publicOrigin: string;
  /** Where people can sign in. */
  readonly realms: readonly Realm[];
  readonly frame: PageFrame;
  readonly securityHeaders: SecurityHeaders;
  readonly logger: Logger;
}

/**
 * Answers a request that came to an error: a problem with its page or its JSON (RFC 9457), by what
 * `Accept` prefers; a fault with an id to quote, and its details in the log alone. If the answer
 * has begun already, the connection is cut: half an answer must not look like a whole one.
 */
export type Refuse = (request: IncomingMessage, response: ServerResponse, error: unknown) => void;

export function createRefusal(options: RefusalOptions): Refuse {
  return (request, response, error) => {
    const problem = problemOf(error);
    if (problem === undefined) answerFault(options, request, response, error);
    else if (response.headersSent) response.destroy();
    else answerProblem(options, request, response, problem);
  };
}

/** The same as the last middleware of an Express application. */
export function refuseErrors(refuse: Refuse): ErrorRequestHandler {
  // Express takes a function for an error handler by its four parameters.
  return (error: unknown, request, response, _next) => refuse(request, response, error);
}

function answerProblem(
  options: RefusalOptions,
  request: IncomingMessage,
  response: ServerResponse,
  problem: Problem,
): void {
  const { publicOrigin, realms } = options;
  if (problem.status >= 500) options.logger.warn({ err: problem }, 'a request was not served');
  prepare(options, request, response);
  for (const [name, value] of problemHeaders(problem)) response.setHeader(name, value);
  if (!prefersPage(request)) {
    sendJson(response, problem.status, problemBody(problem, publicOrigin));
    return;
  }
  const way = { publicOrigin, realms, returnTo: returnToOf(request, publicOrigin) };
  showPage(options, request, response, {
    status: problem.status,
    title: problem.title,
    content: renderProblem(problem, way),
  });
}

function answerFault(
  options: RefusalOptions,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  const id = randomUUID();
  options.logger.error({ err: error, fault: id, method: request.method }, 'a request failed');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  prepare(options, request, response);
  const title = 'Something went wrong here';
  if (prefersPage(request)) {
    const content = renderFault(id, options.publicOrigin);
    showPage(options, request, response, { status: 500, title, content });
    return;
  }
  const detail = `It has been logged as ${id}.`;
  const body = { type: 'about:blank', title, status: 500, detail, instance: `urn:uuid:${id}` };
  sendJson(response, 500, body);
}

/** What the one who failed had already said about an answer of his own is no longer true. */
function prepare(
  { securityHeaders }: RefusalOptions,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  for (const name of response.getHeaderNames()) {
    if (name.startsWith('content-') || name === 'etag' || name === 'last-modified') {
      response.removeHeader(name);
    }
  }
  securityHeaders(request, response);
}

const RETRY_AFTER_SECONDS: Partial<Record<ProblemCode, number>> = {
  'sign-in-unavailable': 5,
  'log-unavailable': 5,
  'upstream-unreachable': 5,
};

function* problemHeaders({ code, status }: Problem): Iterable<[name: string, value: string]> {
  const seconds = RETRY_AFTER_SECONDS[code];
  if (seconds !== undefined) yield ['Retry-After', String(seconds)];
  // RFC 9110 section 15.5.2 asks for a challenge; ours is for programs, people get a page.
  if (status === 401) yield ['WWW-Authenticate', 'Bearer realm="sallyport"'];
  // Whatever follows on this connection may not be what it seems.
  if (code === 'ambiguous-request') yield ['Connection', 'close'];
}

function showPage(
  { frame }: RefusalOptions,
  request: IncomingMessage,
  response: ServerResponse,
  page: { status: number; title: string; content: Html },
): void {
  const principal = signInOf(request)?.session.principal;
  sendPage(response, frame({ title: page.title, content: page.content, principal }), page);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/problem+json');
  response.setHeader('Cache-Control', 'no-store');
  response.end(JSON.stringify(body));
}

/** Only a page of the public origin that was asked for with GET can be come back to. */
function returnToOf(request: IncomingMessage, publicOrigin: string): string {
  const isPublic = request.headers.host?.toLowerCase() === new URL(publicOrigin).host;
  // Express shortens `url` within routers; this is the whole one.
  const whole = 'originalUrl' in request ? request.originalUrl : request.url;
  return parseReturnTo(isPublic && request.method === 'GET' ? whole : '/', publicOrigin);
}
