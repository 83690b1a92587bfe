import type { VerifierKey } from './note-key.ts';

/** How many of whom have to have cosigned (C2SP tlog-policy): witnesses, or groups of them. */
export interface Quorum {
  readonly threshold: number;
  readonly members: readonly (VerifierKey | Quorum)[];
}

/** Nobody has to have cosigned. */
export const NO_QUORUM: Quorum = { threshold: 0, members: [] };

/**
 * A quorum of these. Throws a RangeError if it could never be reached, if a member is no witness, or if
 * one public key would count twice.
 */
export function makeQuorum(threshold: number, members: Quorum['members']): Quorum {
  if (!Number.isInteger(threshold) || threshold < 0 || threshold > members.length)
    throw new RangeError(`${threshold} of ${members.length} can never be reached`);
  const quorum = { threshold, members };
  const witnesses = witnessesOf(quorum);
  if (witnesses.some(({ type }) => type !== 'cosignature'))
    throw new RangeError('a witness has a key for cosignatures');
  if (new Set(witnesses.map(({ publicKey }) => publicKey.join())).size < witnesses.length)
    throw new RangeError('a public key stands in a quorum twice');
  return quorum;
}

/** All witnesses that could take part. */
export function witnessesOf({ members }: Quorum): VerifierKey[] {
  return members.flatMap((member) => (isGroup(member) ? witnessesOf(member) : [member]));
}

/** Whether enough have cosigned. `cosigners` are keys whose signatures were verified. */
export function isReached(quorum: Quorum, cosigners: ReadonlySet<VerifierKey>): boolean {
  const present = quorum.members.filter((member) =>
    isGroup(member) ? isReached(member, cosigners) : cosigners.has(member),
  );
  return present.length >= quorum.threshold;
}

function isGroup(member: VerifierKey | Quorum): member is Quorum {
  return 'members' in member;
}
