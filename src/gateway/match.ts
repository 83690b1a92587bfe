import { type Route, SECRET_SEGMENT } from '../domain/route.ts';

/** The segments of a path; a trailing slash leaves an empty last one. */
function segmentsOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

/** Matches in exact bytes: for rules that open something. */
export function matchesExactly(route: Route, method: string, path: string): boolean {
  return route.method === method && matches(route, segmentsOf(path), (text) => text);
}

/** Matches after decoding, case folding, and dropping `;…` and a trailing slash: for rules that close something. */
export function matchesLoosely(route: Route, method: string, path: string): boolean {
  return route.method === method && matches(route, looseSegments(path), fold);
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

/** Decoding comes first: an encoded `;` ends a segment for some parsers as well. Bytes that are no UTF-8 stay as they are. */
function fold(segment: string): string {
  const [kept = ''] = decode(segment).split(';');
  return kept.normalize('NFKC').toLowerCase();
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
    if (matchesPath(route, path))
      route.segments.forEach((segment, at) => {
        if ('name' in segment && segment.name === SECRET_SEGMENT)
          segments[at] = `{${SECRET_SEGMENT}}`;
      });
  return `/${segments.join('/')}`;
}

/** Whatever the method: a secret in a path is one for every method. */
function matchesPath(route: Route, path: string): boolean {
  return matches(route, looseSegments(path), fold);
}

/** Fills the names of a noun with the segments they stand for: `invoice {id}` becomes `invoice 1042`. */
export function nameThing(noun: string, route: Route, path: string): string {
  const segments = looseSegmentsAsWritten(path);
  return route.segments.reduce((text, segment, at) => {
    if (!('name' in segment) || segment.name === SECRET_SEGMENT) return text;
    return text.replace(`{${segment.name}}`, segments[at] ?? '');
  }, noun);
}

function looseSegmentsAsWritten(path: string): string[] {
  return segmentsOf(path).map(decode);
}
