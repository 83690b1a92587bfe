import type { AuditRecord } from '../audit/record.ts';
import { findFirst, searchPages } from '../recorder/search-pages.ts';
import type { Reader } from '../store/store.ts';
import type { WholeEntry } from '../store/whole-entry.ts';
import { eachOf, recordOf } from './entry-pages.ts';
import { numberAt, textAt } from './record-fields.ts';

/** Events that somebody does from a sign-in which a later replay asks for. */
const FROM_A_SIGN_IN = new Set([
  'access.attempted',
  'visit.opened',
  'grant.issued',
  'grant.changed',
  'access-request.approved',
]);
/** Loaded policies are kept whole, and so are large. */
const FEW = 8;

/** An instant that no log reaches. */
const FOR_EVER = Number.MAX_SAFE_INTEGER;

interface Naming {
  readonly subject: string;
  /** Of the first entry that names it. */
  readonly index: number;
}

/** A time within which some sign-in may have ended. */
interface Window {
  readonly from: number;
  readonly to: number;
}

/** The facts that entries rest on and that carry no account: the sign-ins and policies they name. */
export class Grounds {
  readonly #reader: () => Reader;
  readonly #sessions = new Map<string, Naming>();
  readonly #policies = new Map<string, number>();

  constructor(reader: () => Reader) {
    this.#reader = reader;
  }

  /** Notes what a record names; records come in the order of the log. */
  note(record: AuditRecord): void {
    const policy = textAt(record, 'policy');
    if (policy !== undefined) noteFirst(this.#policies, policy, record.index);
    const session = textAt(record, 'actor', 'session');
    const subject = textAt(record, 'actor', 'subject');
    if (session === undefined || subject === undefined || !FROM_A_SIGN_IN.has(record.event)) return;
    const known = this.#sessions.get(session);
    if (known === undefined || record.index < known.index)
      this.#sessions.set(session, { subject, index: record.index });
  }

  /** Where the sign-ins named began, each looked for among those of the same person. */
  async startsOfSessions(): Promise<readonly WholeEntry[]> {
    const starts: WholeEntry[] = [];
    for (const [session, { subject, index }] of this.#sessions) {
      const event = 'session.started';
      const wish = { event, actor: subject, order: 'desc', below: index, pageSize: FEW } as const;
      const isIt = (whole: WholeEntry) => textAt(recordOf(whole), 'session') === session;
      const start = await findFirst((query) => this.#reader().wholeFound(query), wish, isIt);
      if (start !== undefined) starts.push(start);
    }
    return starts;
  }

  /** Where those of them ended that were ended, by whomever; each ending is read once. */
  async endsOfSessions(starts: readonly WholeEntry[], size: number): Promise<number[]> {
    const ends: number[] = [];
    for (const window of windowsOf(starts)) {
      const wish = { event: 'session.ended', order: 'asc', below: size, ...window } as const;
      const pages = searchPages((query) => this.#reader().wholeFound(query), wish);
      for await (const whole of eachOf(pages)) {
        const session = textAt(recordOf(whole), 'session');
        if (session !== undefined && this.#sessions.has(session)) ends.push(whole.index);
      }
    }
    return ends;
  }

  /** Where the policies named were loaded: each the last time before it is named first. */
  async loadsOfPolicies(): Promise<number[]> {
    const loads: number[] = [];
    for (const [policy, index] of this.#policies) {
      const load = await this.lastLoad(index, policy);
      if (load !== undefined) loads.push(load);
    }
    return loads;
  }

  /** The last time a policy was loaded below an index; that policy, or any. */
  async lastLoad(below: number, policy?: string): Promise<number | undefined> {
    const wish = { event: 'policy.loaded', order: 'desc', below, pageSize: FEW } as const;
    const isIt = (whole: WholeEntry) =>
      policy === undefined || textAt(recordOf(whole), 'policy') === policy;
    return (await findFirst((query) => this.#reader().wholeFound(query), wish, isIt))?.index;
  }
}

function noteFirst(known: Map<string, number>, name: string, index: number): void {
  known.set(name, Math.min(known.get(name) ?? index, index));
}

/** Windows that overlap become one. */
function windowsOf(starts: readonly WholeEntry[]): Window[] {
  const windows: Window[] = [];
  const each = starts
    .map(recordOf)
    .map((record) => ({
      from: Date.parse(record.at),
      to: numberAt(record, 'expiresAt') ?? FOR_EVER,
    }))
    .toSorted((one, other) => one.from - other.from);
  for (const window of each) {
    const last = windows.at(-1);
    if (last === undefined || window.from > last.to) windows.push(window);
    else windows[windows.length - 1] = { from: last.from, to: Math.max(last.to, window.to) };
  }
  return windows;
}
