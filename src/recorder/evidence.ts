import { Problem } from '../domain/problem.ts';
import type { Milliseconds } from '../domain/time.ts';
import type { Store, StoredCheckpoint } from '../store/store.ts';
import { PublishedLog } from './published-log.ts';
import { Prover } from './prover.ts';
import type { Publisher } from './publisher.ts';
import type { SignedCheckpoint } from './signed-checkpoint.ts';

/** Checkpoints are signed every second, unless configured otherwise. */
const WAIT_MS: Milliseconds = 3000;

/** What receipts and bundles prove their entries with. */
export class Evidence {
  readonly #store: Pick<Store, 'reader'>;
  readonly #publisher: Publisher;
  readonly #log: PublishedLog;

  constructor(store: Store, publisher: Publisher) {
    this.#store = store;
    this.#publisher = publisher;
    this.#log = new PublishedLog(store, publisher);
  }

  /** The keys to verify the log with, one a line. */
  verifierKeys(): string[] {
    return this.#log.verifierKeys().trimEnd().split('\n');
  }

  /**
   * The last checkpoint that covers the entry at `index`; one that has just been recorded is waited for.
   * Throws `log-unavailable` if it is not signed in time.
   */
  async checkpointOver(index = 0, withinMs = WAIT_MS): Promise<SignedCheckpoint> {
    const last = this.#publisher.published;
    if (last !== undefined && last.size > index) return last;
    const { promise, resolve, reject } = Promise.withResolvers<SignedCheckpoint>();
    const unfollow = this.#publisher.onPublished((checkpoint) => {
      if (checkpoint.size > index) resolve(checkpoint);
    });
    const timer = setTimeout(() => reject(notPublished()), withinMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      unfollow();
    }
  }

  /** The largest checkpoint of at most this size that was ever signed. */
  earlierCheckpoint(size: number): Promise<StoredCheckpoint | undefined> {
    return this.#store.reader.checkpointUpTo(size);
  }

  /** Makes proofs against a checkpoint of this size. */
  proverOf({ size }: SignedCheckpoint): Prover {
    return new Prover(() => this.#store.reader, size);
  }
}

function notPublished(): Problem {
  return new Problem(
    'log-unavailable',
    'This part of the log has not been signed yet. Try again in a moment.',
  );
}
