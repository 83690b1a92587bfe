import { stringify } from 'csv-stringify/sync';
import type { AuditRecord } from '../audit/record.ts';
import { fieldAt } from './record-fields.ts';

/** The columns, in their order, and where in a record each is found. New ones are only ever added at the end. */
const CSV_COLUMNS: readonly (readonly [column: string, ...path: string[]])[] = [
  ['index', 'index'],
  ['at', 'at'],
  ['event', 'event'],
  ['account', 'account'],
  ['actor_realm', 'actor', 'realm'],
  ['actor_issuer', 'actor', 'issuer'],
  ['actor_subject', 'actor', 'subject'],
  ['actor_name', 'actor', 'name'],
  ['actor_email', 'actor', 'email'],
  ['actor_roles', 'actor', 'roles'],
  ['basis_kind', 'basis', 'kind'],
  ['basis_id', 'basis', 'id'],
  ['visit', 'visit'],
  ['purpose', 'purpose'],
  ['ticket', 'ticket'],
  ['access', 'access'],
  ['method', 'request', 'method'],
  ['path', 'request', 'path'],
  ['query', 'request', 'query'],
  ['noun', 'request', 'noun'],
  ['upstream', 'upstream'],
  ['attempt', 'attempt'],
  ['status', 'status'],
  ['bytes_in', 'bytesIn'],
  ['bytes_out', 'bytesOut'],
  ['duration_ms', 'durationMs'],
  ['cut', 'cut'],
  ['reason', 'reason'],
  ['ip', 'network', 'ip'],
  ['user_agent', 'network', 'userAgent'],
  ['policy', 'policy'],
  ['rule', 'rule'],
];

/** The last column: the whole record as JSON, since some events have fields of their own. */
const WHOLE = 'record';

/**
 * Records as CSV (RFC 4180), the names of the columns before the first. What a spreadsheet would take for a
 * formula gets an apostrophe before it.
 */
export function csvLines(records: readonly AuditRecord[], isFirst: boolean): string {
  const names = [...CSV_COLUMNS.map(([name]) => name), WHOLE];
  const rows = records.map((record) => [
    ...CSV_COLUMNS.map(([, ...path]) => cellOf(fieldAt(record, ...path))),
    JSON.stringify(record),
  ]);
  return stringify(isFirst ? [names, ...rows] : rows, {
    escape_formulas: true,
    record_delimiter: 'windows',
  });
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
