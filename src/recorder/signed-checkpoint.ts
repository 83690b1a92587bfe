import { type Checkpoint, formatCheckpoint } from '../tlog/checkpoint.ts';
import { signNote } from '../tlog/note.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import type { SignerKey } from '../tlog/signer-key.ts';
import { verifyCheckpoint } from '../tlog/verify-checkpoint.ts';
import { openSigner, verifyEd25519 } from './crypto.ts';

/** A checkpoint of our own: what it says, and the note as it is shown to everybody. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: Uint8Array;
}

/** One signature by each key, in that order. */
export function signCheckpoint(
  keys: readonly SignerKey[],
  checkpoint: Checkpoint,
): SignedCheckpoint {
  const note = signNote(formatCheckpoint(checkpoint), keys.map(openSigner));
  return { ...checkpoint, note };
}

/** Reads a note of the log of that name that one of its keys must have signed. Throws a TlogRefused, as `verifyCheckpoint` does. */
export function openCheckpoint(
  origin: string,
  logKeys: readonly VerifierKey[],
  note: Uint8Array,
): SignedCheckpoint {
  const { size, root } = verifyCheckpoint(verifyEd25519, { origin, logKeys }, note);
  return { origin, size, root, note };
}
