import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

/**
 * Makes the provider's keys, new at every start: RSA because every client must understand it
 * (OpenID Connect Core 1.0, section 15.1), and P-256 for those that ask for ES256.
 */
export async function makeSigningKeys(): Promise<{ keys: JWK[] }> {
  return { keys: await Promise.all(['RS256', 'ES256'].map(makeSigningKey)) };
}

async function makeSigningKey(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), use: 'sig', alg };
}
