import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { VerifyCrypto } from '../../../audit/verify.ts';

const PUBLIC_KEY_SIZE = 32;
const SIGNATURE_SIZE = 64;

/** The hash and the signature check of a browser: in JavaScript, because its own answer only later. */
export const BROWSER_CRYPTO: VerifyCrypto = {
  sha256,
  verifyEd25519: (publicKey, message, signature) =>
    publicKey.length === PUBLIC_KEY_SIZE &&
    signature.length === SIGNATURE_SIZE &&
    // As RFC 8032 has it, which is what Node does too.
    ed25519.verify(signature, message, publicKey, { zip215: false }),
};
