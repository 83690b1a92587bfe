import { areEqualBytes } from '../../tlog/bytes.ts';
import { decodeUtf8 } from '../../tlog/utf8.ts';
import { SECTIONS, type SectionName } from '../content.ts';
import type { DisclosedContent } from '../disclosed.ts';
import { KIND_OF } from '../entry.ts';
import { decodeEnvelope, type Envelope, KINDS } from '../envelope.ts';
import type { LogItem } from '../verifiable-log.ts';
import { type Fields, isFields, Statement } from './statement.ts';
import type { Findings } from './verdict.ts';

/** An entry whose bytes were understood. */
export interface ReadEntry {
  readonly index: number;
  readonly envelope: Envelope;
  /** What it says; `undefined` where that is not shown, was erased, or cannot be read. */
  readonly says: Statement | undefined;
  /** `public` and `shown` say something; `unusable` was found not to be what it should. */
  readonly state: 'public' | 'shown' | 'withheld' | 'absent' | 'unusable';
  /** Why it is withheld, as whoever did so says. */
  readonly withheld?: string | undefined;
}

/** The sections that every judgement needs; an entry that hides one of them is as good as withheld. */
const NEEDED: readonly SectionName[] = ['action', 'actor', 'subject'];
const KNOWN_KINDS: ReadonlySet<number> = new Set(Object.values(KINDS));

/** Reads what an entry says; whether it commits to that is the tree's to check. `undefined` if its bytes are no entry. */
export function readEntry(item: LogItem, integrity: Findings): ReadEntry | undefined {
  const { index } = item;
  const envelope = tryDecode(item, integrity);
  if (envelope === undefined) return undefined;
  if (!KNOWN_KINDS.has(envelope.kind))
    integrity.doubt(`entry ${index}: kind ${envelope.kind} is not known to this version`);
  try {
    return { index, envelope, withheld: item.withheld, ...readContent(item, envelope) };
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    integrity.refute(`entry ${index}: ${error.message}`);
    return { index, envelope, says: undefined, state: 'unusable' };
  }
}

class Unusable extends Error {}

function tryDecode(item: LogItem, integrity: Findings): Envelope | undefined {
  try {
    return decodeEnvelope(item.entry);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    integrity.refute(`entry ${item.index}: ${error.message}`);
    return undefined;
  }
}

type Content = Pick<ReadEntry, 'says' | 'state'>;

function readContent(item: LogItem, envelope: Envelope): Content {
  const { publicPayload } = envelope;
  if (publicPayload !== undefined) {
    if (item.content !== undefined) throw new Unusable('it is public and has a content too');
    return { says: readStatement([parseSection(publicPayload)], envelope.kind), state: 'public' };
  }
  if (item.content === undefined)
    return { says: undefined, state: item.withheld === undefined ? 'absent' : 'withheld' };
  if (NEEDED.some((name) => isHidden(item.content, name)))
    return { says: undefined, state: 'withheld' };
  return { says: readStatement(parseSections(item.content), envelope.kind), state: 'shown' };
}

const ABSENT = new Uint8Array(32);

function isHidden(content: DisclosedContent | undefined, name: SectionName): boolean {
  const digest = content?.digests?.[SECTIONS.indexOf(name)];
  if (digest === undefined || content?.sections[name] !== undefined) return false;
  return !areEqualBytes(digest, ABSENT);
}

function parseSections({ sections }: DisclosedContent): Fields[] {
  return SECTIONS.flatMap((name) => {
    const section = sections[name];
    if (section === undefined) return [];
    const fields = parseSection(section.bytes);
    return [name === 'actor' || name === 'net' ? { [name]: fields } : fields];
  });
}

/** Bytes that two readers could read differently are no section, whatever they were committed to as. */
function parseSection(bytes: Uint8Array): Fields {
  const text = decodeUtf8(bytes);
  const fields = text === undefined ? undefined : tryParse(text);
  // A field told twice, or a number no reader keeps, comes out otherwise than it went in.
  if (!isFields(fields) || JSON.stringify(fields) !== text)
    throw new Unusable('a section is no JSON object that reads one way only');
  return fields;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readStatement(parts: readonly Fields[], kind: number): Statement {
  const fields: { [field: string]: unknown } = {};
  for (const part of parts) for (const field in part) fields[field] = part[field];
  const event = fields['event'];
  if (typeof event !== 'string' || !isKindOf(event, kind))
    throw new Unusable(`it says ${JSON.stringify(event)} and is of kind ${kind}`);
  return new Statement(fields);
}

/** An event that this version does not know may be of any kind but those that let somebody in or end it. */
function isKindOf(event: string, kind: number): boolean {
  const known: Readonly<Record<string, number>> = KIND_OF;
  return Object.hasOwn(known, event)
    ? known[event] === kind
    : kind > KINDS['access.interrupted'] || kind === KINDS['access.refused'];
}
