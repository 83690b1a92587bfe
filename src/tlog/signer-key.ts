import { encodeBase64 } from './base64.ts';
import type { Sha256 } from './hash.ts';
import {
  formatKeyId,
  makeVerifierKey,
  parseKeyText,
  typedKey,
  type VerifierKey,
} from './note-key.ts';
import { TlogRefused } from './tlog-refused.ts';

/** The Ed25519 public key of a seed of 32 bytes (RFC 8032 section 5.1.5). Given by the caller. */
export type PublicKeyOf = (seed: Uint8Array) => Uint8Array;

/** A secret key: its seed, and what others verify with. */
export interface SignerKey {
  readonly verifier: VerifierKey;
  readonly seed: Uint8Array;
}

const PREFIX = 'PRIVATE+KEY+';

/** The key that signs with this seed. Throws a RangeError for a name no key can have. */
export function makeSignerKey(
  sha256: Sha256,
  publicKeyOf: PublicKeyOf,
  { name, type, seed }: Pick<VerifierKey, 'name' | 'type'> & Pick<SignerKey, 'seed'>,
): SignerKey {
  return { verifier: makeVerifierKey(sha256, { name, type, publicKey: publicKeyOf(seed) }), seed };
}

/** `PRIVATE+KEY+name+id+key`, as tools for signed notes keep it: type and seed in base 64. */
export function formatSignerKey({ verifier, seed }: SignerKey): string {
  const { name, id, type } = verifier;
  return `${PREFIX}${name}+${formatKeyId(id)}+${encodeBase64(typedKey(type, seed))}`;
}

/** Reads a secret key. Throws a TlogRefused `key-malformed` for another form or type, or an id that is not the key's. */
export function parseSignerKey(sha256: Sha256, publicKeyOf: PublicKeyOf, text: string): SignerKey {
  if (!text.startsWith(PREFIX))
    throw new TlogRefused('key-malformed', `a secret key begins with ${PREFIX}`);
  const { name, id, type, bytes } = parseKeyText(text.slice(PREFIX.length));
  const key = makeSignerKey(sha256, publicKeyOf, { name, type, seed: bytes });
  if (key.verifier.id !== id)
    throw new TlogRefused('key-malformed', 'the id is not that of the key');
  return key;
}
