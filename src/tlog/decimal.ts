const FORM = /^(?:0|[1-9][0-9]{0,15})$/;

/** A size or an index: decimal, without leading zeros, at most 2^53−1; `undefined` for all else. */
export function parseDecimal(text: string): number | undefined {
  if (!FORM.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
