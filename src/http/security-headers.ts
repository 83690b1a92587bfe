import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import { accountSources, type Served } from './served.ts';

export interface SecurityHeadersOptions extends Served {
  /** The issuers people sign in and out at: forms end there. */
  readonly issuers: readonly string[];
}

/** Sets the headers that say what a page of ours may do. It may be called again for one response. */
export type SecurityHeaders = (request: IncomingMessage, response: ServerResponse) => void;

const YEAR_SECONDS = 31_536_000;

/** For every answer of ours, on the public origin and on those of the accounts. */
export function createSecurityHeaders(options: SecurityHeadersOptions): SecurityHeaders {
  const isSecure = options.publicUrl.scheme === 'https';
  const setHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: listDirectives(options) },
    // A page elsewhere gets no handle on ours, and pages of ours on different origins none on each other.
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: false,
    frameguard: { action: 'deny' },
    // With `no-referrer`, browsers say `Origin: null` on our own forms, and we would refuse them.
    referrerPolicy: { policy: 'same-origin' },
    hsts: isSecure ? { maxAge: YEAR_SECONDS, includeSubDomains: false } : false,
  });
  return (request, response) => {
    setHeaders(request, response, (error: unknown) => {
      if (error instanceof Error) throw error;
    });
  };
}

function listDirectives({ publicUrl, accountUrl, issuers }: SecurityHeadersOptions) {
  const nothing = ["'none'"];
  // Pages on an account's origin load these two from the public one.
  const assets = ["'self'", publicUrl.origin];
  const issuerOrigins = issuers.map((issuer) => new URL(issuer).origin);
  return {
    defaultSrc: nothing,
    baseUri: nothing,
    childSrc: nothing,
    connectSrc: nothing,
    fontSrc: nothing,
    // A form's answer may lead on to an account or a provider; Chromium holds each step against this.
    formAction: [...new Set(["'self'", accountSources(accountUrl), ...issuerOrigins])],
    frameAncestors: nothing,
    frameSrc: nothing,
    imgSrc: assets,
    manifestSrc: nothing,
    mediaSrc: nothing,
    objectSrc: nothing,
    scriptSrc: nothing,
    scriptSrcAttr: nothing,
    styleSrc: assets,
    styleSrcAttr: nothing,
    workerSrc: nothing,
  };
}
