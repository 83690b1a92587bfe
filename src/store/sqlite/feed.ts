import type { PreparedEntry } from '../../audit/entry.ts';
import { type AuditRecord, type ContentBytes, readRecord } from '../../audit/record.ts';
import type { Instant } from '../../domain/time.ts';
import type { Act, FollowedEntry, Settled } from '../store.ts';

type Listener = (entries: readonly FollowedEntry[]) => void;

/** Tells every listener of what has committed, in the order of the log. */
export class Feed {
  readonly #listeners = new Set<Listener>();

  follow(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `settled[n]` is the outcome of `acts[n]`; what was not recorded is nobody's news. */
  publish(acts: readonly Act[], settled: readonly Settled[]): void {
    const entries = acts.flatMap((act, at) => followedEntries(act, settled[at]));
    if (entries.length === 0) return;
    for (const listener of this.#listeners) listener(entries);
  }
}

function followedEntries(act: Act, settled: Settled | undefined): FollowedEntry[] {
  if (settled?.outcome !== 'recorded') return [];
  return act.entries.flatMap((entry, position) => {
    const index = settled.indexes[position];
    return index === undefined ? [] : [new JustCommitted(index, settled.at, entry)];
  });
}

/** An entry of this process: its record is read back only for a listener who looks at it. */
class JustCommitted implements FollowedEntry {
  readonly index: number;
  readonly at: Instant;
  readonly #entry: PreparedEntry;
  #record: AuditRecord | undefined;

  constructor(index: number, at: Instant, entry: PreparedEntry) {
    this.index = index;
    this.at = at;
    this.#entry = entry;
  }

  get record(): AuditRecord {
    const { content, publicPayload } = this.#entry;
    const bytes: ContentBytes = Object.fromEntries(
      Object.entries(content).map(([name, section]) => [name, section.bytes]),
    );
    this.#record ??= readRecord({ index: this.index, time: this.at, publicPayload }, bytes);
    return this.#record;
  }
}
