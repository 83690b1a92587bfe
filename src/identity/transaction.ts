import { createHash, randomBytes } from 'node:crypto';
import type { Realm } from '../domain/principal.ts';
import type { Instant } from '../domain/time.ts';

/**
 * One sign-in under way, from the redirect to the provider until its answer. It is kept in the
 * browser that began it, sealed, and is good for one answer.
 */
export interface Transaction {
  readonly realm: Realm;
  readonly state: string;
  readonly nonce: string;
  /** The PKCE code verifier (RFC 7636 section 4.1). */
  readonly verifier: string;
  /** A path of our own. */
  readonly returnTo: string;
  readonly startedAt: Instant;
  /** How many seconds before `startedAt` the person may have been asked for proof; 0 asks anew. */
  readonly maxAge?: number;
}

/** Begins one. Each of its three secrets has 256 bits. */
export function beginTransaction(
  wish: Pick<Transaction, 'realm' | 'returnTo' | 'startedAt'> & { maxAge?: number | undefined },
): Transaction {
  const { realm, returnTo, startedAt, maxAge } = wish;
  return {
    realm,
    state: drawSecret(),
    nonce: drawSecret(),
    verifier: drawSecret(),
    returnTo,
    startedAt,
    ...(maxAge === undefined ? {} : { maxAge }),
  };
}

/** The S256 challenge of a verifier (RFC 7636 section 4.2). */
export function challengeOf(transaction: Transaction): string {
  return createHash('sha256').update(transaction.verifier).digest('base64url');
}

function drawSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Reads a transaction that was sealed earlier, perhaps by another version of this program. */
export function parseTransaction(value: unknown): Transaction | undefined {
  return isTransaction(value) ? value : undefined;
}

function isTransaction(value: unknown): value is Transaction {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  const texts = ['state', 'nonce', 'verifier', 'returnTo'].map((name) => fields[name]);
  return (
    (fields['realm'] === 'staff' || fields['realm'] === 'owners') &&
    texts.every((text) => typeof text === 'string' && text !== '') &&
    typeof fields['startedAt'] === 'number' &&
    (fields['maxAge'] === undefined || typeof fields['maxAge'] === 'number')
  );
}
