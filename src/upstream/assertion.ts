import { AssertionRefused } from './assertion-refused.ts';

/** What lets the person in: the owner's grant, or a compliance review of the account. */
export interface AssertionBasis {
  readonly kind: 'grant' | 'review';
  readonly id: string;
}

/**
 * What the gateway vouches for: this person may do this in this account, until `expiresAt`.
 *
 * It is complete and closed: every field has been checked, and claims not listed here are dropped.
 */
export interface Assertion {
  /** The person at their identity provider. Stable; use this, not the e-mail, to recognise them. */
  readonly subject: string;
  /** For show only; absent if the identity provider named none. */
  readonly email: string | undefined;
  /** For show only. */
  readonly name: string;
  /** The one account this request may touch. */
  readonly account: string;
  /** The visit: one person in one account for one stated purpose. */
  readonly visit: string;
  readonly basis: AssertionBasis;
  /** `read`: look only. `write`: look and change. */
  readonly scope: 'read' | 'write';
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** The assertion's id. One assertion serves a visit for up to a minute, so it may come again. */
  readonly id: string;
}

/** The longest an assertion is good for, in seconds. */
const LONGEST_LIFETIME_SECONDS = 60;
const LONGEST_TEXT = 1024;

/**
 * Reads the claims of a token whose signature, issuer, audience and times have been checked.
 *
 * @throws AssertionRefused with reason `claims`, naming the first claim that is missing or has
 * another shape than the gateway gives it.
 */
export function readAssertion(claims: Readonly<Record<string, unknown>>): Assertion {
  const { issuedAt, expiresAt } = readLifetime(claims);
  return {
    subject: readText(claims, 'sub'),
    email: claims['email'] === undefined ? undefined : readText(claims, 'email'),
    name: readText(claims, 'name'),
    account: readText(claims, 'account'),
    visit: readText(claims, 'visit'),
    basis: readBasis(claims['basis']),
    scope: readScope(claims['scope']),
    issuedAt,
    expiresAt,
    id: readText(claims, 'jti'),
  };
}

function readLifetime(claims: Readonly<Record<string, unknown>>) {
  const issued = readSeconds(claims, 'iat');
  const expires = readSeconds(claims, 'exp');
  if (expires <= issued || expires - issued > LONGEST_LIFETIME_SECONDS) throw refuseClaim('exp');
  return { issuedAt: new Date(issued * 1000), expiresAt: new Date(expires * 1000) };
}

function readSeconds(claims: Readonly<Record<string, unknown>>, name: string): number {
  const value = claims[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw refuseClaim(name);
  return value;
}

function readText(claims: Readonly<Record<string, unknown>>, name: string): string {
  const value = claims[name];
  if (!isText(value)) throw refuseClaim(name);
  return value;
}

function readBasis(value: unknown): AssertionBasis {
  if (typeof value !== 'object' || value === null) throw refuseClaim('basis');
  if (!('kind' in value) || (value.kind !== 'grant' && value.kind !== 'review')) {
    throw refuseClaim('basis');
  }
  if (!('id' in value) || !isText(value.id)) throw refuseClaim('basis');
  return { kind: value.kind, id: value.id };
}

function readScope(value: unknown): 'read' | 'write' {
  if (value !== 'read' && value !== 'write') throw refuseClaim('scope');
  return value;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST_TEXT;
}

function refuseClaim(name: string): AssertionRefused {
  return new AssertionRefused('claims', `the claim ${name} is missing or has another shape`);
}
