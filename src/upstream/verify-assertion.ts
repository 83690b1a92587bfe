import { errors, type JWTPayload, jwtVerify } from 'jose';
import { type Assertion, readAssertion } from './assertion.ts';
import { AssertionRefused, type RefusalReason } from './assertion-refused.ts';
import type { AssertionKeys } from './gateway-keys.ts';

/** What an assertion is checked against. */
export interface AssertionChecks {
  /** The gateway's public address, exactly as its `publicUrl`. */
  readonly issuer: string;
  /** The name this application has among the gateway's upstreams. */
  readonly audience: string;
  readonly keys: AssertionKeys;
  /** The account the request is about; an assertion for any other is refused. */
  readonly account?: string;
  /** How far the two clocks may be apart. 5 seconds unless given. */
  readonly clockToleranceSeconds?: number;
  /** The instant to judge at. Now, unless given. */
  readonly now?: Date;
}

/** Pinned: never taken from the token (RFC 8725, section 3.1). */
const ALGORITHMS = ['ES256', 'EdDSA'];
const DEFAULT_TOLERANCE_SECONDS = 5;
const LONGEST_TOKEN = 8_192;
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/**
 * Checks the value of a `Sallyport-Assertion` header and returns what it says: a JWT (RFC 7519),
 * signed by the gateway with ES256 or EdDSA, for this application, good for 60 seconds at most.
 *
 * @throws AssertionRefused if it must not be believed, with the reason
 */
export async function verifyAssertion(token: string, checks: AssertionChecks): Promise<Assertion> {
  if (token.length > LONGEST_TOKEN || !COMPACT_JWS.test(token)) {
    throw new AssertionRefused('malformed', 'not a signed token in compact form');
  }
  const tolerance = checks.clockToleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS;
  const claims = await verifyToken(token, checks, tolerance);
  if (claims.aud !== checks.audience) {
    throw new AssertionRefused('audience', 'for more than this application');
  }
  const assertion = readAssertion(claims);
  refuseFuture(assertion, checks.now ?? new Date(), tolerance);
  refuseOtherAccount(assertion, checks.account);
  return assertion;
}

async function verifyToken(
  token: string,
  checks: AssertionChecks,
  clockTolerance: number,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, checks.keys, {
      algorithms: ALGORITHMS,
      issuer: checks.issuer,
      audience: checks.audience,
      clockTolerance,
      ...(checks.now === undefined ? {} : { currentDate: checks.now }),
    });
    return payload;
  } catch (cause) {
    throw explain(cause);
  }
}

function refuseFuture(assertion: Assertion, now: Date, toleranceSeconds: number): void {
  if (assertion.issuedAt.getTime() > now.getTime() + toleranceSeconds * 1000) {
    throw new AssertionRefused('not-yet-valid', 'issued in the future');
  }
}

function refuseOtherAccount(assertion: Assertion, account: string | undefined): void {
  if (account !== undefined && assertion.account !== account) {
    throw new AssertionRefused('account', 'for another account than this request is about');
  }
}

function explain(cause: unknown): AssertionRefused {
  if (cause instanceof errors.JWTExpired) return refuse('expired', cause);
  if (cause instanceof errors.JWTClaimValidationFailed) return explainClaim(cause);
  if (cause instanceof errors.JOSEAlgNotAllowed) return refuse('algorithm', cause);
  if (cause instanceof errors.JOSENotSupported) return refuse('algorithm', cause);
  if (cause instanceof errors.JWSSignatureVerificationFailed) return refuse('signature', cause);
  if (cause instanceof errors.JWKSNoMatchingKey) return refuse('key', cause);
  if (cause instanceof errors.JWKSMultipleMatchingKeys) return refuse('key', cause);
  if (cause instanceof errors.JWSInvalid) return refuse('malformed', cause);
  if (cause instanceof errors.JWTInvalid) return refuse('malformed', cause);
  return new AssertionRefused('keys-unavailable', 'the keys of the gateway cannot be read', {
    cause,
  });
}

function explainClaim(cause: errors.JWTClaimValidationFailed): AssertionRefused {
  if (cause.claim === 'iss') return refuse('issuer', cause);
  if (cause.claim === 'aud') return refuse('audience', cause);
  if (cause.claim === 'nbf') return refuse('not-yet-valid', cause);
  return refuse('claims', cause);
}

function refuse(reason: RefusalReason, cause: Error): AssertionRefused {
  return new AssertionRefused(reason, cause.message, { cause });
}
