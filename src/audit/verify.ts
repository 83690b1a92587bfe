import type { Sha256 } from '../tlog/hash.ts';
import type { VerifyEd25519 } from '../tlog/note-key.ts';
import type { LogTrust, VerifiedCheckpoint } from '../tlog/verify-checkpoint.ts';
import type { VerifiableLog } from './verifiable-log.ts';

export interface VerifyCrypto {
  readonly sha256: Sha256;
  readonly verifyEd25519: VerifyEd25519;
}
export type VerdictName =
  | 'integrity'
  | 'consistency'
  | 'authorization'
  | 'completeness'
  | 'retention'
  | 'witnesses';
export type Outcome = 'verified' | 'not-asked' | 'undecided' | 'refuted' | 'misbehaviour';
export interface Verdict {
  readonly name: VerdictName;
  readonly outcome: Outcome;
  /** One line. */
  readonly detail: string;
  /** The first of what was found, one line each. */
  readonly findings: readonly string[];
  readonly found: number;
}
export interface VerifyReport {
  readonly verdicts: readonly Verdict[];
  readonly exitCode: 0 | 1 | 2 | 3;
  readonly checkpoint: VerifiedCheckpoint | undefined;
}
export interface VerifyOptions {
  readonly crypto: VerifyCrypto;
  readonly trust: LogTrust;
  /** An earlier checkpoint, a signed note. */
  readonly since?: Uint8Array | undefined;
  /** Called now and then with entries done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** A stub: to be replaced by the engine. */
export async function verifyLog(
  log: VerifiableLog,
  { onProgress }: VerifyOptions,
): Promise<VerifyReport> {
  let done = 0;
  for await (const items of log.items()) onProgress?.((done += items.length));
  return { verdicts: [], exitCode: 1, checkpoint: undefined };
}
