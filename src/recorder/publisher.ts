import type { Instant, Milliseconds } from '../domain/time.ts';
import type { TreeEdge } from '../store/rehash.ts';
import type { LogState, Reader, Store } from '../store/store.ts';
import { areEqualBytes } from '../tlog/bytes.ts';
import type { TreeHead } from '../tlog/consistency.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import { replaceFile } from './private-file.ts';
import { isFlaw, LogFlawed, Reread } from './reread.ts';
import { type SignedCheckpoint, signCheckpoint } from './signed-checkpoint.ts';
import { type SigningKeys, signersAt } from './signing-keys.ts';
import { proveGrowth } from './tree-growth.ts';
import { type CheckProgress, WholeCheck } from './whole-check.ts';

/** What whoever runs the gateway has to hear of. */
export type PublisherReport =
  /** The stored log is not what was written. Nothing is signed any more. */
  | { readonly is: 'flawed'; readonly why: string }
  /** Signing did not succeed and is tried again; told once until it does. */
  | { readonly is: 'hindered'; readonly error: unknown }
  | { readonly is: 'free-again' }
  /** What had been signed before cannot be read back; it is tried again. */
  | { readonly is: 'unread'; readonly error: unknown }
  /** Everything that had been signed before this process has been read back, and is what was written. */
  | { readonly is: 'checked'; readonly entries: number };

/** What was signed last, held against the stored log already, and the edge of that tree. */
export interface LastSigned {
  readonly checkpoint: SignedCheckpoint;
  readonly tree: TreeEdge;
}

export interface PublisherOptions {
  readonly store: Store;
  readonly keys: SigningKeys;
  readonly guardFile: string;
  readonly everyMs: Milliseconds;
  readonly now: () => Instant;
  readonly report: (report: PublisherReport) => void;
  /** `undefined` if nothing was ever signed. */
  readonly last: LastSigned | undefined;
}

/** How long closing waits for the last checkpoint. */
const CLOSE_WITHIN_MS: Milliseconds = 5000;

/**
 * Signs the log. It believes nothing that the writer has in memory: what it signs for it has read back and
 * hashed itself, on from the last checkpoint, whose signed root commits to everything before. That too is
 * read back, from the first entry on, while it signs. Once it has found anything else than what was written
 * it never signs again.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #listeners = new Set<(checkpoint: SignedCheckpoint) => void>();
  readonly #reread: Reread;
  readonly #check: WholeCheck | undefined;
  #checking: Promise<void> | undefined;
  #keys: SigningKeys;
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
    const { last, store, keys } = options;
    this.#options = options;
    this.#keys = keys;
    this.#reread = new Reread(last?.tree);
    this.#check = last && new WholeCheck(store, last.checkpoint);
    this.#guarded = last?.checkpoint;
    this.#published = last?.checkpoint;
  }

  /** What everybody may see of the log: this, and the entries and hashes it covers. */
  get published(): SignedCheckpoint | undefined {
    return this.#published;
  }

  /** Whom to believe about this log: one key, or the old and the new one while both sign. */
  get verifiers(): readonly VerifierKey[] {
    return signersAt(this.#keys, this.#options.now()).map(({ verifier }) => verifier);
  }

  get keys(): SigningKeys {
    return this.#keys;
  }

  /** How far what had been signed before this process has been read back. */
  get progress(): CheckProgress {
    return this.#check?.progress ?? { checked: 0, of: 0 };
  }

  /** Signs with other keys from now on. The entry that says so has been recorded already. */
  takeKeys(keys: SigningKeys): void {
    this.#keys = keys;
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
    void this.checkWhole();
  }

  /** Reads back, once, all that had been signed before. It does not fail: what it finds is reported. */
  checkWhole(): Promise<void> {
    this.#checking ??= this.#tryCheck();
    return this.#checking;
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
    this.#check?.stop();
    await this.publish();
    await this.#checking;
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

  async #tryCheck(): Promise<void> {
    try {
      await this.#check?.run((error) => this.#options.report({ is: 'unread', error }));
      const { checked, of } = this.progress;
      if (of > 0 && checked === of) this.#options.report({ is: 'checked', entries: of });
    } catch (error) {
      this.#note(error);
    }
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
    const head = await this.#readUpTo(reader, state);
    if (this.#guarded !== undefined) await proveGrowth(reader, this.#guarded, head);
    if (this.#published?.size === head.size) return;
    if (this.#flaw === undefined) await this.#sign(head);
  }

  /** Reads back what has been stored since the last time. Throws LogFlawed where it is not what was written. */
  async #readUpTo(reader: Reader, state: LogState): Promise<TreeHead> {
    while (this.#reread.size < state.size) {
      if (performance.now() > this.#closeBy) throw new Error('the gateway stops before that');
      await this.#reread.advance(reader, state.size);
    }
    const { size } = this.#reread;
    const root = this.#reread.root();
    if (size !== state.size) throw new LogFlawed(`it has shrunk from ${size} to ${state.size}`);
    if (!areEqualBytes(root, state.rootHash))
      throw new LogFlawed('the edge of the tree is not that of its entries');
    return { size, root };
  }

  /** The guard comes first: what anybody has seen, a restored database has to answer for. */
  async #sign(head: TreeHead): Promise<void> {
    const { guardFile, store, now } = this.#options;
    const origin = this.#keys.current.verifier.name;
    const signed = signCheckpoint(signersAt(this.#keys, now()), { origin, ...head });
    await replaceFile(guardFile, signed.note);
    this.#guarded = signed;
    const { size, note } = signed;
    await store.keep({ do: 'keep-checkpoint', checkpoint: { size, note, publishedAt: now() } });
    this.#published = signed;
    for (const listener of this.#listeners) listener(signed);
  }

  #note(error: unknown): void {
    if (isFlaw(error)) {
      if (this.#flaw !== undefined) return;
      this.#flaw = error.message;
      this.#options.report({ is: 'flawed', why: this.#flaw });
      return;
    }
    if (!this.#isHindered) this.#options.report({ is: 'hindered', error });
    this.#isHindered = true;
    this.#arm();
  }
}
