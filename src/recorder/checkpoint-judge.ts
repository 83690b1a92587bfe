import type { Instant } from '../domain/time.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import type { KeyChange } from './key-chain.ts';
import { openCheckpoint, type SignedCheckpoint } from './signed-checkpoint.ts';

/** The keys of a log in their order: the first, and the changes that lead on from it. */
export interface KeyHistory {
  readonly origin: string;
  readonly first: VerifierKey;
  readonly chain: readonly KeyChange[];
}

/**
 * Reads a checkpoint that the keys in force at its size must have signed: the newest, and until the end of an
 * overlap the one before too. `at` is when it was signed, if that is known. Throws a TlogRefused.
 */
export function judgeCheckpoint(
  history: KeyHistory,
  { size, note, at }: { readonly size: number; readonly note: Uint8Array; readonly at?: Instant },
): SignedCheckpoint {
  const { origin, first, chain } = history;
  const change = chain.findLast(({ index }) => index < size);
  const checkpoint = openCheckpoint(origin, [change?.key ?? first], note);
  if (change !== undefined && at !== undefined && at < change.overlapUntil)
    openCheckpoint(origin, [change.previousKey], note);
  if (checkpoint.size !== size)
    throw new TlogRefused('checkpoint-malformed', 'it is of another size');
  return checkpoint;
}
