import type { VerifiedCheckpoint } from '../tlog/verify-checkpoint.ts';
import { judgeConsistency, openEarlier } from './verify/consistency.ts';
import type { VerifyOptions } from './verify/options.ts';
import { openSigned } from './verify/signed.ts';
import { exitCodeOf, Findings, type Verdict, type VerdictName } from './verify/verdict.ts';
import { type Walked, walk } from './verify/walk.ts';
import { judgeWitnesses } from './verify/witnesses.ts';
import type { VerifiableLog } from './verifiable-log.ts';

export type { VerifyCrypto, VerifyOptions } from './verify/options.ts';
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
  const earlier = openEarlier(options);
  const walked = await walk(log, { ...options, signed, watched: earlier?.checkpoint?.size });
  const consistency = await judgeConsistency(options.crypto.sha256, {
    log,
    earlier,
    signed,
    walked,
  });
  const verdicts = [
    walked.integrity,
    consistency,
    ...downgraded(walked),
    judgeWitnesses(options, signed),
  ];
  return { verdicts, exitCode: exitCodeOf(verdicts), checkpoint: signed.checkpoint };
}

/** What the log tells counts only if it is the one that was signed. */
function downgraded({ integrity, authorization, completeness, retention }: Walked): Verdict[] {
  const others = [authorization, completeness, retention];
  if (integrity.outcome === 'verified') return others;
  return others.map((verdict) =>
    verdict.outcome === 'verified'
      ? {
          ...verdict,
          outcome: 'undecided',
          detail: `${verdict.detail}; but that is not what was signed`,
        }
      : verdict,
  );
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
