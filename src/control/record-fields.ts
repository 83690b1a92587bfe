import type { AuditRecord } from '../audit/record.ts';

/** A field of a record, or of an object in it; `undefined` if it is not there. */
export function fieldAt(record: AuditRecord, ...path: readonly string[]): unknown {
  let value: unknown = record;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** The same where it is text. */
export function textAt(record: AuditRecord, ...path: readonly string[]): string | undefined {
  const value = fieldAt(record, ...path);
  return typeof value === 'string' ? value : undefined;
}

/** The same where it is a number. */
export function numberAt(record: AuditRecord, ...path: readonly string[]): number | undefined {
  const value = fieldAt(record, ...path);
  return typeof value === 'number' ? value : undefined;
}
