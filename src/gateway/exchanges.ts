import type { Permit } from '../domain/decision.ts';
import type { Cut } from '../domain/event.ts';
import type { SessionId, VisitId } from '../domain/ids.ts';
import type { Instant, Milliseconds } from '../domain/time.ts';
import type { FollowedEntry } from '../store/store.ts';

/** A request that has been let through and is not over: what has to stop when its basis does. */
export interface Exchange {
  /** Aborted with the `Cut` as its reason. */
  readonly signal: AbortSignal;
  /** The basis it stands on now; another one may take over from the one it was recorded with. */
  readonly permit: Permit;
  cut(why: Cut): void;
  close(): void;
}

/** Asks again whether an exchange may go on: another permit of the same visit, or why not. */
export type Reconsider = (permit: Permit) => Promise<Permit | Cut>;

/** How late an end that nobody announces may be noticed. */
const LOOK_EVERY_MS: Milliseconds = 500;
/** What ends without an entry in the log, as a sign-in that idles out, is found by asking again. */
const RECONSIDER_EVERY_MS: Milliseconds = 60_000;

/**
 * All exchanges under way. It follows the log: whatever ends a basis, a visit or a sign-in cuts what
 * hangs on it at once, on every instance; and what simply runs out is asked about when its time has come.
 */
export class Exchanges {
  readonly #open = new Set<OpenExchange>();
  readonly #now: () => Instant;
  readonly #reconsider: Reconsider;

  constructor(now: () => Instant, reconsider: Reconsider) {
    this.#now = now;
    this.#reconsider = reconsider;
  }

  /** Registers an exchange, before its attempt is recorded: no end can slip in between. */
  open(permit: Permit): Exchange {
    const exchange = new OpenExchange(permit, this.#now, this.#reconsider, () =>
      this.#open.delete(exchange),
    );
    this.#open.add(exchange);
    return exchange;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Cuts what the entries end. */
  hear(entries: readonly FollowedEntry[]): void {
    if (this.#open.size === 0) return;
    for (const entry of entries) this.#hearOne(entry);
  }

  cutAll(why: Cut): void {
    for (const exchange of this.#open) exchange.cut(why);
  }

  #hearOne({ record }: FollowedEntry): void {
    switch (record.event) {
      case 'visit.closed':
        return this.#cutWhere(
          (permit) => permit.visit.id === (record['visit'] as VisitId),
          'visit-closed',
        );
      case 'session.ended':
        return this.#cutWhere(
          (permit) => permit.visit.session === (record['session'] as SessionId),
          'signed-out',
        );
      case 'grant.revoked':
      case 'grant.changed':
        return this.#reconsiderWhere((permit) => permit.visit.account === record['account']);
    }
  }

  #cutWhere(isMeant: (permit: Permit) => boolean, why: Cut): void {
    for (const exchange of this.#open) if (isMeant(exchange.permit)) exchange.cut(why);
  }

  #reconsiderWhere(isMeant: (permit: Permit) => boolean): void {
    for (const exchange of this.#open) if (isMeant(exchange.permit)) exchange.reconsider();
  }
}

class OpenExchange implements Exchange {
  readonly #controller = new AbortController();
  readonly #now: () => Instant;
  readonly #ask: Reconsider;
  readonly #forget: () => void;
  #permit: Permit;
  #timer: NodeJS.Timeout | undefined;
  #reconsiderAt: Instant = 0;
  #asked = 0;
  #isClosed = false;

  constructor(permit: Permit, now: () => Instant, ask: Reconsider, forget: () => void) {
    this.#permit = permit;
    this.#now = now;
    this.#ask = ask;
    this.#forget = forget;
    this.#goOnUnder(permit);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get permit(): Permit {
    return this.#permit;
  }

  cut(why: Cut): void {
    if (this.#isClosed) return;
    this.close();
    this.#controller.abort(why);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#forget();
  }

  /** Overlapping grants unite: when one ends and another covers the visit, nothing drops. */
  reconsider(): void {
    this.#asked += 1;
    const asked = this.#asked;
    clearTimeout(this.#timer);
    this.#ask(this.#permit).then(
      (answer) => this.#hearAnswer(asked, answer),
      // Nobody can say that it may go on.
      () => this.cut('grant-ended'),
    );
  }

  /** Only the last question knows of everything that has ended. */
  #hearAnswer(asked: number, answer: Permit | Cut): void {
    if (this.#isClosed) return;
    if (typeof answer === 'string') this.cut(answer);
    else if (asked === this.#asked) this.#goOnUnder(answer);
  }

  #goOnUnder(permit: Permit): void {
    this.#permit = permit;
    this.#reconsiderAt = Math.min(permit.expiresAt, this.#now() + RECONSIDER_EVERY_MS);
    this.#wait();
  }

  /** A clock that is set forward does not move timers: it is looked at again and again. */
  #wait(): void {
    const left = this.#reconsiderAt - this.#now();
    if (left <= 0) return this.reconsider();
    this.#timer = setTimeout(() => this.#wait(), Math.min(left, LOOK_EVERY_MS));
    this.#timer.unref();
  }
}
