import { z } from 'zod';
import { parseAccountId } from '../domain/account-id.ts';
import { parseDuration } from '../domain/duration.ts';
import type { AccountId } from '../domain/ids.ts';
import { parseInstant } from '../domain/time.ts';
import { type FieldError, Problem } from '../domain/problem.ts';

/** Reads what somebody sent. Throws `invalid-request` with every mistake and where it stands (RFC 6901). */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.infer<Schema> {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new Problem('invalid-request', 'Some fields are not valid.', {
    errors: parsed.error.issues.flatMap(fieldErrors),
  });
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      pointer: pointerOf([...issue.path, key]),
      detail: 'There is no such field.',
    }));
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined;
  return [
    { pointer: pointerOf(issue.path), detail: isMissing ? 'This is needed.' : issue.message },
  ];
}

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** A line or a few of text by a person: trimmed, no control characters but line breaks, well-formed. */
export function humanText(maxLength: number) {
  return z
    .string()
    .trim()
    .min(1, 'Write something here.')
    .max(maxLength, `At most ${maxLength} characters.`)
    .regex(
      /^[^\u0000-\u0009\u000b-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u,
      'Control characters are not allowed.',
    )
    .refine((text) => text.isWellFormed(), 'This is no well-formed text.');
}

export const durationInput = z
  .string()
  .transform((text, context) => {
    const duration = parseDuration(text);
    if (duration !== undefined) return duration;
    context.addIssue({ code: 'custom', message: 'Write a duration such as 90s, 15m, 12h or 30d.' });
    return z.NEVER;
  })
  .meta({ type: 'string', examples: ['1h'], description: 'A duration: 90s, 15m, 12h, 30d.' });

export const instantInput = z
  .string()
  .transform((text, context) => {
    const at = parseInstant(text);
    if (at !== undefined) return at;
    context.addIssue({
      code: 'custom',
      message: 'Write a time as RFC 3339: 2026-11-23T10:15:02Z.',
    });
    return z.NEVER;
  })
  .meta({ type: 'string', format: 'date-time' });

export const accountInput = z
  .string()
  .transform((text, context): AccountId => {
    const account = parseAccountId(text);
    if (account !== undefined) return account;
    context.addIssue({ code: 'custom', message: 'This is no account id.' });
    return z.NEVER;
  })
  .meta({ type: 'string', examples: ['acme'] });

/** A path inside the account: where a visitor wants to go. */
export const pathInput = z
  .string()
  .max(2048)
  .regex(/^\/(?![/\\])[\u0021-\u007e]*$/u, 'Write a path that begins with one slash.')
  .refine((path) => !path.startsWith('/.sallyport'), 'This path is not inside the account.');

export const scopeInput = z.enum(['read', 'write']);

/** A whole number as people write it in an address: no sign, no leading zero, no other base. */
export function numberInput(min: number, max: number) {
  return z
    .string()
    .regex(/^(0|[1-9][0-9]{0,8})$/u, 'Write a whole number.')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `From ${min} to ${max}.`)
    .meta({ type: 'integer', minimum: min, maximum: max });
}

/** A size of the log. */
export const sizeInput = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,14})$/u, 'Write a whole number.')
  .transform(Number)
  .meta({ type: 'integer', minimum: 0 });

export const limitInput = numberInput(1, 200).default(50);
export const cursorInput = z.string().max(200).optional();
