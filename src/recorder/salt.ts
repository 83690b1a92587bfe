import { randomFillSync } from 'node:crypto';
import { SALT_SIZE } from '../audit/content.ts';

const POOL_SIZE = 64 * 1024;
let pool = new Uint8Array(0);
let used = 0;

/** 16 fresh random bytes. Drawn from a pool that is filled at once: a system call for each would cost more than its use. */
export function drawSalt(): Uint8Array {
  if (used + SALT_SIZE > pool.length) {
    pool = randomFillSync(new Uint8Array(POOL_SIZE));
    used = 0;
  }
  const salt = pool.slice(used, used + SALT_SIZE);
  used += SALT_SIZE;
  return salt;
}
