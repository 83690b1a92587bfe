import type { Milliseconds } from './time.ts';

// Longest first: the first that divides a duration is the one it is written in.
const UNITS: readonly (readonly [unit: string, length: Milliseconds])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

/** A hundred years: added to any instant we meet, it is still a date. */
export const LONGEST_DURATION: Milliseconds = 36_500 * 86_400_000;

const DURATION = /^([1-9]\d{0,12})(ms|s|m|h|d)$/;

/**
 * Reads one whole number and its unit: `500ms`, `90s`, `15m`, `12h`, `30d`. Zero, a sign, a fraction,
 * a missing unit, white space or more than `LONGEST_DURATION` give `undefined`.
 */
export function parseDuration(text: string): Milliseconds | undefined {
  const [, count, written] = DURATION.exec(text) ?? [];
  const length = UNITS.find(([unit]) => unit === written)?.[1];
  if (count === undefined || length === undefined) return undefined;
  const duration = Number(count) * length;
  return duration <= LONGEST_DURATION ? duration : undefined;
}

/**
 * Writes a duration in the longest unit that divides it, so that `parseDuration` reads the same one
 * again: `90m`, `1d`. Zero is `0s`. Throws a RangeError for what is negative or no whole number.
 */
export function formatDuration(duration: Milliseconds): string {
  if (!Number.isSafeInteger(duration) || duration < 0) {
    throw new RangeError(`not a duration in whole milliseconds: ${duration}`);
  }
  if (duration === 0) return '0s';
  const fitting = UNITS.find(([, length]) => duration % length === 0);
  // The last unit is one millisecond, which divides every whole number.
  const [unit, length] = fitting ?? ['ms', 1];
  return `${duration / length}${unit}`;
}
