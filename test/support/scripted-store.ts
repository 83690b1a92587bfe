import type { InstanceId } from '../../src/domain/ids.ts';
import type {
  Act,
  Committed,
  FollowedEntry,
  Reader,
  Redemption,
  Settled,
  Store,
} from '../../src/store/store.ts';

/** A store that keeps nothing and answers each commit as it was told to: what no engine does on demand. */
export class ScriptedStore implements Store {
  readonly instance = 'scripted' as InstanceId;
  readonly committed: Act[] = [];
  readonly #answers: Committed[] = [];
  readonly #listeners = new Set<(entries: readonly FollowedEntry[]) => void>();
  #size = 0;

  get reader(): Reader {
    throw new Error('there is nothing to read');
  }

  /** The next commits are answered so; after that everything is recorded. */
  answer(...committed: readonly Committed[]): void {
    this.#answers.push(...committed);
  }

  commit(act: Act): Promise<Committed> {
    this.committed.push(act);
    return Promise.resolve(this.#answers.shift() ?? this.recorded());
  }

  recorded(): Extract<Settled, { outcome: 'recorded' }> {
    this.#size += 1;
    return { outcome: 'recorded', indexes: [this.#size - 1], at: 1 };
  }

  keep(): Promise<void> {
    return Promise.reject(new Error('the script does not say'));
  }

  purge(): Promise<never> {
    return Promise.reject(new Error('the script does not say'));
  }

  redeem(): Promise<Redemption> {
    return Promise.reject(new Error('the script does not say'));
  }

  follow(listener: (entries: readonly FollowedEntry[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(entries: readonly FollowedEntry[]): void {
    for (const listener of this.#listeners) listener(entries);
  }

  health(): { able: true } {
    return { able: true };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
