import { randomUUID } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Permit } from '../domain/decision.ts';
import type { Instant, Milliseconds } from '../domain/time.ts';
import type { PublishedKey } from '../store/store.ts';

const ALGORITHM = 'ES256';
const LIFETIME_SECONDS = 60;
/** A signed assertion is given out again while at least this much of it is left. */
const REUSE_WHILE_LEFT_MS: Milliseconds = 30_000;
const ROTATE_EVERY_MS: Milliseconds = 12 * 3_600_000;
/** A key stays published well after the last assertion it signed has expired. */
const PUBLISHED_AFTER_MS: Milliseconds = 3_600_000;

/** Where the public keys of all instances meet. */
export interface KeyBoard {
  publish(key: PublishedKey): Promise<void>;
  published(): Promise<readonly PublishedKey[]>;
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly rotatesAt: Instant;
}

interface Signed {
  readonly token: string;
  readonly expiresAt: Instant;
}

/**
 * Signs what upstreams are told (RFC 7519, ES256). The private key is made at start and never leaves
 * this process; its public half is published before it signs anything.
 */
export class AssertionSigner {
  readonly #issuer: string;
  readonly #board: KeyBoard;
  readonly #signed = new LRUCache<string, Signed>({ max: 10_000 });
  #key: Promise<SigningKey> | undefined;
  #rotatesAt: Instant = 0;

  constructor(issuer: string, board: KeyBoard) {
    this.#issuer = issuer;
    this.#board = board;
  }

  /** An assertion of this permit for this upstream: good for at most a minute, and never past the basis's end. */
  async assert(permit: Permit, upstream: string, now: Instant): Promise<string> {
    const { visit, basis } = permit;
    const cacheKey = `${visit.id} ${upstream} ${basis.id} ${permit.scope}`;
    const known = this.#signed.get(cacheKey);
    if (known !== undefined && isReusable(known, permit, now)) return known.token;
    const signed = await this.#sign(permit, upstream, now);
    this.#signed.set(cacheKey, signed);
    return signed.token;
  }

  /** The keys that verify assertions of every instance (RFC 7517). */
  async keySet(now: Instant): Promise<{ keys: JWK[] }> {
    await this.#currentKey(now);
    const published = await this.#board.published();
    return { keys: published.map((key) => JSON.parse(key.jwk) as JWK) };
  }

  async #sign(permit: Permit, upstream: string, now: Instant): Promise<Signed> {
    const { visit, basis } = permit;
    const { kid, privateKey } = await this.#currentKey(now);
    const issuedAt = Math.floor(now / 1000);
    const expires = Math.min(issuedAt + LIFETIME_SECONDS, wholeSeconds(permit.expiresAt));
    const { subject, email, name } = visit.principal;
    const token = await new SignJWT({
      ...(email === undefined ? {} : { email }),
      name: name ?? email ?? subject,
      account: visit.account,
      visit: visit.id,
      basis,
      scope: permit.scope,
    })
      .setProtectedHeader({ alg: ALGORITHM, kid, typ: 'JWT' })
      .setIssuer(this.#issuer)
      .setAudience(upstream)
      .setSubject(subject)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(expires)
      .sign(privateKey);
    return { token, expiresAt: expires * 1000 };
  }

  #currentKey(now: Instant): Promise<SigningKey> {
    if (this.#key !== undefined && now < this.#rotatesAt) return this.#key;
    this.#rotatesAt = now + ROTATE_EVERY_MS;
    const made = this.#makeKey(now);
    // A key that could not be published signs nothing: the next request tries again.
    made.catch(() => {
      this.#rotatesAt = 0;
    });
    this.#key = made;
    return made;
  }

  async #makeKey(now: Instant): Promise<SigningKey> {
    const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
    const kid = randomUUID();
    const rotatesAt = now + ROTATE_EVERY_MS;
    const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg: ALGORITHM, use: 'sig' };
    await this.#board.publish({
      kid,
      jwk: JSON.stringify(jwk),
      expiresAt: rotatesAt + PUBLISHED_AFTER_MS,
    });
    return { kid, privateKey, rotatesAt };
  }
}

/** One that ends with its basis is as long as it can be; any other is renewed when half of it is gone. */
function isReusable(known: Signed, permit: Permit, now: Instant): boolean {
  const end = wholeSeconds(permit.expiresAt) * 1000;
  if (known.expiresAt > end) return false;
  return known.expiresAt === end || known.expiresAt - now >= REUSE_WHILE_LEFT_MS;
}

function wholeSeconds(at: Instant): number {
  return Math.floor(at / 1000);
}
