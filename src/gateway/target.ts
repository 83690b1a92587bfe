/** The target of a request, split and never changed: what is decided on is what is sent. */
export interface Target {
  readonly path: string;
  /** Without the question mark; `undefined` if there is none. */
  readonly query: string | undefined;
}

const LONGEST_TARGET = 8192;
// Visible ASCII without "#" and "\". RFC 9112 section 3.2.1 is narrower, but browsers send "|" and "[" as they are.
const ORIGIN_FORM = /^\/[\u0021\u0022\u0024-\u005b\u005d-\u007e]*$/;
// An encoded slash, backslash, percent sign or control byte: two parsers could split or decode it differently.
const HIDDEN_BYTE = /%(?:2f|5c|25|7f|[01][0-9a-f])/i;
const DOT_SEGMENT = /^(?:\.|%2e){1,2}(?:;|%3b|$)/i;
// What is left of `;x` where parameters are dropped: an empty segment, which some servers then drop too.
const EMPTY_SEGMENT = /^(?:;|%3b|$)/i;

/**
 * Reads a request target in origin-form. `undefined` for whatever two parsers could read differently:
 * absolute form, `*`, `//`, dot segments and hidden bytes in any encoding, escapes that are no UTF-8. It
 * is refused, never repaired.
 */
export function readTarget(raw: string): Target | undefined {
  if (raw.length > LONGEST_TARGET || !ORIGIN_FORM.test(raw)) return undefined;
  const mark = raw.indexOf('?');
  const path = mark === -1 ? raw : raw.slice(0, mark);
  const query = mark === -1 ? undefined : raw.slice(mark + 1);
  return isPlainPath(path) ? { path, query } : undefined;
}

function isPlainPath(path: string): boolean {
  if (HIDDEN_BYTE.test(path) || !isDecodable(path)) return false;
  const segments = path.slice(1).split('/');
  const inner = segments.slice(0, -1);
  return (
    !inner.some((segment) => EMPTY_SEGMENT.test(segment)) &&
    !segments.some((segment) => DOT_SEGMENT.test(segment))
  );
}

/** Lenient decoders read `%c0%ae` as a dot, others as two unknown characters: only UTF-8 (RFC 3629) passes. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
