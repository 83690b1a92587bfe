import { TlogRefused } from '../../tlog/tlog-refused.ts';
import { type VerifiedCheckpoint, verifyCheckpoint } from '../../tlog/verify-checkpoint.ts';
import type { VerifyOptions } from './options.ts';

/** A checkpoint that the log has signed, whoever else did. */
export interface Signed {
  readonly checkpoint: VerifiedCheckpoint;
}

/** Reads the checkpoint everything is held against; or says why it cannot be believed. */
export function openSigned(
  { crypto, trust }: VerifyOptions,
  note: Uint8Array,
): Signed | { readonly why: string } {
  const { quorum, ...alone } = trust;
  try {
    // Witnesses' signatures are verified with it; whether they are enough is a verdict of its own.
    const among = quorum === undefined ? alone : { ...alone, quorum: { ...quorum, threshold: 0 } };
    return { checkpoint: verifyCheckpoint(crypto.verifyEd25519, among, note) };
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
    return { why: error.message };
  }
}
