import type { Scope } from '../../domain/basis.ts';
import type { RefusalReason } from '../../domain/decision.ts';
import type { Person } from '../../domain/principal.ts';
import { type Instant, parseInstant } from '../../domain/time.ts';
import type { VisitEnd } from '../../domain/visit.ts';
import { numberIn, type ShownRecord, textIn } from '../record-reading.ts';
import { OWNER, RECORD, REFUSAL_WORDS, SCOPE_WORDS, VISIT_CLOSED_WORDS } from '../words.ts';

/** One line of the record, in plain words. */
export interface RecordLine {
  readonly index: number;
  readonly at: Instant;
  readonly who: string;
  readonly what: string;
  readonly isRefused: boolean;
}

/**
 * The latest records as lines, newest first. How an access ended stands on the line of the access,
 * and one person's looks at the record that follow each other are one line.
 */
export function tellRecords(
  records: readonly ShownRecord[],
  viewer: Person,
  most: number,
): readonly RecordLine[] {
  const ends = new Map(records.map((record) => [numberIn(record, 'attempt'), record]));
  const told = records.filter(
    ({ event }) => event !== 'access.finished' && event !== 'access.interrupted',
  );
  return joinLooks(told)
    .slice(0, most)
    .map(({ record, times }) => ({
      index: record.index,
      at: parseInstant(record.at) ?? 0,
      who: sayActor(record, viewer),
      what: sayWhat(record, ends.get(record.index), times),
      isRefused: record.event === 'access.refused',
    }));
}

interface Told {
  readonly record: ShownRecord;
  readonly times: number;
}

function joinLooks(records: readonly ShownRecord[]): Told[] {
  const told: Told[] = [];
  for (const record of records) {
    const last = told.at(-1);
    if (last !== undefined && isSameLook(last.record, record))
      told[told.length - 1] = { record: last.record, times: last.times + 1 };
    else told.push({ record, times: 1 });
  }
  return told;
}

function isSameLook(a: ShownRecord, b: ShownRecord): boolean {
  const isLook = a.event === 'log.read' && b.event === 'log.read';
  return isLook && textIn(a, 'actor', 'subject') === textIn(b, 'actor', 'subject');
}

function sayActor(record: ShownRecord, viewer: Person): string {
  const subject = textIn(record, 'actor', 'subject') ?? '';
  if (textIn(record, 'actor', 'realm') === 'gateway') return OWNER.gateway;
  if (subject === viewer.subject && textIn(record, 'actor', 'issuer') === viewer.issuer)
    return OWNER.you;
  return textIn(record, 'actor', 'name') ?? textIn(record, 'actor', 'email') ?? subject;
}

function sayWhat(record: ShownRecord, end: ShownRecord | undefined, times: number): string {
  switch (record.event) {
    case 'access.attempted':
      return sayAccess(record, end);
    case 'access.refused':
      return RECORD.refused(sayThing(record), sayRefusal(textIn(record, 'reason')));
    case 'visit.opened':
      return RECORD.visitOpened(textIn(record, 'purpose') ?? '');
    case 'visit.closed':
      return sayEnd(textIn(record, 'why'));
    case 'access-request.submitted':
      return RECORD.asked(textIn(record, 'reason') ?? '');
    case 'access-request.approved':
      return RECORD.approved;
    case 'access-request.denied':
      return RECORD.denied;
    case 'access-request.withdrawn':
      return RECORD.withdrawn;
    case 'grant.issued':
      return RECORD.issued(sayGranteeOf(record), sayScope(textIn(record, 'grant', 'scope')));
    case 'grant.changed':
      return textIn(record, 'actor', 'realm') === 'gateway' ? RECORD.bound : RECORD.regranted;
    case 'grant.revoked':
      return RECORD.revoked;
    case 'account.registered':
      return RECORD.registered;
    case 'log.read':
      return RECORD.read(times);
    case 'erased':
      return RECORD.erased;
    default:
      return record.event;
  }
}

function sayAccess(record: ShownRecord, end: ShownRecord | undefined): string {
  const thing = sayThing(record) ?? '';
  const isChange = textIn(record, 'access') === 'write';
  const said = isChange ? RECORD.changed(thing) : RECORD.looked(thing);
  const outcome = end === undefined ? undefined : sayOutcome(end);
  return outcome === undefined ? said : `${said} (${outcome})`;
}

function sayOutcome(end: ShownRecord): string | undefined {
  if (end.event === 'access.interrupted') return RECORD.interrupted;
  if (textIn(end, 'cut') !== undefined) return RECORD.cut;
  const status = numberIn(end, 'status') ?? 0;
  return status >= 400 ? RECORD.failed(status) : undefined;
}

/** What a request was about: the noun it has for people, or its path. */
function sayThing(record: ShownRecord): string | undefined {
  const path = textIn(record, 'request', 'path');
  const noun = textIn(record, 'request', 'noun');
  if (noun !== undefined || path === undefined) return noun;
  const method = textIn(record, 'request', 'method') ?? 'GET';
  return method === 'GET' ? path : `${path} (${method})`;
}

function sayGranteeOf(record: ShownRecord): string {
  const kind = textIn(record, 'grant', 'grantee', 'kind');
  if (kind === 'role') {
    const role = textIn(record, 'grant', 'grantee', 'role') ?? '';
    return `the ${role} team`;
  }
  return (
    textIn(record, 'grant', 'grantee', 'email') ??
    textIn(record, 'grant', 'grantee', 'person', 'subject') ??
    ''
  );
}

function sayScope(scope: string | undefined): string {
  return SCOPE_WORDS[scope as Scope] ?? '';
}

function sayRefusal(reason: string | undefined): string {
  return REFUSAL_WORDS[reason as RefusalReason] ?? reason ?? '';
}

function sayEnd(why: string | undefined): string {
  return VISIT_CLOSED_WORDS[why as VisitEnd] ?? why ?? '';
}
