import { areEqualBytes } from '../../tlog/bytes.ts';
import { verifyConsistency } from '../../tlog/consistency.ts';
import type { Sha256 } from '../../tlog/hash.ts';
import { TlogRefused } from '../../tlog/tlog-refused.ts';
import type { VerifiedCheckpoint } from '../../tlog/verify-checkpoint.ts';
import type { VerifiableLog } from '../verifiable-log.ts';
import type { VerifyOptions } from './options.ts';
import { openSigned, type Signed } from './signed.ts';
import { Findings, type Verdict } from './verdict.ts';

/** An earlier checkpoint, or why it is none. */
export type Earlier =
  | { readonly checkpoint: VerifiedCheckpoint }
  | { readonly checkpoint?: undefined; readonly why: string };

/** `undefined`: none was given. */
export function openEarlier(options: VerifyOptions): Earlier | undefined {
  return options.since === undefined ? undefined : openSigned(options, options.since);
}

interface Given {
  readonly log: VerifiableLog;
  readonly earlier: Earlier | undefined;
  readonly signed: Signed;
  /** The root at the earlier size, as it was folded from entries that are intact. */
  readonly watchedRoot: Uint8Array | undefined;
}

/** Whether everything that an earlier checkpoint committed to is still there, unchanged. */
export async function judgeConsistency(sha256: Sha256, given: Given): Promise<Verdict> {
  const { earlier, signed } = given;
  const findings = new Findings('consistency');
  if (earlier === undefined)
    return {
      ...findings.verdict(
        'no earlier checkpoint was given: whether an older log was replaced cannot be seen',
      ),
      outcome: 'not-asked',
    };
  if (earlier.checkpoint === undefined) {
    findings.doubt(earlier.why);
    return findings.verdict('the earlier checkpoint cannot be believed');
  }
  await compare(sha256, { ...given, from: earlier.checkpoint }, findings);
  return findings.verdict(
    `from the checkpoint of size ${earlier.checkpoint.size} to that of size ${signed.checkpoint.size}`,
  );
}

async function compare(
  sha256: Sha256,
  given: Given & { from: VerifiedCheckpoint },
  findings: Findings,
): Promise<void> {
  const { from, signed, watchedRoot } = given;
  const to = signed.checkpoint;
  if (from.size > to.size)
    return findings.refute(
      `${from.size} entries were signed earlier, and this log has ${to.size}: it is an older one`,
    );
  if (from.size === to.size) {
    if (!areEqualBytes(from.root, to.root))
      findings.accuse(`the log signed two different trees of size ${to.size}`);
    return;
  }
  if (from.size === 0) return;
  if (watchedRoot !== undefined) {
    if (!areEqualBytes(watchedRoot, from.root))
      findings.accuse(
        `the first ${from.size} entries are not those that were signed: the log signed two that exclude each other`,
      );
    return;
  }
  await proveGrowth(sha256, given, findings);
}

async function proveGrowth(
  sha256: Sha256,
  { log, from, signed }: Given & { from: VerifiedCheckpoint },
  findings: Findings,
): Promise<void> {
  const proof = await log.proveGrowth(from.size);
  if (proof === undefined)
    return findings.doubt(`no proof is here that leads from size ${from.size} to this one`);
  try {
    verifyConsistency(sha256, { from, to: signed.checkpoint, proof });
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
    findings.refute(error.message);
  }
}
