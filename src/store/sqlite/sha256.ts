import { hash } from 'node:crypto';

/** One-shot SHA-256: half the price of a hash object. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}
