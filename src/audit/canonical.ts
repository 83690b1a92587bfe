/**
 * Canonical JSON: RFC 8785 (JCS) with a stricter profile, so that two readers cannot differ.
 * Objects, arrays, strings, booleans, null, and integers within ±(2^53−1); keys
 * `[a-z][a-zA-Z0-9_]*`; no lone surrogates; depth at most 6.
 */
export type Canonical =
  | string
  | number
  | boolean
  | null
  | readonly Canonical[]
  | { readonly [key: string]: Canonical | undefined };

const KEY = /^[a-z][a-zA-Z0-9_]*$/;
const MAX_DEPTH = 6;

/** The canonical text. Throws a TypeError naming what the profile does not allow. Members that are `undefined` are left out. */
export function canonicalText(value: Canonical, depth = 0): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return stringText(value);
  if (typeof value === 'number') return integerText(value);
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} cannot be written`);
  if (depth >= MAX_DEPTH) throw new TypeError(`nested deeper than ${MAX_DEPTH}`);
  if (isArray(value)) return `[${value.map((item) => canonicalText(item, depth + 1)).join(',')}]`;
  return objectText(value, depth);
}

export function canonicalBytes(value: Canonical): Uint8Array {
  return new TextEncoder().encode(canonicalText(value));
}

function isArray(value: Canonical): value is readonly Canonical[] {
  return Array.isArray(value);
}

function stringText(value: string): string {
  if (!value.isWellFormed()) throw new TypeError('a string has a lone surrogate');
  return JSON.stringify(value);
}

function integerText(value: number): string {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is no integer within ±(2^53−1)`);
  return value === 0 ? '0' : String(value);
}

function objectText(
  value: { readonly [key: string]: Canonical | undefined },
  depth: number,
): string {
  const members: string[] = [];
  for (const key of Object.keys(value).toSorted()) {
    const member = value[key];
    if (member === undefined) continue;
    if (!KEY.test(key)) throw new TypeError(`the key ${JSON.stringify(key)} is not allowed`);
    members.push(`"${key}":${canonicalText(member, depth + 1)}`);
  }
  return `{${members.join(',')}}`;
}
