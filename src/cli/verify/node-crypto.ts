import { createPublicKey, hash, verify } from 'node:crypto';
import type { VerifyCrypto } from '../../audit/verify.ts';

/** The hash and the signature check of Node, as the verifier is given them here; in a browser it gets others. */
export const NODE_CRYPTO: VerifyCrypto = {
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  verifyEd25519: (publicKey, message, signature) => {
    const x = Buffer.from(publicKey).toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, message, key, signature);
  },
};
