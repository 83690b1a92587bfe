/** One segment of a route: written bytes, or a name in braces that stands for any one segment. */
export type Segment = { readonly literal: string } | { readonly name: string };

/** A kind of request an upstream knows: `GET /invoices/{id}`, `DELETE /admin/**`. */
export interface Route {
  readonly method: string;
  /**
   * Empty for `/`. A literal is kept as it is written, percent-encoding included: whoever matches
   * after decoding must decode it in the same way.
   */
  readonly segments: readonly Segment[];
  /** Whether it ended in `/**`: it then means this path and everything below it. */
  readonly rest: boolean;
}

/** What stands in a segment of this name is never recorded. */
export const SECRET_SEGMENT = 'secret';

const METHOD_AND_PATH = /^([A-Z]+(?:-[A-Z]+)*) \/(.*)$/;
const NAME = /^\{([A-Za-z][A-Za-z0-9_]*)\}$/;
// pchar of RFC 3986 section 3.3 without ";": what follows one is dropped where rules close, so a
// rule that holds one would never match.
const LITERAL = /^(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-Fa-f]{2})+$/;
// "/", "\", "%", "." and control bytes: a path that holds them encoded is refused before any rule.
const NEVER_ENCODED = /%(?:2f|5c|25|2e|[01][0-9a-f]|7f)/i;

/**
 * Whether this can be one literal segment of a path that reaches an upstream: not empty, no dot
 * segment, no `;`, nothing encoded that two parsers could read differently.
 */
export function isLiteralSegment(text: string): boolean {
  return LITERAL.test(text) && !NEVER_ENCODED.test(text) && text !== '.' && text !== '..';
}

/**
 * Reads `METHOD /path`, with whole segments in braces for what varies and a last `/**` for everything
 * below. A query, an empty or dot segment, a trailing slash, braces or stars in part of a segment, or
 * a name used twice (but for `{secret}`) give `undefined`.
 */
export function parseRoute(text: unknown): Route | undefined {
  if (typeof text !== 'string') return undefined;
  const [, method, path] = METHOD_AND_PATH.exec(text) ?? [];
  if (method === undefined || path === undefined) return undefined;
  const written = path === '' ? [] : path.split('/');
  const rest = written.at(-1) === '**';
  const segments = (rest ? written.slice(0, -1) : written).map(parseSegment);
  if (!segments.every((segment) => segment !== undefined)) return undefined;
  return hasNameTwice(segments) ? undefined : { method, segments, rest };
}

function parseSegment(text: string): Segment | undefined {
  const name = NAME.exec(text)?.[1];
  if (name !== undefined) return { name };
  // A star is a legal character of a path, but whoever writes one in a rule means something else.
  return isLiteralSegment(text) && !text.includes('*') ? { literal: text } : undefined;
}

function hasNameTwice(segments: readonly Segment[]): boolean {
  const names = namesOf(segments).filter((name) => name !== SECRET_SEGMENT);
  return new Set(names).size < names.length;
}

/** The names in braces, from left to right. */
export function namesOf(segments: readonly Segment[]): readonly string[] {
  return segments.flatMap((segment) => ('name' in segment ? [segment.name] : []));
}
