import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Signer } from '../../src/tlog/note.ts';
import type { KeyType } from '../../src/tlog/note-key.ts';
import { makeSignerKey, type SignerKey } from '../../src/tlog/signer-key.ts';
import { sha256 } from '../support/sha256.ts';

const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

function openSeed(seed: Uint8Array): KeyObject {
  const key = Buffer.concat([PKCS8_HEAD, seed]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

export function publicKeyOf(seed: Uint8Array): Uint8Array {
  const { x = '' } = createPublicKey(openSeed(seed)).export({ format: 'jwk' });
  return new Uint8Array(Buffer.from(x, 'base64url'));
}

export function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, message, key, signature);
}

/** A key of its own for each name and type. */
export function keyFor(name: string, type: KeyType = 'note'): SignerKey {
  const seed = sha256(Buffer.from(`${type} ${name}`));
  return makeSignerKey(sha256, publicKeyOf, { name, type, seed });
}

export function signerOf({ verifier, seed }: SignerKey): Signer {
  const key = openSeed(seed);
  return { key: verifier, sign: (message) => new Uint8Array(sign(null, message, key)) };
}

export function signerFor(name: string, type: KeyType = 'note'): Signer {
  return signerOf(keyFor(name, type));
}
