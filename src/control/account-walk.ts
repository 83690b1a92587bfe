import { decodeEnvelope, tagOf } from '../audit/envelope.ts';
import type { AccountId } from '../domain/ids.ts';
import { sha256 } from '../recorder/crypto.ts';
import { searchPages } from '../recorder/search-pages.ts';
import type { Reader } from '../store/store.ts';
import type { WholeEntry } from '../store/whole-entry.ts';
import { areEqualBytes } from '../tlog/bytes.ts';
import { type EntryPage, PAGE, pagesAt } from './entry-pages.ts';

/**
 * Every entry of an account below a size of the log, from the first on. The search index finds most of them;
 * their tags, which count, say whether it missed some, and those are looked for in the entries themselves: so
 * also what was erased is found.
 */
export class AccountWalk {
  readonly #reader: () => Reader;
  readonly #account: AccountId;
  readonly #key: Uint8Array;
  readonly #size: number;
  #count: number | undefined;

  constructor(
    reader: () => Reader,
    of: { readonly account: AccountId; readonly key: Uint8Array; readonly size: number },
  ) {
    this.#reader = reader;
    this.#account = of.account;
    this.#key = of.key;
    this.#size = of.size;
  }

  /** How many there are; known once they have been walked through. */
  get count(): number {
    if (this.#count === undefined) throw new Error('the entries have not been counted yet');
    return this.#count;
  }

  async *pages(): AsyncGenerator<EntryPage, void, void> {
    const place = { at: 0, n: 0 };
    const wish = {
      account: this.#account,
      order: 'asc',
      below: this.#size,
      pageSize: PAGE,
    } as const;
    for await (const found of searchPages((query) => this.#reader().wholeFound(query), wish))
      yield* this.#inOrder(found, place);
    if (!(await this.#goesOnBehind(place.n))) yield* this.#lookThrough(place, this.#size);
    this.#count = place.n;
  }

  async *#inOrder(found: EntryPage, place: { at: number; n: number }): AsyncGenerator<EntryPage> {
    let ready: WholeEntry[] = [];
    for (const whole of found) {
      if (!this.#hasTag(whole, place.n)) {
        yield ready;
        ready = [];
        yield* this.#lookThrough(place, whole.index);
      }
      if (this.#hasTag(whole, place.n)) place.n += 1;
      ready.push(whole);
      place.at = whole.index + 1;
    }
    yield ready;
  }

  async *#lookThrough(place: { at: number; n: number }, to: number): AsyncGenerator<EntryPage> {
    while (place.at < to) {
      const search = { key: this.#key, next: place.n, from: place.at, to };
      const { indexes, next, upTo } = await this.#reader().entriesTagged(search);
      yield* pagesAt(this.#reader, indexes);
      place.n = next;
      place.at = upTo;
    }
  }

  /** Whether the first entry of the account from the size on carries the n-th tag: then none before it is missing. */
  async #goesOnBehind(n: number): Promise<boolean> {
    const account = this.#account;
    const query = { account, order: 'asc', after: this.#size - 1, limit: 1 } as const;
    const [next] = await this.#reader().wholeFound(query);
    return next !== undefined && this.#hasTag(next, n);
  }

  #hasTag({ entry }: WholeEntry, n: number): boolean {
    return areEqualBytes(decodeEnvelope(entry).accountTag, tagOf(sha256, 'account', this.#key, n));
  }
}
