import type { AccessRefused, Network } from '../domain/event.ts';
import type { RefusalReason } from '../domain/decision.ts';
import type { AccountId } from '../domain/ids.ts';
import type { Instant, Milliseconds } from '../domain/time.ts';

/** A refusal of somebody who has not signed in. */
export interface AnonymousRefusal {
  readonly reason: RefusalReason;
  readonly account: AccountId | undefined;
  readonly network: Network;
  readonly request: AccessRefused['request'];
}

interface Counted {
  readonly refusal: AnonymousRefusal;
  readonly from: Instant;
  readonly count: number;
  readonly to: Instant;
}

const SUMMARY_EVERY_MS: Milliseconds = 60_000;
/** Kinds of refusal counted at a time; accounts are known ones, so only a company with more would reach it. */
const MAX_KINDS = 10_000;

/**
 * Counts refusals of strangers, so that probing cannot fill the disk: the first of a kind is recorded
 * at once, those of the minute after it in one summary.
 */
export class AnonymousRefusals {
  readonly #now: () => Instant;
  readonly #record: (event: AccessRefused) => Promise<unknown>;
  readonly #counted = new Map<string, Counted>();
  readonly #timer: NodeJS.Timeout;

  constructor(now: () => Instant, record: (event: AccessRefused) => Promise<unknown>) {
    this.#now = now;
    this.#record = record;
    this.#timer = setInterval(() => void this.summarize(), SUMMARY_EVERY_MS);
    this.#timer.unref();
  }

  /** Records it, or counts it. Rejects with `log-unavailable` if the first of a kind cannot be recorded; it is counted then. */
  async note(refusal: AnonymousRefusal): Promise<void> {
    const at = this.#now();
    const kind = this.#kindOf(refusal);
    if (this.#counted.has(kind)) {
      this.#count(kind, { refusal, count: 1, from: at, to: at });
      return;
    }
    this.#count(kind, { refusal, count: 0, from: at, to: at });
    try {
      await this.#record(eventOf(refusal));
    } catch (error) {
      this.#count(kind, { refusal, count: 1, from: at, to: at });
      throw error;
    }
  }

  /** Writes down what was counted, and begins anew. What cannot be written is counted further. */
  async summarize(): Promise<void> {
    const all = [...this.#counted];
    this.#counted.clear();
    for (const [kind, counted] of all) {
      if (counted.count === 0) continue;
      try {
        await this.#record(summaryOf(counted));
      } catch {
        this.#count(kind, counted);
      }
    }
  }

  /** With more kinds than expected accounts are no longer told apart, but every refusal is counted. */
  #kindOf({ reason, account }: AnonymousRefusal): string {
    const kind = `${reason} ${account ?? ''}`;
    return this.#counted.size < MAX_KINDS || this.#counted.has(kind) ? kind : reason;
  }

  #count(kind: string, more: Counted): void {
    const known = this.#counted.get(kind);
    this.#counted.set(kind, known === undefined ? more : unite(known, more));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.summarize();
  }
}

const ANYBODY = { realm: 'stranger', subject: 'anonymous' } as const;

function unite(one: Counted, other: Counted): Counted {
  return {
    refusal: one.refusal,
    from: Math.min(one.from, other.from),
    to: Math.max(one.to, other.to),
    count: one.count + other.count,
  };
}

function summaryOf({ refusal, count, from, to }: Counted): AccessRefused {
  const { reason, account } = refusal;
  return {
    event: 'access.refused',
    actor: ANYBODY,
    reason,
    ...(account === undefined ? {} : { account }),
    count,
    from,
    to,
  };
}

function eventOf({ reason, account, network, request }: AnonymousRefusal): AccessRefused {
  return {
    event: 'access.refused',
    actor: ANYBODY,
    network,
    reason,
    ...(account === undefined ? {} : { account }),
    ...(request === undefined ? {} : { request }),
  };
}
