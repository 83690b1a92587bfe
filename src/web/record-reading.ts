import type { RecordPage } from '../control/records.ts';

/** One record, as control gives it out. */
export type ShownRecord = RecordPage['items'][number];

/** A text somewhere in a record; `undefined` if there is none there. */
export function textIn(record: ShownRecord, ...path: readonly string[]): string | undefined {
  const value = valueIn(record, path);
  return typeof value === 'string' ? value : undefined;
}

/** A number likewise. */
export function numberIn(record: ShownRecord, ...path: readonly string[]): number | undefined {
  const value = valueIn(record, path);
  return typeof value === 'number' ? value : undefined;
}

function valueIn(record: ShownRecord, path: readonly string[]): unknown {
  let value: unknown = record;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
