import { Problem } from '../domain/problem.ts';
import type { Milliseconds } from '../domain/time.ts';
import type { AuditRecord } from '../audit/record.ts';
import type { FollowedEntry, SearchRow, Store } from '../store/store.ts';

const MAX_ROWS = 500;

/**
 * Keeps the search index behind the log: what `/records` filters on never slows an append down.
 * Each run writes what was recorded since the last, so a fault only makes it late.
 */
export class SearchFollower {
  readonly #store: Store;
  readonly #waiting = new Set<() => void>();
  #upTo = 0;
  #wanted = 0;
  #running: Promise<void> | undefined;
  #unfollow: (() => void) | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  async start(): Promise<void> {
    this.#upTo = await this.#store.reader.searchedUpTo();
    this.#wanted = (await this.#store.reader.logState()).size;
    this.#unfollow = this.#store.follow((entries) => this.#note(entries));
    this.#run();
    await this.#running;
  }

  /** Resolves when every entry below `size` can be found. Throws `log-unavailable` after the deadline. */
  async reach(size: number, deadlineMs: Milliseconds): Promise<void> {
    if (this.#upTo >= size) return;
    this.#wanted = Math.max(this.#wanted, size);
    this.#run();
    const reached = Promise.withResolvers<void>();
    const check = (): void => {
      if (this.#upTo >= size) reached.resolve();
    };
    this.#waiting.add(check);
    const timer = setTimeout(
      () =>
        reached.reject(
          new Problem('log-unavailable', 'The search index has not caught up with the log yet.'),
        ),
      deadlineMs,
    );
    try {
      await reached.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(check);
    }
  }

  async stop(): Promise<void> {
    this.#unfollow?.();
    await this.#running;
  }

  #note(entries: readonly FollowedEntry[]): void {
    this.#wanted = Math.max(this.#wanted, (entries.at(-1)?.index ?? 0) + 1);
    this.#run();
  }

  #run(): void {
    if (this.#running !== undefined || this.#upTo >= this.#wanted) return;
    this.#running = this.#catchUp().then(
      () => this.#stopped(true),
      // The writer is broken: the next entry, or the next question, tries again.
      () => this.#stopped(false),
    );
  }

  #stopped(isCaughtUp: boolean): void {
    this.#running = undefined;
    if (isCaughtUp) this.#run();
  }

  async #catchUp(): Promise<void> {
    while (this.#upTo < this.#wanted) {
      const entries = await this.#store.reader.recordsFrom(this.#upTo, MAX_ROWS);
      if (entries.length === 0) throw new Error(`entry ${this.#upTo} cannot be read yet`);
      await this.#store.keep({
        do: 'index-records',
        from: this.#upTo,
        rows: entries.map(searchRow),
      });
      this.#upTo = await this.#store.reader.searchedUpTo();
      for (const check of this.#waiting) check();
    }
  }
}

function searchRow({ index, at, record }: FollowedEntry): SearchRow {
  return {
    index,
    at,
    event: record.event,
    account: text(record, 'account'),
    actor: text(record, 'actor', 'subject'),
    actorEmail: text(record, 'actor', 'email')?.toLowerCase() ?? null,
    basisKind: text(record, 'basis', 'kind'),
    basisId: text(record, 'basis', 'id'),
    visit: text(record, 'visit'),
    method: text(record, 'request', 'method'),
    path: text(record, 'request', 'path'),
    status: typeof record['status'] === 'number' ? record['status'] : null,
  };
}

function text(record: AuditRecord, ...path: string[]): string | null {
  let value: unknown = record;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return null;
    value = Reflect.get(value, key);
  }
  return typeof value === 'string' ? value : null;
}
