import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { sha256 } from '../store/sqlite/sha256.ts';
import type { Signer } from '../tlog/note.ts';
import type { SignerKey } from '../tlog/signer-key.ts';

/** What `tlog/` and `audit/` are given: they import no module of Node. */

export { sha256 };

/** An Ed25519 private key in PKCS #8 is this and its seed (RFC 8410 section 7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The Ed25519 public key of a seed of 32 bytes (RFC 8032 section 5.1.5). */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  const { x = '' } = createPublicKey(openSeed(seed)).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
}

/** The secret key at work. */
export function openSigner({ verifier, seed }: SignerKey): Signer {
  const key = openSeed(seed);
  return { key: verifier, sign: (message) => sign(null, message, key) };
}

/** Whether an Ed25519 signature (RFC 8032 section 5.1.7) is that of these bytes. */
export function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(null, message, openPublicKey(publicKey), signature);
}

/** A log has few keys and many signatures; to open a key costs as much as to use it. */
const OPENED = new Map<string, KeyObject>();
const MAX_OPENED = 64;

function openPublicKey(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString('base64url');
  const opened = OPENED.get(x);
  if (opened !== undefined) return opened;
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  if (OPENED.size >= MAX_OPENED) OPENED.clear();
  OPENED.set(x, key);
  return key;
}

function openSeed(seed: Uint8Array): KeyObject {
  const key = Buffer.concat([PKCS8_HEAD, seed]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}
