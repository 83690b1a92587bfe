import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { type NoteSignature, openNote } from './note.ts';
import type { VerifierKey, VerifyEd25519 } from './note-key.ts';
import { isReached, type Quorum, witnessesOf } from './quorum.ts';
import { TlogRefused } from './tlog-refused.ts';

/** Whom to believe about a log. */
export interface LogTrust {
  readonly origin: string;
  /** One of them has to have signed; several while a key is being rotated. */
  readonly logKeys: readonly VerifierKey[];
  readonly quorum?: Quorum | undefined;
  /** Extension lines are passed over instead of refused. */
  readonly mayExtend?: boolean | undefined;
}

/** A checkpoint that the log has signed, and by whom else it was seen. */
export interface VerifiedCheckpoint extends Checkpoint {
  /** The log's and, with their times, its witnesses'; those of others are left out. */
  readonly signatures: readonly NoteSignature[];
}

/**
 * Verifies a checkpoint (C2SP tlog-checkpoint). Throws a TlogRefused: `note-malformed`, `signature-wrong`,
 * `signature-missing` if the log has not signed, `checkpoint-malformed`, `origin-differs`, `quorum-missing`.
 */
export function verifyCheckpoint(
  verifyEd25519: VerifyEd25519,
  trust: LogTrust,
  bytes: Uint8Array,
): VerifiedCheckpoint {
  const witnesses = trust.quorum === undefined ? [] : witnessesOf(trust.quorum);
  const note = openNote(verifyEd25519, [...trust.logKeys, ...witnesses], bytes);
  const signers = new Set(note.signatures.map(({ key }) => key));
  if (!trust.logKeys.some((key) => signers.has(key)))
    throw new TlogRefused('signature-missing', 'the log has not signed the checkpoint');
  const checkpoint = parseCheckpoint(note.text, { mayExtend: trust.mayExtend ?? false });
  if (checkpoint.origin !== trust.origin)
    throw new TlogRefused('origin-differs', 'the checkpoint is another log’s');
  if (trust.quorum !== undefined && !isReached(trust.quorum, signers))
    throw new TlogRefused('quorum-missing', 'too few witnesses have cosigned the checkpoint');
  return { ...checkpoint, signatures: note.signatures };
}
