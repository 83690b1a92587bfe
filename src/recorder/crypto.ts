import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import type { Signer } from '../tlog/note.ts';
import type { SignerKey } from '../tlog/signer-key.ts';

/** What `tlog/` and `audit/` are given: they import no module of Node. */

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

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
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, message, key, signature);
}

function openSeed(seed: Uint8Array): KeyObject {
  const key = Buffer.concat([PKCS8_HEAD, seed]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}
