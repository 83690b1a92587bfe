import type { Instant } from '../domain/time.ts';

/** A content that may be erased as far as its envelope says; with what may still keep it. */
export interface ExpiredContent {
  readonly index: number;
  /** When its entry was written. */
  readonly at: Instant;
  readonly account: string | undefined;
  /** The version of the agreement, if it is the acceptance of one. */
  readonly agreement: string | undefined;
}

/** What was found among the contents that were looked at. */
export interface ExpiredWindow {
  readonly expired: readonly ExpiredContent[];
  /** Where to go on, and when the last entry looked at was written; `undefined` at the end of the log. */
  readonly next: { readonly from: number; readonly writtenAt: Instant } | undefined;
}
