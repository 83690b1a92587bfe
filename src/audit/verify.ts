import { formatInstant } from '../domain/time.ts';
import type { VerifiedCheckpoint } from '../tlog/verify-checkpoint.ts';
import { judgeConsistency, openEarlier } from './verify/consistency.ts';
import type { VerifyOptions } from './verify/options.ts';
import { openSigned, type Signed } from './verify/signed.ts';
import { exitCodeOf, Findings, type Verdict, type VerdictName } from './verify/verdict.ts';
import { StoryWalk, type StoryWalked } from './verify/story-walk.ts';
import { TreeWalk, type TreeWalked } from './verify/tree-walk.ts';
import { judgeWitnesses } from './verify/witnesses.ts';
import type { LogItem, VerifiableLog } from './verifiable-log.ts';

export type { VerifyCrypto, VerifyOptions } from './verify/options.ts';
export type { StoryWalked } from './verify/story-walk.ts';
export type { Outcome, Verdict, VerdictName } from './verify/verdict.ts';

export interface VerifyReport {
  /** One for each name, in a fixed order. */
  readonly verdicts: readonly Verdict[];
  /** 0 verified, 1 cannot decide, 2 not verified, 3 evidence of misbehaviour. */
  readonly exitCode: 0 | 1 | 2 | 3;
  /** What everything was held against; `undefined` if the log has not signed it. */
  readonly checkpoint: VerifiedCheckpoint | undefined;
}

/**
 * Verifies a log, or a part of it, from its entries alone: what it gives are six verdicts, each on its own.
 * It does not throw for anything the log says or lacks; what reading it throws goes through.
 */
export async function verifyLog(log: VerifiableLog, options: VerifyOptions): Promise<VerifyReport> {
  const signed = openSigned(options, log.checkpoint);
  if (!('checkpoint' in signed)) return unsigned(signed.why);
  const walks = beginWalks(log, options, signed);
  await walkAlong(log, options, [walks.tree, walks.story]);
  return conclude(log, options, { tree: walks.tree.finish(), story: walks.story.finish() });
}

/** The half of it that hashes entries into the tree: for somebody with a second core. `undefined` where nothing is signed. */
export async function walkTree(
  log: VerifiableLog,
  options: VerifyOptions,
): Promise<TreeWalked | undefined> {
  const signed = openSigned(options, log.checkpoint);
  if (!('checkpoint' in signed)) return undefined;
  const { tree } = beginWalks(log, options, signed);
  await walkAlong(log, options, [tree]);
  return tree.finish();
}

/** The other half, which reads what the entries say. It must be given the same log. */
export async function walkStory(
  log: VerifiableLog,
  options: VerifyOptions,
): Promise<StoryWalked | undefined> {
  const signed = openSigned(options, log.checkpoint);
  if (!('checkpoint' in signed)) return undefined;
  const { story } = beginWalks(log, options, signed);
  await walkAlong(log, options, [story]);
  return story.finish();
}

/** Both halves. */
export interface Walked {
  readonly tree: TreeWalked;
  readonly story: StoryWalked;
}

/** The verdicts from both halves; without them, why there are none. */
export async function conclude(
  log: VerifiableLog,
  options: VerifyOptions,
  walked: Walked | undefined,
): Promise<VerifyReport> {
  const signed = openSigned(options, log.checkpoint);
  if (!('checkpoint' in signed) || walked === undefined)
    return unsigned('why' in signed ? signed.why : 'nothing was walked');
  const { tree, story } = walked;
  const integrity = judgeIntegrity(log, signed, walked);
  const isIntact = integrity.outcome === 'verified';
  const consistency = await judgeConsistency(options.crypto.sha256, {
    log,
    earlier: openEarlier(options),
    signed,
    watchedRoot: isIntact ? tree.watchedRoot : undefined,
  });
  const told = [story.authorization, story.completeness, story.retention];
  const verdicts = [
    integrity,
    consistency,
    ...(isIntact ? told : told.map(withdrawn)),
    judgeWitnesses(options, signed),
  ];
  return { verdicts, exitCode: exitCodeOf(verdicts), checkpoint: signed.checkpoint };
}

interface Walk {
  meet(item: LogItem): void;
}

function beginWalks(log: VerifiableLog, options: VerifyOptions, { checkpoint }: Signed) {
  const { sha256 } = options.crypto;
  const watched = openEarlier(options)?.checkpoint?.size;
  return {
    tree: new TreeWalk(sha256, { log, checkpoint, watched }),
    story: new StoryWalk(sha256, log, checkpoint),
  };
}

async function walkAlong(
  log: VerifiableLog,
  { onProgress }: VerifyOptions,
  walks: readonly Walk[],
): Promise<void> {
  let done = 0;
  for await (const batch of log.items()) {
    for (const item of batch) for (const walk of walks) walk.meet(item);
    done += batch.length;
    onProgress?.(done);
  }
}

function judgeIntegrity(
  log: VerifiableLog,
  { checkpoint }: Signed,
  { tree, story }: Walked,
): Verdict {
  const findings = new Findings('integrity');
  findings.add(tree.integrity);
  findings.add(story.integrity);
  const { from, to } = log.range;
  const { size } = checkpoint;
  const until = formatInstant(story.lastTime);
  if (from === 0 && to === size)
    return findings.verdict(`all ${size} entries that were signed, up to ${until}`);
  const among = from < to ? `, all from ${from} to ${to - 1} among them,` : '';
  return findings.verdict(`${tree.count} entries${among} of the ${size} that were signed`);
}

/** What the log tells counts only if it is the one that was signed. */
function withdrawn(verdict: Verdict): Verdict {
  if (verdict.outcome !== 'verified') return verdict;
  const detail = `${verdict.detail}; but that is not what was signed`;
  return { ...verdict, outcome: 'undecided', detail };
}

const REST: readonly VerdictName[] = [
  'consistency',
  'authorization',
  'completeness',
  'retention',
  'witnesses',
];

function unsigned(why: string): VerifyReport {
  const integrity = new Findings('integrity');
  integrity.refute(why);
  const nothing = 'nothing was looked at: there is no checkpoint to hold it against';
  const rest = REST.map(
    (name): Verdict => ({
      name,
      outcome: 'undecided',
      detail: nothing,
      findings: [],
      found: 0,
    }),
  );
  const verdicts = [integrity.verdict('the checkpoint cannot be believed'), ...rest];
  return { verdicts, exitCode: exitCodeOf(verdicts), checkpoint: undefined };
}
