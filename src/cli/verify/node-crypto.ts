import { createPublicKey, hash, verify } from 'node:crypto';
import type { VerifyCrypto } from '../../audit/verify.ts';

const SIZE = 32;

/** Asked for as text and put into a small array: Node gives a buffer of its own for three times the price. */
function sha256(bytes: Uint8Array): Uint8Array {
  const text = hash('sha256', bytes, 'binary');
  const digest = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += 1) digest[at] = text.charCodeAt(at);
  return digest;
}

/** The hash and the signature check of Node, as the verifier is given them here; in a browser it gets others. */
export const NODE_CRYPTO: VerifyCrypto = {
  sha256,
  verifyEd25519: (publicKey, message, signature) => {
    const x = Buffer.from(publicKey).toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, message, key, signature);
  },
};
