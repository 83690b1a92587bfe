import type { Request } from 'express';
import { type FieldError, Problem } from '../domain/problem.ts';

/**
 * The query of a request, each key at most once: a second value would be seen by one reader and
 * overlooked by another. Throws `invalid-request`.
 */
export function readQuery(request: Request): Readonly<Record<string, string>> {
  const pairs = [...(URL.parse(request.originalUrl, 'http://query.invalid')?.searchParams ?? [])];
  const keys = pairs.map(([key]) => key);
  const twice = new Set(keys.filter((key, at) => keys.indexOf(key) !== at));
  if (twice.size > 0)
    throw new Problem('invalid-request', 'Some parameters are given more than once.', {
      errors: [...twice].map(
        (key): FieldError => ({ pointer: `/${key}`, detail: 'Give it once.' }),
      ),
    });
  // Own properties, whatever they are called: `__proto__` is then refused as an unknown field.
  return Object.fromEntries(pairs);
}
