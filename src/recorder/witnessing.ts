import type { Instant, Milliseconds } from '../domain/time.ts';
import type { Store, StoredCosignature } from '../store/store.ts';
import { parseSignatures } from '../tlog/note-form.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import type { Quorum } from '../tlog/quorum.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { verifyCheckpoint } from '../tlog/verify-checkpoint.ts';
import { CosignedCheckpoints, type WitnessedCheckpoint } from './cosigned-checkpoints.ts';
import { verifyEd25519 } from './crypto.ts';
import type { Publisher } from './publisher.ts';
import type { SignedCheckpoint } from './signed-checkpoint.ts';
import { UnwitnessedWatch } from './unwitnessed-watch.ts';
import type { AskedWitness, WitnessDial } from './witness-exchange.ts';
import { WitnessLink, type WitnessTiming } from './witness-link.ts';

/** What whoever runs the gateway has to hear of. Each is told once, until it changes. */
export type WitnessingReport =
  /** A witness does not cosign; it is asked again. */
  | { readonly is: 'troubled'; readonly witness: string; readonly why: string }
  | { readonly is: 'free-again'; readonly witness: string }
  /** The quorum has not been reached for anything new for `warnAfterMs`. */
  | { readonly is: 'unwitnessed'; readonly size: number; readonly witnessed: number }
  | { readonly is: 'witnessed-again'; readonly size: number }
  /** A cosignature is shown, and will not survive a restart. */
  | { readonly is: 'not-kept'; readonly error: unknown };

export interface WitnessingOptions {
  readonly store: Store;
  readonly publisher: Publisher;
  readonly witnesses: readonly AskedWitness[];
  readonly quorum: Quorum;
  readonly dial: WitnessDial;
  readonly now: () => Instant;
  readonly report: (report: WitnessingReport) => void;
  readonly timing?: Partial<WitnessingTiming>;
}

export interface WitnessingTiming extends WitnessTiming {
  /** How long nothing new may go without its quorum before that is reported. */
  readonly warnAfterMs: Milliseconds;
}

const TIMING: WitnessingTiming = {
  requestWithinMs: 5000,
  firstPauseMs: 1000,
  longestPauseMs: 60_000,
  warnAfterMs: 60_000,
};
/** How long closing waits for answers that are under way. */
const CLOSE_WITHIN_MS: Milliseconds = 1000;
/** Rows that are read back at a start: the last checkpoints, and the last that had its quorum. */
const MAX_READ_BACK = 1000;

/**
 * Has what the publisher signs cosigned by the witnesses (C2SP tlog-witness). It only follows: signing and
 * recording never wait for it. All witnesses are asked for the same checkpoint, the newest; the next is
 * taken once the quorum is reached, or nobody is left whose answer may be waited for. Otherwise those who
 * are slow might each cosign others, and never reach a quorum together.
 */
export class Witnessing {
  readonly #options: WitnessingOptions;
  readonly #cosigned: CosignedCheckpoints;
  readonly #links: readonly WitnessLink[];
  readonly #watch: UnwitnessedWatch;
  readonly #unfollow: () => void;
  /** What everybody is asked for. */
  #asked: SignedCheckpoint | undefined;

  private constructor(options: WitnessingOptions, readBack: readonly StoredCosignature[]) {
    const timing = { ...TIMING, ...options.timing };
    this.#options = options;
    const keys = options.witnesses.map(({ key }) => key);
    this.#cosigned = new CosignedCheckpoints(keys, options.quorum);
    const sizes = this.#readBack(readBack);
    this.#links = options.witnesses.map((witness) =>
      this.#link(witness, sizes.get(witness.key) ?? 0, timing),
    );
    this.#watch = new UnwitnessedWatch(timing.warnAfterMs, options.report);
    this.#unfollow = options.publisher.onPublished(() => this.#goOn());
  }

  /** Reads back what was cosigned before, and asks for what has not been. */
  static async start(options: WitnessingOptions): Promise<Witnessing> {
    const readBack = await options.store.reader.latestCosignatures(MAX_READ_BACK);
    const witnessing = new Witnessing(options, readBack);
    witnessing.#goOn();
    return witnessing;
  }

  /** The newest checkpoint that the quorum has cosigned. */
  get witnessed(): WitnessedCheckpoint | undefined {
    return this.#cosigned.witnessed;
  }

  /** The size that each witness has cosigned last, by the name of its key. */
  sizes(): readonly { readonly witness: string; readonly size: number }[] {
    return this.#links.map(({ witness, size }) => ({ witness: witness.key.name, size }));
  }

  /** The note with the cosignatures it has so far; the note itself if it has none. */
  noteOf(checkpoint: SignedCheckpoint): Uint8Array {
    return this.#cosigned.noteOf(checkpoint);
  }

  /** Lets answers that are under way come in, if they come soon, and stops. */
  async close(): Promise<void> {
    this.#unfollow();
    this.#watch.close();
    await Promise.all(this.#links.map((link) => link.close(CLOSE_WITHIN_MS)));
  }

  #link(witness: AskedWitness, size: number, timing: WitnessTiming): WitnessLink {
    const { store, dial, now, report } = this.#options;
    const { name } = witness.key;
    let told: string | undefined;
    return new WitnessLink({
      witness,
      size,
      store,
      dial,
      now,
      timing,
      onCosigned: (at, line) => this.#take(at, line),
      onTrouble: (why) => {
        if (why === told) return;
        told = why;
        report(
          why === undefined
            ? { is: 'free-again', witness: name }
            : { is: 'troubled', witness: name, why },
        );
      },
      onFree: () => this.#goOn(),
    });
  }

  /** Takes the next checkpoint if the last is done with, and has everybody who is free asked for it. */
  #goOn(): void {
    const newest = this.#options.publisher.published;
    if (newest === undefined) return;
    this.#watch.see(newest.size, this.witnessed?.size ?? 0);
    if (this.#isDoneWith(this.#asked)) {
      this.#asked = newest;
      this.#cosigned.begin(newest);
    }
    for (const link of this.#links) if (this.#asked !== undefined) link.ask(this.#asked);
  }

  #isDoneWith(asked: SignedCheckpoint | undefined): boolean {
    if (asked === undefined || (this.witnessed?.size ?? 0) >= asked.size) return true;
    return !this.#links.some((link) => link.isAwaited);
  }

  #take(size: number, line: string): void {
    const { store, report } = this.#options;
    this.#cosigned.add(size, line);
    store
      .keep({ do: 'keep-cosignature', size, line })
      .catch((error: unknown) => report({ is: 'not-kept', error }));
  }

  /** What stands in the database is believed no more than what comes from elsewhere. */
  #readBack(rows: readonly StoredCosignature[]): ReadonlyMap<VerifierKey, number> {
    const sizes = new Map<VerifierKey, number>();
    for (const { size, note, line } of rows.toReversed()) {
      try {
        this.#cosigned.begin(this.#openOwn(note));
        this.#cosigned.add(size, line);
        for (const key of this.#signersOf(line)) sizes.set(key, size);
      } catch (error) {
        if (!(error instanceof TlogRefused)) throw error;
      }
    }
    return sizes;
  }

  #openOwn(note: Uint8Array): SignedCheckpoint {
    const { verifiers: logKeys } = this.#options.publisher;
    const trust = { origin: logKeys[0]?.name ?? '', logKeys };
    return { ...verifyCheckpoint(verifyEd25519, trust, note), note };
  }

  #signersOf(line: string): VerifierKey[] {
    const keys = this.#options.witnesses.map(({ key }) => key);
    return parseSignatures(line).flatMap(({ name, id }) =>
      keys.filter((key) => key.name === name && key.id === id),
    );
  }
}
