import { z } from 'zod';
import { readTarget } from './config-addresses.ts';
import { field, lines } from './config-fields.ts';
import { demand, Unfit } from './config-mistake.ts';
import type { NamedRoute } from './config-types.ts';
import {
  isLiteralSegment,
  namesOf,
  parseRoute,
  type Route,
  SECRET_SEGMENT,
} from './domain/route.ts';

const LONGEST_NAME = 63;
const LONGEST_NOUN = 100;

/** What never reaches an upstream: `/.sallyport/` is the gateway's own on every account's origin. */
const OWN_SEGMENT = '.sallyport';

// Framing, hop-by-hop (RFC 9110 section 7.6.1), credentials, and what says where a request came from
// or goes to: an account in one of them would break the request or be taken for something else.
const TAKEN_HEADERS: ReadonlySet<string> = new Set(
  `accept-encoding authorization connection content-encoding content-length content-type cookie cookie2
  date expect forwarded host http2-settings keep-alive origin range referer set-cookie te trailer
  transfer-encoding upgrade user-agent via x-http-method x-http-method-override x-method-override
  x-original-host x-original-method x-original-url x-real-ip x-rewrite-url`.split(/\s+/),
);
const TAKEN_PREFIXES = ['sallyport-', 'proxy-', 'sec-', 'x-forwarded-'];

const name = field((text) => {
  const isName = /^[a-z0-9-]+$/.test(text) && text.length <= LONGEST_NAME;
  demand(isName, `must be 1 to ${LONGEST_NAME} of a-z, 0-9 and "-"`);
  return text;
});

const pathPrefix = field((text) => {
  const segments = text === '/' ? [] : text.slice(1).split('/');
  const isPath = text.startsWith('/') && segments.every(isLiteralSegment);
  demand(
    isPath,
    'must be a path such as /api: no query, no empty or dot segment, no slash at its end',
  );
  demand(
    segments[0] !== OWN_SEGMENT,
    `must not be under /${OWN_SEGMENT}, which is the gateway's own`,
  );
  return text;
});

const accountHeader = field((text) => {
  const lower = text.toLowerCase();
  // Names with other characters are legal (RFC 9110 section 5.6.2) but never pass the gateway.
  demand(/^[a-z0-9-]+$/.test(lower), 'must be a header name of letters, digits and "-"');
  const isTaken =
    TAKEN_HEADERS.has(lower) || TAKEN_PREFIXES.some((prefix) => lower.startsWith(prefix));
  demand(!isTaken, `must not be ${text}, which has a meaning of its own`);
  return text;
});

const ROUTE_FORM = 'must be METHOD /path with whole segments in braces, such as GET /invoices/{id}';

function readRoute(text: string): Route {
  const route = parseRoute(text);
  demand(route !== undefined, ROUTE_FORM);
  return route;
}

const rules = z.array(field(readRoute)).prefault([]);

/** Routes with their nouns. Two that match the same requests would leave open which noun is meant. */
const namedRoutes = z.record(z.string(), z.string()).transform((nouns, context) => {
  const named: NamedRoute[] = [];
  const seen = new Set<string>();
  for (const [text, noun] of Object.entries(nouns)) {
    try {
      const route = readNamedRoute(text, noun);
      demand(!seen.has(shapeOf(route)), 'matches the same requests as a route before it');
      seen.add(shapeOf(route));
      named.push({ route, noun });
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      context.addIssue({ code: 'custom', path: [text], message: error.message });
    }
  }
  return named;
});

function readNamedRoute(text: string, noun: string): Route {
  const route = readRoute(text);
  demand(!route.rest, 'must not end in /**: a noun is for one kind of page');
  checkNoun(noun, namesOf(route.segments));
  return route;
}

function checkNoun(noun: string, names: readonly string[]): void {
  const isLine = noun.trim() !== '' && noun.length <= LONGEST_NOUN && !/\p{Cc}/u.test(noun);
  demand(isLine, `must have a noun of one line and at most ${LONGEST_NOUN} characters`);
  const used = [...noun.matchAll(/\{([^{}]*)\}/g)].map(([, inner = '']) => inner);
  demand(!/[{}]/.test(noun.replace(/\{[^{}]*\}/g, '')), 'has a noun with a brace too many');
  demand(
    !used.includes(SECRET_SEGMENT),
    `has a noun with {${SECRET_SEGMENT}}, which is never recorded`,
  );
  const unknown = used.find((inner) => !names.includes(inner));
  demand(unknown === undefined, `has a noun with {${unknown}}, which is not in its path`);
}

function shapeOf({ method, segments }: Route): string {
  const written = segments.map((segment) => ('name' in segment ? '{}' : segment.literal));
  return [method, ...written].join('/');
}

/** One of `upstreams`. */
export const upstreamSettings = z.strictObject({
  name,
  target: field(readTarget),
  paths: z.array(pathPrefix).min(1, 'must name at least one path').prefault(['/']),
  preserveHost: z.boolean().prefault(false),
  accountHeader: accountHeader.optional(),
  readRequests: rules,
  blocked: rules,
  routes: namedRoutes.prefault({}),
  recordQuery: lines.prefault([]),
});
