import type { DisclosedContent } from './disclosed.ts';

/**
 * A log, or a part of it, as somebody hands it to a verifier together with what proves it. A bundle, a
 * store file and a published log are all read into this. Nothing in it is believed before it was checked,
 * and whatever is missing makes a verdict worse, never better.
 */
export interface VerifiableLog {
  /** The signed note that everything is held against. */
  readonly checkpoint: Uint8Array;
  /** The entries that are there one after the other: from `from` up to but not including `to`; `0, 0` for none. */
  readonly range: { readonly from: number; readonly to: number };
  /** The right edge of the first `range.from` leaves, as `CompactRange` takes it. */
  readonly before: Uint8Array;
  /** The roots of the largest perfect subtrees that the leaves from `range.to` to the end are made of, in their order. */
  readonly after: readonly Uint8Array[];
  /** Keys that find the entries of an account or a person, as far as the reader may have them. */
  readonly tagKeys: readonly TagKey[];
  /** Entries of kinds 19 and 20 ahead of their place: what became of contents is said long after them. */
  readonly ahead: readonly LogItem[];
  /** The hashes that show the tree of `size` leaves to be the beginning of the checkpoint's; `undefined` if they are not at hand. */
  proveGrowth(size: number): Promise<readonly Uint8Array[] | undefined>;
  /** Entries in the order of the log, each once: those outside the range with a proof of their own. */
  items(): AsyncIterable<readonly LogItem[]>;
}

export interface LogItem {
  readonly index: number;
  readonly entry: Uint8Array;
  /** Absent: public entries have none, it was erased, or it was not given. */
  readonly content: DisclosedContent | undefined;
  /** Why a content was not given, in the words of who did not: `not-yours`, `sealed`, `not-asked`. */
  readonly withheld?: string | undefined;
  /** The inclusion proof of an entry outside the range. */
  readonly proof?: readonly Uint8Array[] | undefined;
}

export interface TagKey {
  readonly whose: 'account' | 'actor';
  readonly name: string;
  readonly key: Uint8Array;
  /** The number of tags that were given out, as the one who hands it over says. */
  readonly next?: number | undefined;
}
