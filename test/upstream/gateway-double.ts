import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { AssertionKeys } from '../../src/upstream/index.ts';

export const ISSUER = 'http://sallyport.localhost:8080';
export const AUDIENCE = 'console';

/** Stands in for the gateway's signing side: one published key, and assertions made with it. */
export interface GatewayDouble {
  readonly keys: AssertionKeys;
  /** The published key set, as `/.well-known/jwks.json` gives it. */
  readonly jwks: { keys: Record<string, unknown>[] };
  /** Signs an assertion good for a minute; a claim given as `undefined` is left out. */
  assert(
    claims?: Record<string, unknown>,
    header?: { alg?: string; kid?: string },
  ): Promise<string>;
}

export async function makeGatewayDouble(algorithm = 'ES256'): Promise<GatewayDouble> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm);
  const jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: algorithm, use: 'sig' };
  const jwks = { keys: [jwk] };
  return {
    keys: createLocalJWKSet(jwks),
    jwks,
    assert: async (claims = {}, header = {}) =>
      new SignJWT({ ...goodClaims(), ...claims })
        .setProtectedHeader({ alg: algorithm, kid: 'key-1', ...header })
        .sign(privateKey),
  };
}

export function goodClaims(now = Math.floor(Date.now() / 1000)): JWTPayload {
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'staff-17',
    email: 'sam@example.com',
    name: 'Sam Support',
    account: 'acme',
    visit: 'visit-1',
    basis: { kind: 'grant', id: 'grant-1' },
    scope: 'read',
    iat: now,
    exp: now + 60,
    jti: 'assertion-1',
  };
}
