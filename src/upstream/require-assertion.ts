import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Assertion } from './assertion.ts';
import { AssertionRefused } from './assertion-refused.ts';
import { answerTo } from './refusal-answer.ts';
import { type AssertionRequirement, requestVerifier } from './request-verifier.ts';

declare module 'http' {
  interface IncomingMessage {
    /** What the gateway vouches for; set by `requireAssertion`. */
    sallyport?: Assertion;
  }
}

/** A middleware as Connect and Express take it. */
export type AssertionMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Express or Connect middleware: lets a request pass only with the gateway's assertion, and puts what
 * it says on `request.sallyport`. Otherwise it answers by itself: 401, no assertion, no data; or 503
 * if the gateway's keys cannot be fetched, both as a problem (RFC 9457).
 */
export function requireAssertion(requirement: AssertionRequirement): AssertionMiddleware {
  const verify = requestVerifier(requirement);
  return (request, response, next) => {
    delete request.sallyport;
    verify(request).then(
      (assertion) => {
        request.sallyport = assertion;
        next();
      },
      (error: unknown) => {
        if (error instanceof AssertionRefused) sendRefusal(response, error);
        else next(error);
      },
    );
  };
}

function sendRefusal(response: ServerResponse, refusal: AssertionRefused): void {
  const { status, headers, body } = answerTo(refusal);
  response.writeHead(status, headers).end(body);
}
