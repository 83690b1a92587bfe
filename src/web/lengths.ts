import { formatDuration, parseDuration } from '../domain/duration.ts';
import type { Milliseconds } from '../domain/time.ts';
import type { Choice } from './fields.ts';
import { spellLength } from './moments.ts';

const LENGTHS = ['15m', '1h', '4h', '1d', '3d', '7d', '30d'];

/** What a form asks for unless something else is chosen. */
export const SAFE_LENGTH = '1h';

/** How long a permission may last, for choices: none is longer than `most`. */
export function lengthChoices(most: Milliseconds): Choice[] {
  const fitting = LENGTHS.filter((length) => (parseDuration(length) ?? 0) <= most);
  const values = fitting.length > 0 ? fitting : [formatDuration(most)];
  return values.map((value) => ({ value, label: spellLength(parseDuration(value) ?? 0) }));
}
