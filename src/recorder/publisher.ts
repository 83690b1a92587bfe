import type { Instant, Milliseconds } from '../domain/time.ts';
import type { TreeEdge } from '../store/rehash.ts';
import type { LogState, Reader, Store } from '../store/store.ts';
import { areEqualBytes } from '../tlog/bytes.ts';
import { CompactRange } from '../tlog/compact-range.ts';
import type { TreeHead } from '../tlog/consistency.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import type { SignerKey } from '../tlog/signer-key.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { sha256 } from './crypto.ts';
import { replaceFile } from './private-file.ts';
import { type SignedCheckpoint, signCheckpoint } from './signed-checkpoint.ts';
import { proveGrowth } from './tree-growth.ts';

/** What whoever runs the gateway has to hear of. */
export type PublisherReport =
  /** The stored log is not what was written. Nothing is signed any more. */
  | { readonly is: 'flawed'; readonly why: string }
  /** Signing did not succeed and is tried again; told once until it does. */
  | { readonly is: 'hindered'; readonly error: unknown }
  | { readonly is: 'free-again' };

export interface PublisherOptions {
  readonly store: Store;
  readonly key: SignerKey;
  readonly guardFile: string;
  readonly everyMs: Milliseconds;
  readonly now: () => Instant;
  readonly report: (report: PublisherReport) => void;
  /** The last checkpoint that was signed, held against the stored log already; `undefined` if none was. */
  readonly last: SignedCheckpoint | undefined;
}

/** Entries that are hashed anew in one go: other questions to the reader's thread wait that long. */
const CHUNK = 512;
/** How long closing waits for the last checkpoint. */
const CLOSE_WITHIN_MS: Milliseconds = 5000;
const EMPTY: TreeEdge = { size: 0, edge: new Uint8Array() };

/**
 * Signs the log. It believes nothing that the writer has in memory: whatever it signs for it has read
 * back and hashed itself, from the first entry on, in this process. Once it has found anything else than
 * what was written it never signs again.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #listeners = new Set<(checkpoint: SignedCheckpoint) => void>();
  /** The tree as this process has hashed it, whatever the writer says. */
  #hashed: TreeEdge = EMPTY;
  #guarded: SignedCheckpoint | undefined;
  #published: SignedCheckpoint | undefined;
  #flaw: string | undefined;
  #isHindered = false;
  /** One after the other: whoever asks gets one that began after he asked. */
  #running: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closeBy: Milliseconds = Infinity;
  #unfollow: (() => void) | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#guarded = options.last;
    this.#published = options.last;
  }

  /** What everybody may see of the log: this, and the entries and hashes it covers. */
  get published(): SignedCheckpoint | undefined {
    return this.#published;
  }

  /** Whom to believe about this log. */
  get verifier(): VerifierKey {
    return this.#options.key.verifier;
  }

  /** Whether the log is what was written, as far as it has been read back. */
  health(): { readonly able: true } | { readonly able: false; readonly why: string } {
    if (this.#flaw === undefined) return { able: true };
    return { able: false, why: `the stored log is not what was written: ${this.#flaw}` };
  }

  /** Calls `listener` with each checkpoint once it is signed, guarded and stored. Answers with the way to stop. */
  onPublished(listener: (checkpoint: SignedCheckpoint) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Signs what is there, and from now on whenever the log has grown. It does not wait. */
  start(): void {
    this.#unfollow = this.#options.store.follow(() => this.#arm());
    void this.publish();
  }

  /** Signs the log as it is now, unless it is signed already. It does not fail: what goes wrong is reported. */
  publish(): Promise<void> {
    this.#running = this.#running.then(() => this.#tryPublish());
    return this.#running;
  }

  /** Signs what is not signed yet, if it can be done in time, and stops. */
  async close(): Promise<void> {
    this.#unfollow?.();
    this.#closeBy = performance.now() + CLOSE_WITHIN_MS;
    await this.publish();
    clearTimeout(this.#timer);
  }

  #arm(): void {
    if (this.#flaw !== undefined || this.#closeBy !== Infinity) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.publish();
    }, this.#options.everyMs);
    this.#timer.unref();
  }

  async #tryPublish(): Promise<void> {
    if (this.#flaw !== undefined) return;
    try {
      await this.#publishOnce();
      if (this.#isHindered) this.#options.report({ is: 'free-again' });
      this.#isHindered = false;
    } catch (error) {
      this.#note(error);
    }
  }

  async #publishOnce(): Promise<void> {
    const { reader } = this.#options.store;
    const state = await reader.logState();
    if (state.size === 0) return;
    const head = await this.#hashUpTo(reader, state);
    if (this.#guarded !== undefined) await proveGrowth(reader, this.#guarded, head);
    if (this.#published?.size === head.size) return;
    await this.#sign(head);
  }

  /** Hashes everything anew that has been stored since the last time. Throws a LogFlawed where it is not what was written. */
  async #hashUpTo(reader: Reader, state: LogState): Promise<TreeHead> {
    while (this.#hashed.size < state.size) {
      if (performance.now() > this.#closeBy) throw new Error('the gateway stops before that');
      const count = Math.min(CHUNK, state.size - this.#hashed.size);
      const rehash = await reader.rehash(this.#hashed, count);
      if (rehash.outcome === 'flawed') throw new LogFlawed(rehash.why);
      if (rehash.tree.size !== this.#hashed.size + count)
        throw new LogFlawed(`entry ${rehash.tree.size}: it is missing`);
      this.#hashed = rehash.tree;
    }
    const { size, edge } = this.#hashed;
    const root = new CompactRange(sha256, size, edge).root();
    if (size !== state.size) throw new LogFlawed(`it has shrunk from ${size} to ${state.size}`);
    if (!areEqualBytes(root, state.rootHash))
      throw new LogFlawed('the edge of the tree is not that of its entries');
    return { size, root };
  }

  /** The guard comes first: what anybody has seen, a restored database has to answer for. */
  async #sign(head: TreeHead): Promise<void> {
    const { key, guardFile, store, now } = this.#options;
    const signed = signCheckpoint(key, { origin: key.verifier.name, ...head });
    await replaceFile(guardFile, signed.note);
    this.#guarded = signed;
    const { size, note } = signed;
    await store.keep({ do: 'keep-checkpoint', checkpoint: { size, note, publishedAt: now() } });
    this.#published = signed;
    for (const listener of this.#listeners) listener(signed);
  }

  #note(error: unknown): void {
    if (isFlaw(error)) {
      this.#flaw = error.message;
      this.#options.report({ is: 'flawed', why: this.#flaw });
      return;
    }
    if (!this.#isHindered) this.#options.report({ is: 'hindered', error });
    this.#isHindered = true;
    this.#arm();
  }
}

class LogFlawed extends Error {
  override readonly name = 'LogFlawed';
}

/** A RangeError says that stored bytes have a shape that no log writes. */
function isFlaw(error: unknown): error is Error {
  return error instanceof LogFlawed || error instanceof TlogRefused || error instanceof RangeError;
}
