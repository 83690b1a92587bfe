import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SessionSecret } from './config.ts';

/** The session secret; made at the first start, readable by nobody but us. */
export function openSessionSecret(secret: SessionSecret): string {
  if (secret.state === 'given') return secret.secret.reveal();
  const made = randomBytes(48).toString('base64url');
  mkdirSync(dirname(secret.file), { recursive: true, mode: 0o700 });
  writeFileSync(secret.file, `${made}\n`, { mode: 0o600, flag: 'wx' });
  return made;
}
