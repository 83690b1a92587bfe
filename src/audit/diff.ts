import { areEqualBytes } from '../tlog/bytes.ts';
import type { Checkpoint } from '../tlog/checkpoint.ts';
import { type Consistency, type TreeHead, verifyConsistency } from '../tlog/consistency.ts';
import type { Sha256 } from '../tlog/hash.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';

/** Which of the signed checkpoints: the two that were asked about, or that of the log they are held against. */
export type Party = 'first' | 'second' | 'source';

/** How a log that is at hand looked at an earlier size, and what shows that it has grown from there. */
export interface Past {
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** A log to hold checkpoints against. Its own checkpoint has to be verified like the others. */
export interface SourceTree {
  readonly tip: Checkpoint;
  /** By size, as far as the log can tell. */
  readonly past: ReadonlyMap<number, Past>;
}

/** What two checkpoints of one log say of it together. */
export type DiffJudgement =
  | { readonly outcome: 'identical' | 'consistent'; readonly detail: string }
  /** What is missing to decide. */
  | { readonly outcome: 'undecided'; readonly detail: string }
  | Conflict;

/** The log has signed two histories: whoever has its key can see that from these two alone. */
export interface Conflict {
  readonly outcome: 'conflict';
  readonly detail: string;
  readonly between: readonly [Party, Party];
  /** Where the sizes differ: what the later one's tree was at the size of the earlier one. */
  readonly growth?: Consistency | undefined;
}

/**
 * Judges two checkpoints that the same log has signed, with a consistency proof or with a whole log at
 * hand. A proof that fails says nothing about the log: only two signatures that cannot both be true do.
 */
export function judgeDiff(
  sha256: Sha256,
  pair: { readonly first: Checkpoint; readonly second: Checkpoint },
  hand: {
    readonly proof?: readonly Uint8Array[] | undefined;
    readonly source?: SourceTree | undefined;
  } = {},
): DiffJudgement {
  const { older, newer } = inOrder(pair);
  if (older.size === newer.size) return judgeSameSize(older, newer);
  if (older.size === 0) return judgeEmpty(sha256, older);
  const { proof, source } = hand;
  if (proof !== undefined && isGrowth(sha256, { from: older, to: newer, proof }))
    return {
      outcome: 'consistent',
      detail: `the proof shows that ${newer.size} entries begin with the ${older.size}`,
    };
  const judgement = source === undefined ? undefined : judgeBySource(sha256, pair, source);
  return judgement ?? { outcome: 'undecided', detail: whatIsMissing(proof !== undefined) };
}

function inOrder({ first, second }: { first: Checkpoint; second: Checkpoint }) {
  return first.size <= second.size
    ? { older: first, newer: second }
    : { older: second, newer: first };
}

function judgeSameSize(one: TreeHead, other: TreeHead): DiffJudgement {
  if (areEqualBytes(one.root, other.root))
    return { outcome: 'identical', detail: `both are of the same ${one.size} entries` };
  return {
    outcome: 'conflict',
    detail: `two roots were signed for size ${one.size}`,
    between: ['first', 'second'],
  };
}

function judgeEmpty(sha256: Sha256, { root }: TreeHead): DiffJudgement {
  if (areEqualBytes(root, sha256(new Uint8Array())))
    return { outcome: 'consistent', detail: 'every log begins with no entries' };
  return {
    outcome: 'conflict',
    detail: 'a root was signed for size 0 that no log can have',
    between: ['first', 'second'],
  };
}

function whatIsMissing(hasProof: boolean): string {
  return hasProof
    ? 'the proof does not show that one grew from the other; that says nothing about the log'
    : 'a proof that one grew from the other, or the log itself, is missing';
}

type Standing = 'contained' | { readonly missing: string } | Conflict;

function judgeBySource(
  sha256: Sha256,
  { first, second }: { first: Checkpoint; second: Checkpoint },
  source: SourceTree,
): DiffJudgement {
  const standings = [
    judgeStanding(sha256, 'first', first, source),
    judgeStanding(sha256, 'second', second, source),
  ];
  const missing: string[] = [];
  for (const standing of standings) {
    if (standing === 'contained') continue;
    if ('outcome' in standing) return standing;
    missing.push(standing.missing);
  }
  if (missing.length > 0) return { outcome: 'undecided', detail: missing.join('; ') };
  return {
    outcome: 'consistent',
    detail: `the log's ${source.tip.size} entries begin with the ${first.size} and with the ${second.size}`,
  };
}

/** Whether the log at hand contains a checkpoint. */
function judgeStanding(
  sha256: Sha256,
  party: Party,
  head: TreeHead,
  { tip, past }: SourceTree,
): Standing {
  if (head.size > tip.size)
    return { missing: `the log at hand has ${tip.size} entries, not ${head.size}` };
  const then = head.size === tip.size ? { root: tip.root, proof: [] } : past.get(head.size);
  const missing = { missing: `the log at hand does not prove how it was at size ${head.size}` };
  if (then === undefined) return missing;
  const growth = { from: { size: head.size, root: then.root }, to: tip, proof: then.proof };
  if (!isGrowth(sha256, growth)) return missing;
  if (areEqualBytes(then.root, head.root)) return 'contained';
  const detail =
    head.size === tip.size
      ? `the ${party} and the log at hand have two roots for size ${head.size}`
      : `the log at hand, of ${tip.size} entries, had another root at size ${head.size} than the ${party} says`;
  return { outcome: 'conflict', detail, between: [party, 'source'], growth };
}

function isGrowth(sha256: Sha256, growth: Consistency): boolean {
  try {
    verifyConsistency(sha256, growth);
    return true;
  } catch (error) {
    if (error instanceof TlogRefused) return false;
    throw error;
  }
}
