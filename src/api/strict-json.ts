import { type FieldError, Problem } from '../domain/problem.ts';

const DEEPEST = 32;
const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
/** Strings, with what follows if they are keys, and what opens, closes or separates. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\],]/g;

/**
 * Reads JSON (RFC 8259) that any two programs would read alike: UTF-8 without a byte order mark, no
 * key twice in an object, none that means something to JavaScript, at most 32 levels deep. Throws
 * `invalid-request`.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  const mistake = findMistake(text);
  if (mistake !== undefined)
    throw new Problem('invalid-request', 'The body is not acceptable JSON.', { errors: [mistake] });
  return parse(text);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Problem('invalid-request', 'The body is not UTF-8.', { cause });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem('invalid-request', 'The body is not JSON.', { cause });
  }
}

/** One object or array that has been opened and not yet closed. */
interface Level {
  readonly keys: Set<string> | undefined;
  /** Where in it we are: a key, or the position in an array. */
  at: string | number;
}

/** Looks at the tokens alone; what is no JSON at all is found by the parser, after this. */
function findMistake(text: string): FieldError | undefined {
  const levels: Level[] = [];
  for (const [token, colon] of text.matchAll(TOKENS)) {
    if (colon !== undefined) {
      const mistake = noteKey(levels, token);
      if (mistake !== undefined) return mistake;
    } else if (token === '{' || token === '[') {
      if (levels.length === DEEPEST)
        return { pointer: pointerTo(levels), detail: `This is more than ${DEEPEST} levels deep.` };
      levels.push(token === '{' ? { keys: new Set(), at: '' } : { keys: undefined, at: 0 });
    } else if (token === '}' || token === ']') levels.pop();
    else if (token === ',') countElement(levels.at(-1));
  }
  return undefined;
}

function noteKey(levels: readonly Level[], token: string): FieldError | undefined {
  const level = levels.at(-1);
  if (level?.keys === undefined) return undefined;
  const key = readKey(token);
  level.at = key;
  if (UNSAFE_KEYS.has(key))
    return { pointer: pointerTo(levels), detail: 'This name is not allowed.' };
  if (level.keys.has(key))
    return { pointer: pointerTo(levels), detail: 'This field stands here twice.' };
  level.keys.add(key);
  return undefined;
}

/** As the parser reads it: `"\u0061"` is the key `a`. */
function readKey(token: string): string {
  return String(parse(token.slice(0, token.lastIndexOf('"') + 1)));
}

function countElement(level: Level | undefined): void {
  if (typeof level?.at === 'number') level.at += 1;
}

function pointerTo(levels: readonly Level[]): string {
  return levels
    .map(({ at }) => `/${String(at).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
