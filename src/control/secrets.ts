import { hash, randomBytes } from 'node:crypto';
import type { SecretHash } from '../domain/ids.ts';

/** A fresh secret of 256 bits with a prefix that says what it is. Given out once; only its hash is kept. */
export function makeSecret(prefix: 'spv_' | 'spk_' | 'spc_'): string {
  return prefix + randomBytes(32).toString('base64url');
}

export function hashSecret(secret: string): SecretHash {
  return hash('sha256', secret, 'hex') as SecretHash;
}
