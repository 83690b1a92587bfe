import type { Actor, Event, EventName } from '../domain/event.ts';
import type { Instant } from '../domain/time.ts';
import type { Sha256 } from '../tlog/hash.ts';
import { type Canonical, canonicalBytes, canonicalText } from './canonical.ts';
import { type Content, commitTo, type Section, SECTIONS, type SectionName } from './content.ts';
import { type Kind, KINDS } from './envelope.ts';
import { toHex } from './hex.ts';

/** What the writer needs to append an entry; everything dear has been done when it gets this. */
export interface PreparedEntry {
  readonly kind: Kind;
  readonly commitment: Uint8Array;
  readonly content: Content;
  readonly publicPayload: Uint8Array | undefined;
  /** Whose tag it carries; `undefined`: random bytes in its place. */
  readonly account: string | undefined;
  readonly actor: string | undefined;
  /**
   * When what it states ends; it is kept one retention period longer. `undefined`: at once. `open`: when is
   * not known yet, so its envelope names no time to erase it.
   */
  readonly statesUntil: Instant | 'open' | undefined;
}

/** The kind each event is written as. */
export const KIND_OF: Readonly<Record<EventName, Kind>> = {
  'access.attempted': KINDS['access.attempted'],
  'access.finished': KINDS['access.finished'],
  'access.refused': KINDS['access.refused'],
  'access.interrupted': KINDS['access.interrupted'],
  'visit.opened': KINDS['domain change'],
  'visit.closed': KINDS['domain change'],
  'grant.issued': KINDS['domain change'],
  'grant.changed': KINDS['domain change'],
  'grant.revoked': KINDS['domain change'],
  'access-request.submitted': KINDS['domain change'],
  'access-request.approved': KINDS['domain change'],
  'access-request.denied': KINDS['domain change'],
  'access-request.withdrawn': KINDS['domain change'],
  'account.registered': KINDS['domain change'],
  'agreement.accepted': KINDS['domain change'],
  'session.started': KINDS.session,
  'session.ended': KINDS.session,
  'session.refused': KINDS.session,
  'log.read': KINDS['log reading'],
  'log.exported': KINDS['log reading'],
  'policy.loaded': KINDS['policy or configuration'],
  'configuration.loaded': KINDS['policy or configuration'],
  'gateway.started': KINDS['policy or configuration'],
  'gateway.stopped': KINDS['policy or configuration'],
  'clock.stepped': KINDS['policy or configuration'],
  'hold.placed': KINDS.hold,
  'hold.lifted': KINDS.hold,
  'retention.erased': KINDS.erasure,
  'log.heartbeat': KINDS.heartbeat,
  'log.key-rotated': KINDS['key change'],
  'log.recovered': KINDS.recovery,
  'log.begun': KINDS.genesis,
};

type FieldOf<E> = E extends unknown ? Exclude<keyof E, 'permit' | 'actor' | 'network'> : never;

/** In which section each field of an event is kept. `actor` and `network` are sections of their own; the permit is never written. */
const SECTION_OF: Record<FieldOf<Event>, SectionName> = {
  event: 'action',
  access: 'action',
  act: 'action',
  request: 'action',
  policy: 'action',
  rule: 'action',
  attempt: 'action',
  status: 'action',
  bytesIn: 'action',
  bytesOut: 'action',
  durationMs: 'action',
  cut: 'action',
  why: 'action',
  count: 'action',
  from: 'action',
  to: 'action',
  grant: 'action',
  accessRequest: 'action',
  scope: 'action',
  name: 'action',
  version: 'action',
  textDigest: 'action',
  session: 'action',
  accounts: 'action',
  expiresAt: 'action',
  query: 'action',
  model: 'action',
  rules: 'action',
  digest: 'action',
  instance: 'action',
  origin: 'action',
  format: 'action',
  verifiedEmail: 'action',
  groundUntil: 'action',
  size: 'action',
  stepMs: 'action',
  everyMs: 'action',
  key: 'action',
  previousKey: 'action',
  overlapUntil: 'action',
  previous: 'action',
  statement: 'action',
  hold: 'action',
  until: 'action',
  case: 'reason',
  code: 'reason',
  reason: 'reason',
  purpose: 'reason',
  ticket: 'reason',
  account: 'subject',
  basis: 'subject',
  visit: 'subject',
  upstream: 'subject',
};

/** What these say is public by design: it stands in the entry itself, for ever. */
const PUBLIC_KINDS: ReadonlySet<Kind> = new Set([
  KINDS.genesis,
  KINDS['key change'],
  KINDS.erasure,
  KINDS.heartbeat,
  KINDS.recovery,
]);

const SECTION_LIMIT = 8 * 1024;
/** A field of so many characters is never replaced: its digest would be hardly shorter. */
const SHORT = 128;
/** A loaded policy is kept whole: replay rests on it. */
const POLICY_LIMIT = 64 * 1024;

/** Turns an event into content bytes, salts and commitment. `salt` draws 16 fresh random bytes. */
export function prepareEntry(
  event: Event,
  by: { sha256: Sha256; salt: () => Uint8Array },
): PreparedEntry {
  const kind = KIND_OF[event.event];
  const groups = groupFields(event);
  const common = {
    kind,
    account: 'account' in event ? event.account : undefined,
    actor: actorKey(event.actor),
    statesUntil: statesUntil(event),
  };
  if (PUBLIC_KINDS.has(kind)) return { ...common, ...publicContent(groups) };
  const limit = kind === KINDS['policy or configuration'] ? POLICY_LIMIT : SECTION_LIMIT;
  const content: { -readonly [name in SectionName]?: Section } = {};
  for (const name of SECTIONS) {
    const fields = groups[name];
    if (fields !== undefined)
      content[name] = { bytes: boundedBytes(fields, limit, by.sha256), salt: by.salt() };
  }
  return { ...common, commitment: commitTo(by.sha256, content), content, publicPayload: undefined };
}

type Fields = { [field: string]: Canonical };
type Groups = { [name in SectionName]?: Fields };

function groupFields(event: Event): Groups {
  const groups: Groups = { actor: cleanFields(event.actor) };
  if (event.network !== undefined) groups.net = cleanFields(event.network);
  for (const [field, value] of Object.entries(event)) {
    if (value === undefined || !isRecordedField(field)) continue;
    const section = SECTION_OF[field];
    groups[section] = { ...groups[section], [field]: clean(value) };
  }
  return groups;
}

function isRecordedField(field: string): field is FieldOf<Event> {
  return Object.hasOwn(SECTION_OF, field);
}

function publicContent(
  groups: Groups,
): Pick<PreparedEntry, 'commitment' | 'content' | 'publicPayload'> {
  return {
    commitment: new Uint8Array(32),
    content: {},
    publicPayload: canonicalBytes(groups.action ?? {}),
  };
}

/** Bytes of strangers (a browser's name for itself) become well-formed text before they are committed to. */
function clean(value: unknown): Canonical {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value === 'object') return cleanFields(value);
  throw new TypeError(`a ${typeof value} cannot be recorded`);
}

function cleanFields(object: object): Fields {
  const fields: Fields = {};
  for (const [key, value] of Object.entries(object))
    if (value !== undefined) fields[key] = clean(value);
  return fields;
}

/**
 * A section over its limit has its longest fields replaced by their length and digest, longest first;
 * of a field with fields of its own only the longest of those, so that a long query hides no path.
 */
function boundedBytes(fields: Fields, limit: number, sha256: Sha256): Uint8Array {
  const bytes = canonicalBytes(fields);
  if (bytes.length <= limit) return bytes;
  return boundedBytes(shortenLongest(fields, sha256), limit, sha256);
}

function shortenLongest(fields: Fields, sha256: Sha256): Fields {
  const sized = Object.entries(fields)
    .map(([key, value]) => ({ key, value, text: canonicalText(value) }))
    .toSorted((a, b) => b.text.length - a.text.length);
  const longest = sized[0];
  if (longest === undefined || longest.text.length <= SHORT)
    throw new TypeError('a section has too many fields to be recorded');
  const { key, value, text } = longest;
  const hasLongField = isFields(value) && Object.values(value).some(isLong);
  const shorter = hasLongField ? shortenLongest(value, sha256) : digestOf(text, sha256);
  return { ...fields, [key]: shorter };
}

function isFields(value: Canonical): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLong(value: Canonical): boolean {
  return canonicalText(value).length > SHORT;
}

function digestOf(text: string, sha256: Sha256): Canonical {
  const bytes = new TextEncoder().encode(text);
  return { len: bytes.length, sha256: toHex(sha256(bytes)) };
}

/** Whose tag an entry of this actor carries; `undefined` for nobody in particular. */
export function actorKey({
  realm,
  issuer,
  subject,
}: Pick<Actor, 'realm' | 'issuer' | 'subject'>): string | undefined {
  return realm === 'gateway' || realm === 'stranger'
    ? undefined
    : canonicalText([issuer ?? '', subject]);
}

function statesUntil(event: Event): PreparedEntry['statesUntil'] {
  switch (event.event) {
    case 'grant.issued':
      return event.grant.expiresAt;
    case 'grant.changed':
      return Math.max(event.grant.expiresAt, event.expiresAt ?? 0);
    case 'grant.revoked':
    case 'access-request.submitted':
    case 'access-request.approved':
    case 'access-request.denied':
    case 'access-request.withdrawn':
    case 'visit.opened':
    case 'visit.closed':
      return event.expiresAt;
    case 'session.started':
    case 'session.ended':
      return Math.max(event.expiresAt, event.groundUntil ?? 0);
    case 'hold.placed':
    case 'hold.lifted':
      return event.until;
    // A policy is in force until another is loaded: nobody can say yet when that will be.
    case 'policy.loaded':
      return 'open';
    default:
      return undefined;
  }
}
