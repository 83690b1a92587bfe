import type { SectionName } from '../audit/content.ts';
import { decodeEnvelope } from '../audit/envelope.ts';
import type { WithheldReason } from '../audit/bundle-format.ts';
import type { AccountId } from '../domain/ids.ts';
import { searchPages } from '../recorder/search-pages.ts';
import type { SignedCheckpoint } from '../recorder/signed-checkpoint.ts';
import type { Reader, StoredCheckpoint } from '../store/store.ts';
import type { WholeEntry } from '../store/whole-entry.ts';
import { eachOf, type EntryPage, recordOf } from './entry-pages.ts';
import { numberAt, textAt } from './record-fields.ts';

/** Which sections of an entry's content its reader sees, or why none. */
export type View = ((name: SectionName) => boolean) | WithheldReason;

/** Contents of entries from `from` up to but not including `to` may have been erased at `at`. */
export interface Erasure {
  readonly from: number;
  readonly to: number;
  readonly at: number;
}

/** A tag key as a bundle hands it over. */
export interface SharedTagKey {
  readonly whose: 'account' | 'actor';
  readonly name: string;
  readonly key: Uint8Array;
  /** How many of its tags there are below the bundle's size. */
  readonly next?: number | undefined;
}

/** What goes into a bundle, as its shape has it. Everything that is long is read while it is written. */
export interface BundleBody {
  readonly range: { readonly from: number; readonly to: number };
  /** Every entry that is in it, in the order of the log. */
  readonly all: () => AsyncIterable<EntryPage>;
  /** Those of them that are outside the range; it may name others too. */
  readonly selected: () => AsyncIterable<EntryPage>;
  readonly ahead: Ahead;
  readonly viewOf: (whole: WholeEntry, kind: number) => View;
  /** Asked for after all contents have been written. */
  readonly tagKeys: () => AsyncIterable<readonly SharedTagKey[]>;
}

export interface BundlePlan extends BundleBody {
  readonly checkpoint: SignedCheckpoint;
  /** An earlier checkpoint that was asked for. */
  readonly since: StoredCheckpoint | undefined;
  /** What was asked, as the query string of the request. */
  readonly query: string;
}

/** Entries that say what became of contents long before them. */
export interface Ahead {
  readonly indexes: readonly number[];
  readonly erasures: readonly Erasure[];
}

const AHEAD_EVENTS = ['retention.erased', 'hold.placed', 'hold.lifted'] as const;

/** Erasures and holds below `size`; those holds that concern an account, if one is given. */
export async function findAhead(
  reader: () => Reader,
  size: number,
  account?: AccountId,
): Promise<Ahead> {
  const indexes: number[] = [];
  const erasures: Erasure[] = [];
  for (const event of AHEAD_EVENTS) {
    const wish = { event, order: 'asc', below: size } as const;
    const pages = searchPages((query) => reader().wholeFound(query), wish);
    for await (const whole of eachOf(pages)) {
      if (!concerns(whole, account)) continue;
      indexes.push(whole.index);
      if (event === 'retention.erased') erasures.push(erasureOf(whole));
    }
  }
  return { indexes: indexes.toSorted((one, other) => one - other), erasures };
}

function concerns(whole: WholeEntry, account: AccountId | undefined): boolean {
  if (account === undefined) return true;
  const record = recordOf(whole);
  const whose = textAt(record, 'account');
  return record.event !== 'erased' && (whose === undefined || whose === account);
}

function erasureOf(whole: WholeEntry): Erasure {
  const record = recordOf(whole);
  return {
    from: numberAt(record, 'from') ?? 0,
    to: numberAt(record, 'to') ?? 0,
    at: decodeEnvelope(whole.entry).time,
  };
}

/** Ascending, each once, and below `size`. */
export function inOrder(indexes: Iterable<number>, size: number): number[] {
  return [...new Set(indexes)].filter((index) => index < size).toSorted((a, b) => a - b);
}

/** The tag keys of all accounts and people, without their counters: those go on while a bundle is written. */
export async function* allTagKeys(
  reader: () => Reader,
): AsyncGenerator<readonly SharedTagKey[], void, void> {
  let last: SharedTagKey | undefined;
  do {
    const rows = await reader().tagKeys(last);
    yield rows.map(({ whose, name, key }) => ({ whose, name, key }));
    last = rows.at(-1);
  } while (last !== undefined);
}
