/** The middle of some measurements, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly p99: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { median: at(0.5), p99: at(0.99), min: at(0), max: at(1) };
}

export function describeSpread({ median, p99, min, max }: Spread, unit: string): string {
  const show = (value: number): string => (value < 100 ? value.toFixed(2) : value.toFixed(0));
  return `median ${show(median)} ${unit}, p99 ${show(p99)}, from ${show(min)} to ${show(max)}`;
}
