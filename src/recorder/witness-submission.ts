import { areEqualBytes } from '../tlog/bytes.ts';
import { type Checkpoint, claimedOrigin } from '../tlog/checkpoint.ts';
import { verifyConsistency, type TreeHead } from '../tlog/consistency.ts';
import { formatSignature, splitNote, type UnverifiedNote } from '../tlog/note-form.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { encodeUtf8 } from '../tlog/utf8.ts';
import { verifyCheckpoint } from '../tlog/verify-checkpoint.ts';
import { parseWitnessRequest } from '../tlog/witness-request.ts';
import { sha256, verifyEd25519 } from './crypto.ts';

/** A checkpoint that its log has signed, as it was sent to a witness. */
export interface Submission {
  readonly checkpoint: Checkpoint;
  /** What is cosigned: the note without its signatures, extension lines included. */
  readonly text: string;
  /** With the log's own signatures, one a key, and nobody else's. */
  readonly note: Uint8Array;
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
}

/** The checkpoint that a witness has cosigned last. */
export interface Cosigned extends TreeHead {
  readonly note: Uint8Array;
}

/** What a witness does not cosign, and the answer to it (C2SP tlog-witness, section add-checkpoint). */
export class SubmissionRefused extends Error {
  override readonly name = 'SubmissionRefused';
  readonly status: 400 | 403 | 404 | 409 | 422;
  /** The size to go on from, where the old size was not the one that was cosigned last. */
  readonly size: number | undefined;

  constructor(status: SubmissionRefused['status'], detail: string, size?: number) {
    super(detail);
    this.status = status;
    this.size = size;
  }
}

/**
 * Reads a request's body and verifies the log's signature. The name of a key is the origin it signs for.
 * Throws a SubmissionRefused: 400 for what is no request or goes backwards, 404, 403.
 */
export function readSubmission(logKeys: readonly VerifierKey[], body: Uint8Array): Submission {
  const { oldSize, proof, checkpoint: note } = attempt(400, () => parseWitnessRequest(body));
  const origin = attempt(400, () => claimedOrigin(note));
  const keys = logKeys.filter(({ name }) => name === origin);
  if (keys.length === 0) throw new SubmissionRefused(404, 'this log is not known here');
  const trust = { origin, logKeys: keys, mayExtend: true };
  const checkpoint = attempt(403, () => verifyCheckpoint(verifyEd25519, trust, note));
  if (oldSize > checkpoint.size)
    throw new SubmissionRefused(400, 'the old size is larger than the checkpoint');
  const parts = splitNote(note);
  return { checkpoint, text: parts.text, note: keepSigners(keys, parts), oldSize, proof };
}

/** Anybody can add lines to a note until it cannot be read any more; what is remembered has none of them. */
function keepSigners(
  keys: readonly VerifierKey[],
  { text, signatures }: UnverifiedNote,
): Uint8Array {
  const lines = keys.flatMap(({ name, id }) =>
    signatures.filter((line) => line.name === name && line.id === id).slice(0, 1),
  );
  return encodeUtf8(`${text}\n${lines.map(formatSignature).join('')}`);
}

/**
 * Judges whether the checkpoint goes on from the one that was cosigned last, if any was. Throws a
 * SubmissionRefused: 409 with the size for another old size, 422 for a proof that proves nothing, 409
 * without it for another root at the same size.
 */
export function judgeSubmission(last: Cosigned | undefined, submission: Submission): void {
  const { checkpoint, oldSize, proof } = submission;
  const lastSize = last?.size ?? 0;
  if (oldSize !== lastSize)
    throw new SubmissionRefused(409, `${lastSize} was cosigned last`, lastSize);
  if (last !== undefined && isFork(last, submission))
    throw new SubmissionRefused(409, 'another root was cosigned at this size');
  if (lastSize === 0) judgeFirst(submission);
  else if (last !== undefined)
    attempt(422, () => verifyConsistency(sha256, { from: last, to: checkpoint, proof }));
}

/** Whether the log has signed two roots of one size: nothing explains that away. */
export function isFork(last: Cosigned, { checkpoint }: Submission): boolean {
  return last.size === checkpoint.size && !areEqualBytes(last.root, checkpoint.root);
}

/** Every tree begins with the empty one, whose root is the hash of nothing (RFC 6962 section 2.1). */
function judgeFirst({ checkpoint: { size, root }, proof }: Submission): void {
  if (proof.length > 0) throw new SubmissionRefused(422, 'nothing is proved from size 0');
  if (size === 0 && !areEqualBytes(root, sha256(new Uint8Array())))
    throw new SubmissionRefused(422, 'this is not the root of the empty tree');
}

function attempt<Result>(status: SubmissionRefused['status'], act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (error instanceof TlogRefused)
      throw new SubmissionRefused(statusOf(status, error), error.message);
    throw error;
  }
}

/** What cannot be read is malformed, whoever has or has not signed it. */
function statusOf(
  status: SubmissionRefused['status'],
  { reason }: TlogRefused,
): SubmissionRefused['status'] {
  return reason === 'note-malformed' || reason === 'checkpoint-malformed' ? 400 : status;
}
