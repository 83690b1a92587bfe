import type { Instant, Milliseconds } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import type { SignedCheckpoint } from './signed-checkpoint.ts';
import { readGrowth } from './tree-growth.ts';
import { type AskedWitness, askWitness, type WitnessDial } from './witness-exchange.ts';

export interface WitnessTiming {
  /** How long one request may take, its answer included. */
  readonly requestWithinMs: Milliseconds;
  /** The pause after a first failure; it doubles with each, up to the longest. */
  readonly firstPauseMs: Milliseconds;
  readonly longestPauseMs: Milliseconds;
}

export interface WitnessLinkOptions {
  readonly witness: AskedWitness;
  /** The largest size that it is known to have cosigned; 0 if none. */
  readonly size: number;
  readonly store: Store;
  readonly dial: WitnessDial;
  readonly now: () => Instant;
  readonly timing: WitnessTiming;
  readonly onCosigned: (size: number, line: string) => void;
  /** Hears why after each failure, and `undefined` once it has cosigned again. */
  readonly onTrouble: (why: string | undefined) => void;
  /** Called whenever it can be asked for something else. */
  readonly onFree: () => void;
}

/** How often a witness may say in one go that it is elsewhere. */
const MAX_TRIES = 3;

/** One witness: it is asked for one checkpoint at a time, and left alone for a while after a failure. */
export class WitnessLink {
  readonly #options: WitnessLinkOptions;
  readonly #closing = new AbortController();
  /** What we have its cosignature of. */
  #cosigned: number;
  /** Where it says it is: the next proof begins there. */
  #size: number;
  #failures = 0;
  #running: Promise<void> | undefined;
  #pause: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: WitnessLinkOptions) {
    this.#options = options;
    this.#cosigned = options.size;
    this.#size = options.size;
  }

  get witness(): AskedWitness {
    return this.#options.witness;
  }

  /** The size of the last cosignature that it has given us. */
  get size(): number {
    return this.#cosigned;
  }

  /** Whether an answer is under way that may well come: others wait for none that has failed before. */
  get isAwaited(): boolean {
    return this.#running !== undefined && this.#failures === 0;
  }

  /** Asks for a cosignature, unless it has cosigned that, is being asked already, or is left alone. It does not wait. */
  ask(checkpoint: SignedCheckpoint): void {
    const isFree = this.#running === undefined && this.#pause === undefined;
    if (!isFree || this.#isClosed || this.#cosigned === checkpoint.size) return;
    this.#running = this.#run(checkpoint);
  }

  /** Lets what is under way finish for at most `withinMs`, and asks nothing more. */
  async close(withinMs: Milliseconds): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#pause);
    const cut = setTimeout(() => this.#closing.abort(), withinMs);
    await this.#running;
    clearTimeout(cut);
  }

  async #run(checkpoint: SignedCheckpoint): Promise<void> {
    try {
      const line = await this.#obtain(checkpoint);
      this.#cosigned = checkpoint.size;
      this.#size = checkpoint.size;
      this.#failures = 0;
      this.#options.onTrouble(undefined);
      this.#options.onCosigned(checkpoint.size, line);
    } catch (error) {
      this.#rest(error);
    }
    this.#running = undefined;
    this.#options.onFree();
  }

  async #obtain(checkpoint: SignedCheckpoint): Promise<string> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const reply = await this.#ask(checkpoint);
      if (reply.is === 'cosigned') return reply.line;
      this.#size = reply.size;
      if (reply.size > checkpoint.size)
        throw new Error(
          `it has cosigned size ${reply.size}, larger than ${checkpoint.size}: the log has gone back, or the witness is wrong`,
        );
    }
    throw new Error('it says each time that it has cosigned another size');
  }

  async #ask({ size, note }: SignedCheckpoint): ReturnType<typeof askWitness> {
    const { dial, witness, store, now, timing } = this.#options;
    const oldSize = Math.min(this.#size, size);
    const proof = await readGrowth(store.reader, oldSize, size);
    const inTime = AbortSignal.timeout(timing.requestWithinMs);
    const signal = AbortSignal.any([inTime, this.#closing.signal]);
    return askWitness(dial, witness, {
      request: { oldSize, proof, checkpoint: note },
      signal,
      now,
    });
  }

  #rest(error: unknown): void {
    if (this.#isClosed) return;
    const { timing, onTrouble, onFree } = this.#options;
    const longest = Math.min(timing.longestPauseMs, timing.firstPauseMs * 2 ** this.#failures);
    this.#failures += 1;
    // Not all gateways of a witness that was out come back at one moment.
    const pauseMs = longest * (0.5 + Math.random() / 2);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      onFree();
    }, pauseMs);
    this.#pause.unref();
    onTrouble(causeOf(error));
  }
}

/** What `fetch` says of a connection that failed stands in its cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'it did not answer in time';
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
