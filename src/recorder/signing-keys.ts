import type { Instant } from '../domain/time.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import type { SignerKey } from '../tlog/signer-key.ts';

/** Who signs the log: its key, and for a time the one before too. */
export interface SigningKeys {
  readonly current: SignerKey;
  readonly previous?: { readonly key: SignerKey; readonly until: Instant } | undefined;
}

/** The keys that sign at that time, the old one first. */
export function signersAt({ current, previous }: SigningKeys, at: Instant): SignerKey[] {
  return previous !== undefined && at < previous.until ? [previous.key, current] : [current];
}

/** The keys that what was signed is held against: the old one too, however long ago it signed last. */
export function verifiersOf({ current, previous }: SigningKeys): VerifierKey[] {
  return [...(previous === undefined ? [] : [previous.key.verifier]), current.verifier];
}
