import { formatInstant, type Instant } from '../domain/time.ts';
import { type Content, SECTIONS, type SectionName } from './content.ts';
import type { Envelope } from './envelope.ts';

type Fields = { readonly [field: string]: unknown };

/** An entry as a person or a program reads it: the fields of its sections in one object. */
export interface AuditRecord extends Fields {
  readonly index: number;
  readonly at: string;
  readonly event: string;
}

/** The stored bytes of the sections that are still kept. */
export type ContentBytes = { readonly [name in SectionName]?: Uint8Array | undefined };

/** The bytes of the sections without their salts. */
export function bytesOfSections(content: Content): ContentBytes {
  return Object.fromEntries(SECTIONS.map((name) => [name, content[name]?.bytes]));
}

/**
 * Reads a stored entry back. An entry whose content has been erased tells only its index and time,
 * and says so as `event: "erased"`.
 */
export function readRecord(
  entry: { index: number; time: Instant; publicPayload: Envelope['publicPayload'] },
  content: ContentBytes,
): AuditRecord {
  const head = { index: entry.index, at: formatInstant(entry.time) };
  if (entry.publicPayload !== undefined) return withEvent(head, parseFields(entry.publicPayload));
  const fields: { [field: string]: unknown } = {};
  for (const name of SECTIONS) {
    const bytes = content[name];
    if (bytes === undefined) continue;
    const section = parseFields(bytes);
    if (name === 'actor') fields['actor'] = section;
    else if (name === 'net') fields['network'] = section;
    else Object.assign(fields, section);
  }
  return withEvent(head, fields);
}

function withEvent(head: { index: number; at: string }, fields: Fields): AuditRecord {
  const { event, ...rest } = fields;
  return { ...head, event: typeof event === 'string' ? event : 'erased', ...rest };
}

function parseFields(bytes: Uint8Array): Fields {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('a stored section is no JSON object');
  return { ...value };
}
