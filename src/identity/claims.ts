import { type AccountId, parseAccountId } from '../domain/account-id.ts';
import { ROLES, type Role } from '../domain/rights.ts';

/** What a provider says of somebody: the claims of an ID token, or of a userinfo answer. */
export type Claims = Readonly<Record<string, unknown>>;

/** How a realm's claims become rights. */
export type ClaimReading =
  | {
      readonly realm: 'staff';
      readonly rolesClaim: string;
      /** The values of the claim that give a role. A role that is not named is nobody's. */
      readonly roles: Readonly<Partial<Record<Role, readonly string[]>>>;
    }
  | { readonly realm: 'owners'; readonly accountsClaim: string };

const MOST_ACCOUNTS = 10_000;
const LONGEST_NAME = 200;
/** RFC 5321 section 4.5.3.1: 64 for the local part, 255 for the domain, and the sign between. */
const LONGEST_EMAIL = 320;
/** OpenID Connect Core section 2: a subject is at most 255 ASCII characters. */
const SUBJECT = /^[\x20-\x7e]{1,255}$/;
const EMAIL = /^[^\s@]+@[^\s@]+$/u;

/** The claim that rights are read from. */
export function rightsClaim(reading: ClaimReading): string {
  return reading.realm === 'staff' ? reading.rolesClaim : reading.accountsClaim;
}

/** Whether a subject is one that may be kept and compared. */
export function isSubject(text: string): boolean {
  return SUBJECT.test(text);
}

/** The roles a sign-in carries: those of the configured values, or `owner` for every owner. */
export function readRoles(reading: ClaimReading, claims: Claims): readonly Role[] {
  if (reading.realm === 'owners') return ['owner'];
  const held = new Set(readTexts(claims, reading.rolesClaim));
  // Neither can be signed in for among staff, whatever a configuration maps to it.
  return ROLES.filter((role) => role !== 'owner' && role !== 'service').filter((role) =>
    reading.roles[role]?.some((value) => held.has(value)),
  );
}

/** The accounts an owner owns. What is not an account id is left out; so is all beyond 10,000. */
export function readAccounts(reading: ClaimReading, claims: Claims): readonly AccountId[] {
  if (reading.realm === 'staff') return [];
  const ids = readTexts(claims, reading.accountsClaim)
    .slice(0, MOST_ACCOUNTS)
    .map(parseAccountId)
    .filter((id) => id !== undefined);
  return [...new Set(ids)];
}

/** The name for show, if there is one that can be shown. */
export function readName(claims: Claims): string | undefined {
  const name = claims['name'];
  if (typeof name !== 'string') return undefined;
  const shown = name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return shown === '' ? undefined : shown.slice(0, LONGEST_NAME).toWellFormed();
}

/**
 * The e-mail for show, and the same one lower-cased if the provider vouches for it. Both are taken
 * from one set of claims: a promise about one address must never count for another.
 */
export function readEmail(claims: Claims): {
  email: string | undefined;
  verifiedEmail: string | undefined;
} {
  const email = claims['email'];
  if (typeof email !== 'string' || email.length > LONGEST_EMAIL || !EMAIL.test(email)) {
    return { email: undefined, verifiedEmail: undefined };
  }
  const isVerified = claims['email_verified'] === true;
  return { email, verifiedEmail: isVerified ? email.toLowerCase() : undefined };
}

/** A claim that holds text or a list of it; everything else in it is left out. */
function readTexts(claims: Claims, name: string): readonly string[] {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((text) => typeof text === 'string');
}
