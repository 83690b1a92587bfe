import { type Route, SECRET_SEGMENT } from '../domain/route.ts';

/** The segments of a path; a trailing slash leaves an empty last one. */
function segmentsOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

/** Matches in exact bytes: for rules that open something. */
export function matchesExactly(route: Route, method: string, path: string): boolean {
  return route.method === method && matches(route, segmentsOf(path), (text) => text);
}

/**
 * Matches after decoding, case folding, and dropping `;…` and a trailing slash: for rules that close
 * something. A rule for GET closes HEAD too, which most applications answer with the same code.
 */
export function matchesLoosely(route: Route, method: string, path: string): boolean {
  const isMeant = route.method === method || (route.method === 'GET' && method === 'HEAD');
  return isMeant && matches(route, looseSegments(path), fold);
}

/** A path in the one spelling in which rules that close are compared. */
export function foldPath(path: string): string {
  return `/${looseSegments(path).join('/')}`;
}

function looseSegments(path: string): string[] {
  const segments = segmentsOf(path).map(fold);
  return segments.at(-1) === '' ? segments.slice(0, -1) : segments;
}

function matches(
  route: Route,
  segments: readonly string[],
  read: (literal: string) => string,
): boolean {
  if (segments.length < route.segments.length) return false;
  if (segments.length > route.segments.length && !route.rest) return false;
  return route.segments.every((segment, at) => {
    const given = segments[at];
    return 'name' in segment ? given !== '' : given === read(segment.literal);
  });
}

/** Decoding comes first: an encoded `;`, or one of its look-alikes, ends a segment for some parsers as well. */
function fold(segment: string): string {
  const [kept = ''] = decode(segment).normalize('NFKC').split(';');
  return kept.toLowerCase();
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The path as it may be recorded: segments that a route calls `{secret}` are masked, however they are spelled. */
export function maskPath(routes: readonly Route[], path: string): string {
  const segments = segmentsOf(path);
  for (const route of routes)
    for (const at of secretPlaces(route, looseSegments(path))) segments[at] = `{${SECRET_SEGMENT}}`;
  return `/${segments.join('/')}`;
}

/** Whatever the method, and whether the path stops short of the route's end or goes on: the secret is one. */
function secretPlaces(route: Route, segments: readonly string[]): number[] {
  const isMeant = route.segments.every(
    (segment, at) =>
      at >= segments.length || 'name' in segment || segments[at] === fold(segment.literal),
  );
  if (!isMeant) return [];
  return route.segments.flatMap((segment, at) =>
    at < segments.length && 'name' in segment && segment.name === SECRET_SEGMENT ? [at] : [],
  );
}

const NAME_IN_NOUN = /\{([A-Za-z0-9_]+)\}/g;

/** Fills the names of a noun with the segments they stand for: `invoice {id}` becomes `invoice 1042`. */
export function nameThing(noun: string, route: Route, path: string): string {
  const written = segmentsOf(path);
  return noun.replaceAll(NAME_IN_NOUN, (whole, name: string) => {
    const at = route.segments.findIndex((segment) => 'name' in segment && segment.name === name);
    return at === -1 || name === SECRET_SEGMENT ? whole : readable(written[at] ?? '');
  });
}

/** What would break a line or turn its direction stays encoded. */
function readable(segment: string): string {
  const decoded = decode(segment);
  return /[\p{C}\p{Zl}\p{Zp}]/u.test(decoded) ? segment : decoded;
}
