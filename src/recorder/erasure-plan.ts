import type { Change } from '../domain/change.ts';
import type { Condition } from '../domain/condition.ts';
import { GATEWAY } from '../domain/event.ts';
import type { RetentionErased } from '../domain/log-event.ts';
import { type HoldBook, holdCovers } from '../domain/hold.ts';
import type { Instant } from '../domain/time.ts';
import { WIDEST_ERASURE } from '../store/erasures.ts';
import type { ExpiredContent } from '../store/expired-contents.ts';

/** What decides, beside an envelope, whether a content may go. */
export interface ErasureFacts {
  readonly at: Instant;
  readonly book: HoldBook;
  /** The version of the agreement that was accepted last: whoever accepted it need not do so again. */
  readonly newestAgreement: string | undefined;
}

/** The log waits for a batch as long as it takes to write it. */
const BATCH = 100;

/** The indexes that may go now, in batches: each becomes one erasure. */
export function planBatches(
  expired: readonly ExpiredContent[],
  facts: ErasureFacts,
): readonly (readonly number[])[] {
  const batches: number[][] = [];
  for (const { index } of expired.filter((one) => mayGo(one, facts))) {
    const batch = batches.at(-1);
    const first = batch?.[0] ?? index;
    const hasRoom = batch !== undefined && batch.length < BATCH;
    if (hasRoom && index - first < WIDEST_ERASURE) batch.push(index);
    else batches.push([index]);
  }
  return batches;
}

function mayGo(content: ExpiredContent, { at, book, newestAgreement }: ErasureFacts): boolean {
  const isNeeded = content.agreement !== undefined && content.agreement === newestAgreement;
  return !isNeeded && !book.holds.some((hold) => holdCovers(hold, content, at));
}

/** The act that erases these contents and says so; refused if a hold was touched, or one of them is gone already. */
export function eraseBatch(
  indexes: readonly number[],
  policy: string,
  { version }: HoldBook,
): { event: RetentionErased; changes: readonly Change[]; conditions: readonly Condition[] } {
  return {
    event: {
      event: 'retention.erased',
      actor: GATEWAY,
      policy,
      from: Math.min(...indexes),
      to: Math.max(...indexes) + 1,
      count: indexes.length,
    },
    changes: [{ erase: 'contents', entry: 0, indexes }],
    conditions: [
      { that: 'holds-unchanged', version },
      { that: 'contents-kept', indexes },
    ],
  };
}
