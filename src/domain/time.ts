/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;
/** A length of time in milliseconds. */
export type Milliseconds = number;

/** What tells the time. `monotonicMs` never goes back, whatever is done to the wall clock. */
export interface Clock {
  now(): Instant;
  monotonicMs(): Milliseconds;
}

/** RFC 3339 in UTC with milliseconds: `2026-11-23T10:15:02.123Z`. */
export function formatInstant(at: Instant): string {
  return new Date(at).toISOString();
}

const RFC_3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Reads an RFC 3339 date-time (section 5.6); a date without a time or an impossible day is `undefined`. */
export function parseInstant(text: string): Instant | undefined {
  if (!RFC_3339.test(text)) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  return isRealDay(text) ? at : undefined;
}

/** `Date.parse` turns 30 February into 2 March; a person who wrote it meant neither. */
function isRealDay(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}
