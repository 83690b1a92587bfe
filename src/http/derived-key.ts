import { hkdfSync } from 'node:crypto';

/**
 * A key of 32 bytes for one purpose, from the one secret an operator keeps (HKDF with SHA-256,
 * RFC 5869). What leaks through one use of the secret tells nothing about another.
 */
export function deriveKey(secret: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `sallyport ${purpose}`, 32));
}
