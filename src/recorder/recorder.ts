import { type PreparedEntry, prepareEntry } from '../audit/entry.ts';
import type { AuditRecord } from '../audit/record.ts';
import type { Change } from '../domain/change.ts';
import type { Condition } from '../domain/condition.ts';
import type { Permit } from '../domain/decision.ts';
import type { AccessAttempted, AccessFinished, AccessInterrupted, Event } from '../domain/event.ts';
import { GATEWAY } from '../domain/event.ts';
import type { AccountId } from '../domain/ids.ts';
import { Problem } from '../domain/problem.ts';
import type { Clock, Instant, Milliseconds } from '../domain/time.ts';
import { LogTime } from '../store/clock.ts';
import type {
  Committed,
  FollowedEntry,
  Reader,
  RecordQuery,
  Redemption,
  Settled,
  Store,
} from '../store/store.ts';
import { ClockWatch } from './clock-watch.ts';
import { sha256 } from './crypto.ts';
import type { Recorded } from './recorded.ts';
import { drawSalt } from './salt.ts';
import { SearchFollower } from './search.ts';

/** What is committed together with events: the changes they tell of, and what must still be true then. */
export interface Together {
  readonly changes?: readonly Change[];
  readonly conditions?: readonly Condition[];
}

/** Events recorded as one act, in order; or the condition that no longer held, and nothing written. */
export type Recording<Events extends readonly Event[]> =
  | {
      readonly outcome: 'recorded';
      readonly recorded: { readonly [at in keyof Events]: Recorded<Events[at]> };
    }
  | { readonly outcome: 'refused'; readonly condition: Condition };

export type AccessEnd = AccessFinished | AccessInterrupted;

const RETRY_EVERY_MS: Milliseconds = 200;
/** How long the search index may lag before a query is refused rather than answered short. */
const SEARCH_DEADLINE_MS: Milliseconds = 2000;

/**
 * The scribe: the only one who commits. Whatever it answers `recorded` is on disk. When the log cannot
 * be written it throws `log-unavailable`, and nothing that hung on the record may go on.
 */
export class Recorder {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #time: LogTime;
  readonly #search: SearchFollower;
  readonly #ends = new Set<Promise<void>>();
  readonly #closing = Promise.withResolvers<void>();
  #clockWatch: ClockWatch | undefined;
  #waitingEnds = 0;
  #isClosing = false;

  constructor(store: Store, clock: Clock, lastTime: Instant) {
    this.#store = store;
    this.#clock = clock;
    this.#time = new LogTime(clock, lastTime);
    store.follow((entries) => this.#time.advance(entries.at(-1)?.at ?? 0));
    this.#search = new SearchFollower(store);
  }

  /** The time of the log now: never behind its last entry. */
  now(): Instant {
    return this.#time.now().at;
  }

  /** Looks only; ask for it anew each time. */
  get reader(): Reader {
    return this.#store.reader;
  }

  /** The one feed of what has been recorded, in order, on every instance. */
  follow(listener: (entries: readonly FollowedEntry[]) => void): () => void {
    return this.#store.follow(listener);
  }

  /** Whether a new attempt could be recorded now, and every past one has its end. */
  health(): { readonly able: true } | { readonly able: false; readonly why: string } {
    const health = this.#store.health();
    if (health.able && this.#waitingEnds > 0)
      return { able: false, why: `${this.#waitingEnds} ends of accesses wait to be recorded` };
    return health;
  }

  /** Records events and their changes: all of it, or nothing. Throws `log-unavailable`. */
  async record<const Events extends readonly [Event, ...Event[]]>(
    events: Events,
    together: Together = {},
  ): Promise<Recording<Events>> {
    const committed = await this.#commit(events, together);
    if (committed.outcome === 'refused') return committed;
    if (committed.outcome === 'recorded')
      return { outcome: 'recorded', recorded: markRecorded(events, committed) };
    throw unavailable(committed.cause);
  }

  /**
   * Records an attempt, with the facts its permit rests on checked once more where it commits. Throws
   * `log-unavailable`; if such an attempt turns out to have been written after all, it is ended at once.
   */
  async recordAttempt(event: AccessAttempted): Promise<Recording<readonly [AccessAttempted]>> {
    const events = [event] as const;
    const committed = await this.#commit(events, {
      changes: [{ open: 'attempt', entry: 0 }],
      conditions: factsOf(event.permit),
    });
    if (committed.outcome === 'recorded')
      return { outcome: 'recorded', recorded: markRecorded(events, committed) };
    if (committed.outcome === 'refused') return committed;
    if (committed.outcome === 'unknown')
      void committed.settled.then((settled) => this.#endLate(event.account, settled));
    throw unavailable(committed.cause);
  }

  /** Records how an access ended. It does not wait and does not fail: an end that cannot be written is kept until it can be. */
  recordEnd(event: AccessEnd): void {
    const written = this.#writeEnd(event);
    this.#ends.add(written);
    void written.finally(() => this.#ends.delete(written));
  }

  /**
   * Records what must be told of the gateway itself: tried again while the log cannot be written, but never
   * written twice. Whether it is on disk, within the time that is given or before the recorder closes.
   */
  async insist(event: Event, withinMs: Milliseconds = Infinity): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    const givingUp = Promise.race([this.#closing.promise, lapseOf(withinMs)]);
    while (!(await this.#tryCommit(event, {}, givingUp))) {
      if (this.#isClosing || performance.now() > deadline) return false;
      await after(RETRY_EVERY_MS);
    }
    return true;
  }

  /** Waits for the ends that are being written, but not for ever. */
  async settleEnds(withinMs: Milliseconds): Promise<void> {
    await Promise.race([Promise.all(this.#ends), lapseOf(withinMs)]);
  }

  /** From now on, a wall clock that is set by more than five minutes is recorded, and told to `report`. */
  watchClock(report: (stepMs: Milliseconds) => void): void {
    this.#clockWatch = new ClockWatch({
      clock: this.#clock,
      aheadMs: this.now() - this.#clock.now(),
      onStep: (stepMs) => {
        report(stepMs);
        void this.insist({ event: 'clock.stepped', actor: GATEWAY, stepMs });
      },
    });
  }

  /** Turns a single-use code into a cookie's key. Throws `log-unavailable`. */
  async redeem(work: Parameters<Store['redeem']>[0]): Promise<Redemption> {
    try {
      return await this.#store.redeem(work);
    } catch (error) {
      throw unavailable(String(error));
    }
  }

  /** Searches the log as it was when asked: waits until the search index has come so far. Throws `log-unavailable`. */
  async search(query: RecordQuery): Promise<readonly AuditRecord[]> {
    await this.catchUpSearch();
    return this.#store.reader.records(query);
  }

  /** Waits until everything can be found that is recorded by now; answers with the size of the log. Throws `log-unavailable`. */
  async catchUpSearch(): Promise<number> {
    const { size } = await this.#store.reader.logState();
    await this.#search.reach(size, SEARCH_DEADLINE_MS);
    return size;
  }

  /** Brings the search index up to the log; it goes on by itself from then on. */
  async startSearch(): Promise<void> {
    await this.#search.start();
  }

  /** Waits for the ends under way, and for the search index. Ends that cannot be written now are left to the next start. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#clockWatch?.stop();
    this.#closing.resolve();
    await Promise.all(this.#ends);
    await this.#search.stop();
  }

  #commit(events: readonly [Event, ...Event[]], together: Together): Promise<Committed> {
    this.#clockWatch?.look();
    const [first, ...rest] = events;
    return this.#store.commit({
      entries: [prepare(first), ...rest.map(prepare)],
      changes: together.changes ?? [],
      conditions: together.conditions ?? [],
    });
  }

  #endLate(account: AccountId, settled: Settled): void {
    if (settled.outcome !== 'recorded') return;
    for (const attempt of settled.indexes)
      this.recordEnd({
        event: 'access.interrupted',
        actor: GATEWAY,
        account,
        attempt,
        why: 'late',
      });
  }

  async #writeEnd(event: AccessEnd): Promise<void> {
    let isWaiting = false;
    while (!(await this.#tryCommit(event, endOf(event), this.#closing.promise))) {
      if (this.#isClosing) return;
      if (!isWaiting) this.#waitingEnds += 1;
      isWaiting = true;
      await after(RETRY_EVERY_MS);
    }
    if (isWaiting) this.#waitingEnds -= 1;
  }

  /** Whether it needs no other try. An end that is refused had been written already: there is never a second. */
  async #tryCommit(event: Event, together: Together, givingUp: Promise<void>): Promise<boolean> {
    const committed = await this.#commit([event], together);
    if (committed.outcome !== 'unknown') return committed.outcome !== 'failed';
    const settled = await Promise.race([committed.settled, givingUp]);
    return settled !== undefined && settled.outcome !== 'failed';
  }
}

/** What is committed together with the end of an access. */
export function endOf({ attempt }: AccessEnd): Together {
  return {
    changes: [{ close: 'attempt', attempt }],
    conditions: [{ that: 'attempt-open', attempt }],
  };
}

function prepare(event: Event): PreparedEntry {
  return prepareEntry(event, { sha256, salt: drawSalt });
}

/** The one place where an event becomes a recorded one: its index came from the store, which says it is on disk. */
function markRecorded<Events extends readonly Event[]>(
  events: Events,
  committed: Extract<Settled, { outcome: 'recorded' }>,
): { readonly [at in keyof Events]: Recorded<Events[at]> } {
  return events.map((event, at) => ({
    index: committed.indexes[at],
    at: committed.at,
    event,
  })) as never;
}

/** What must still be true where the attempt commits: visit open, sign-in alive, role held, basis live. */
function factsOf(permit: Permit): Condition[] {
  const { visit } = permit;
  return [
    { that: 'visit-open', visit: visit.id },
    { that: 'sign-in-alive', session: visit.session },
    { that: 'role-held', session: visit.session, role: permit.role },
    {
      that: 'basis-covers',
      basis: permit.basis,
      session: visit.session,
      account: visit.account,
      access: permit.access,
    },
  ];
}

function unavailable(cause: string): Problem {
  return new Problem(
    'log-unavailable',
    'The access log cannot be written now. Nothing was let through.',
    { cause },
  );
}

function after(delayMs: Milliseconds): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** What only limits a wait keeps no program running. */
function lapseOf(limitMs: Milliseconds): Promise<void> {
  return new Promise((resolve) => {
    if (limitMs !== Infinity) setTimeout(resolve, limitMs).unref();
  });
}
