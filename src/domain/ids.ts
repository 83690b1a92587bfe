import type { AccountId } from './account-id.ts';

declare const brand: unique symbol;
/** A string that only its own parser or maker may produce. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

export type GrantId = Branded<'GrantId'>;
export type ReviewId = Branded<'ReviewId'>;
export type VisitId = Branded<'VisitId'>;
/** The public name of a sign-in. It is no secret: the cookie's value is another one. */
export type SessionId = Branded<'SessionId'>;
/** One running gateway process; several may share one store. */
export type InstanceId = Branded<'InstanceId'>;
/** SHA-256 of a secret, in hex. Secrets themselves are never stored. */
export type SecretHash = Branded<'SecretHash'>;
/** Contents that are kept from erasure for a case. */
export type HoldId = Branded<'HoldId'>;
/** A question of an employee to the owners of an account. */
export type AccessRequestId = Branded<'AccessRequestId'>;
export type { AccountId };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Reads a UUID in its one lower-case form (RFC 9562 section 4); anything else is `undefined`. */
export function parseUuid<
  Id extends GrantId | ReviewId | VisitId | SessionId | HoldId | AccessRequestId,
>(text: unknown): Id | undefined {
  return typeof text === 'string' && UUID.test(text) ? (text as Id) : undefined;
}
