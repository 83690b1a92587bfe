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
  count: number;
  to: Instant;
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

  /** Records it, or counts it. Rejects with `log-unavailable` if the first of a kind cannot be recorded. */
  async note(refusal: AnonymousRefusal): Promise<void> {
    const kind = `${refusal.reason} ${refusal.account ?? ''}`;
    const at = this.#now();
    const known = this.#counted.get(kind);
    if (known !== undefined || this.#counted.size >= MAX_KINDS) {
      if (known === undefined) return;
      known.count += 1;
      known.to = at;
      return;
    }
    this.#counted.set(kind, { refusal, from: at, to: at, count: 0 });
    await this.#record(eventOf(refusal));
  }

  /** Writes down what was counted, and begins anew. What cannot be written is counted further. */
  async summarize(): Promise<void> {
    for (const [kind, counted] of this.#counted) {
      this.#counted.delete(kind);
      if (counted.count === 0) continue;
      const { refusal, count, from, to } = counted;
      try {
        await this.#record({
          event: 'access.refused',
          actor: ANYBODY,
          reason: refusal.reason,
          ...(refusal.account === undefined ? {} : { account: refusal.account }),
          count,
          from,
          to,
        });
      } catch {
        this.#counted.set(kind, counted);
      }
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.summarize();
  }
}

const ANYBODY = { realm: 'staff', subject: 'anonymous' } as const;

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
