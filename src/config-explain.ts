import { z } from 'zod';
import { formatPath, type KeyPath, type Mistake } from './config-mistake.ts';

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text (in quotes)',
  object: 'a mapping of keys to values',
  record: 'a mapping of names to values',
  array: 'a list',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
};

/** Words for what zod finds by itself; every check of ours brings its own. */
export const explain: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is required';
      return issue.input === null
        ? 'is empty'
        : `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'unrecognized_keys':
      return `is not a key here; the keys are ${knownKeys(issue.inst)}`;
    case 'invalid_key':
      return issue.issues[0]?.message;
    default:
      return undefined;
  }
};

function knownKeys(schema: unknown): string {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape).join(', ') : 'others';
}

/** What zod found, as mistakes. An unknown key is a mistake at that key, not where it stands. */
export function toMistakes(
  issues: readonly z.core.$ZodIssue[],
  lineOf: (path: KeyPath) => number | undefined,
): readonly Mistake[] {
  return issues.flatMap((issue) => {
    const places =
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => [...issue.path, key])
        : [issue.path];
    return places.map((place) => {
      const line = lineOf(place);
      const mistake = { path: formatPath(place), detail: issue.message };
      return line === undefined ? mistake : { ...mistake, line };
    });
  });
}
