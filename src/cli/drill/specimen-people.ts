import { randomUUIDv7 } from 'node:crypto';
import type { Permit } from '../../domain/decision.ts';
import type { Grant } from '../../domain/grant.ts';
import type { AccountId, GrantId, SessionId, VisitId } from '../../domain/ids.ts';
import type { Principal, Session } from '../../domain/principal.ts';
import type { Role } from '../../domain/rights.ts';
import type { Instant } from '../../domain/time.ts';
import type { Visit } from '../../domain/visit.ts';
import { decide } from '../../policy/decide.ts';
import type { Policy } from '../../policy/policy.ts';

const HOUR_MS = 3_600_000;

/** An owner, somebody of the staff, and what lets the one into the other's account. */
export interface Scene {
  readonly owner: Session;
  readonly staff: Session;
  readonly grant: Grant;
  readonly visit: Visit;
}

export function inviteInto(account: AccountId, at: Instant): Scene {
  const owner = signIn(principal('owners', `owner-of-${account}`, 'owner', [account]), at);
  const staff = signIn(principal('staff', `visitor-of-${account}`, 'support', []), at);
  const grant: Grant = {
    id: randomUUIDv7() as GrantId,
    account,
    grantee: { kind: 'role', role: 'support' },
    scope: 'read',
    reason: undefined,
    issuedBy: owner.principal,
    issuedAt: at,
    startsAt: at,
    expiresAt: at + HOUR_MS,
    revoked: undefined,
    version: 1,
  };
  const visit: Visit = {
    id: randomUUIDv7() as VisitId,
    account,
    principal: staff.principal,
    session: staff.id,
    kind: 'grant',
    scope: undefined,
    purpose: 'The customer cannot see an invoice.',
    ticket: undefined,
    to: '/',
    openedAt: at,
    expiresAt: staff.expiresAt,
    closed: undefined,
    version: 1,
  };
  return { owner, staff, grant, visit };
}

/** What the judge says of a look at the account. */
export function permitOf({ staff, grant, visit }: Scene, policy: Policy): Permit {
  const decision = decide(
    policy,
    { visit, session: staff, account: grant.account, access: 'read', at: visit.openedAt },
    { grants: [grant] },
  );
  if (decision.outcome === 'permit') return decision;
  throw new Error(`the policy lets nobody in: ${decision.detail}`);
}

function signIn(of: Principal, at: Instant): Session {
  return {
    id: randomUUIDv7() as SessionId,
    principal: of,
    startedAt: at,
    lastSeenAt: at,
    idleMs: HOUR_MS,
    expiresAt: at + HOUR_MS,
    endedAt: undefined,
  };
}

function principal(
  realm: Principal['realm'],
  subject: string,
  role: Role,
  accounts: readonly AccountId[],
): Principal {
  return {
    realm,
    issuer: `https://${realm}.drill.example`,
    subject,
    name: undefined,
    email: undefined,
    verifiedEmail: undefined,
    roles: [role],
    accounts,
  };
}
