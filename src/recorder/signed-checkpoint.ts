import { type Checkpoint, formatCheckpoint } from '../tlog/checkpoint.ts';
import { signNote } from '../tlog/note.ts';
import type { SignerKey } from '../tlog/signer-key.ts';
import { verifyCheckpoint } from '../tlog/verify-checkpoint.ts';
import { openSigner, verifyEd25519 } from './crypto.ts';

/** A checkpoint of our own: what it says, and the note as it is shown to everybody. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: Uint8Array;
}

export function signCheckpoint(key: SignerKey, checkpoint: Checkpoint): SignedCheckpoint {
  const note = signNote(formatCheckpoint(checkpoint), [openSigner(key)]);
  return { ...checkpoint, note };
}

/** Reads a note that this log's key must have signed. Throws a TlogRefused, as `verifyCheckpoint` does. */
export function openCheckpoint({ verifier }: SignerKey, note: Uint8Array): SignedCheckpoint {
  const trust = { origin: verifier.name, logKeys: [verifier] };
  const { origin, size, root } = verifyCheckpoint(verifyEd25519, trust, note);
  return { origin, size, root, note };
}
