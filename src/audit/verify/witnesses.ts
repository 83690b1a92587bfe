import { isReached, witnessesOf } from '../../tlog/quorum.ts';
import type { VerifyOptions } from './options.ts';
import type { Signed } from './signed.ts';
import { Findings, type Verdict } from './verdict.ts';

/** Whether enough witnesses have cosigned the checkpoint; who does not name any has not asked. */
export function judgeWitnesses({ trust }: VerifyOptions, { checkpoint }: Signed): Verdict {
  const { quorum } = trust;
  if (quorum === undefined)
    return {
      name: 'witnesses',
      outcome: 'not-asked',
      detail: 'no witnesses were named: whether others were shown another log cannot be seen',
      findings: [],
      found: 0,
    };
  const findings = new Findings('witnesses');
  const witnesses = witnessesOf(quorum);
  const cosigners = checkpoint.signatures.filter(({ key }) => witnesses.includes(key));
  if (!isReached(quorum, new Set(cosigners.map(({ key }) => key))))
    findings.doubt('fewer have cosigned than were asked for');
  const names = cosigners.map(({ key }) => key.name);
  return findings.verdict(
    `${names.length} of ${witnesses.length} witnesses have cosigned size ${checkpoint.size}${names.length > 0 ? `: ${names.join(', ')}` : ''}`,
  );
}
