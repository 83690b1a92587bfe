import {
  createRemoteJWKSet,
  customFetch,
  type FetchImplementation,
  type JWTVerifyGetKey,
} from 'jose';

/**
 * Finds the key that must have signed a token. `gatewayKeys` makes one that asks the gateway;
 * `createLocalJWKSet` of jose makes one from a key set you already hold.
 */
export type AssertionKeys = JWTVerifyGetKey;

/** A fetch of your own, where the built-in one cannot dial the gateway (proxies, `*.localhost`). */
export type KeyFetch = FetchImplementation;

const FETCH_TIMEOUT_MS = 3_000;

/**
 * The keys the gateway publishes at `/.well-known/jwks.json` (RFC 7517). They are fetched when first
 * needed and kept for ten minutes; a key not yet known is looked up again at most every 30 seconds.
 *
 * @param issuer the gateway's public address, its `publicUrl`
 */
export function gatewayKeys(issuer: string, fetch?: KeyFetch): AssertionKeys {
  const address = new URL('/.well-known/jwks.json', issuer);
  return createRemoteJWKSet(address, {
    timeoutDuration: FETCH_TIMEOUT_MS,
    ...(fetch === undefined ? {} : { [customFetch]: fetch }),
  });
}
