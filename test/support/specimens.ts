import type { AccessRequest } from '../../src/domain/access-request.ts';
import type { Basis } from '../../src/domain/basis.ts';
import type { Permit } from '../../src/domain/decision.ts';
import {
  type AccessAttempted,
  type AccessRequestSubmitted,
  type AccountRegistered,
  actorOf,
  type GrantIssued,
  type GrantRevoked,
  type SessionStarted,
  type VisitOpened,
} from '../../src/domain/event.ts';
import type { Grant, Grantor } from '../../src/domain/grant.ts';
import { type AccountId, parseAccountId } from '../../src/domain/account-id.ts';
import type { AccessRequestId, GrantId, SessionId, VisitId } from '../../src/domain/ids.ts';
import type { Principal, Session } from '../../src/domain/principal.ts';
import type { Visit } from '../../src/domain/visit.ts';

/**
 * One of each thing, well-formed and alive at `NOON`; what a test is about it says itself.
 */

export const NOON = Date.parse('2026-11-23T12:00:00.000Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const ACME = accountId('acme');
export const GLOBEX = accountId('globex');

export function accountId(text: string): AccountId {
  const id = parseAccountId(text);
  if (id === undefined) throw new TypeError(`${text} is no account id`);
  return id;
}

export const OLIVE: Grantor = {
  issuer: 'https://owners.example',
  subject: 'olive',
  name: 'Olive Owner',
  email: 'olive@acme.example',
};

export function staff(over: Partial<Principal> = {}): Principal {
  return {
    realm: 'staff',
    issuer: 'https://staff.example',
    subject: 'sam',
    name: 'Sam Support',
    email: 'sam@corp.example',
    verifiedEmail: 'sam@corp.example',
    roles: ['support'],
    accounts: [],
    ...over,
  };
}

export function owner(over: Partial<Principal> = {}): Principal {
  const { issuer, subject, name, email } = OLIVE;
  return staff({
    realm: 'owners',
    issuer,
    subject,
    name,
    email,
    verifiedEmail: email,
    roles: ['owner'],
    accounts: [ACME],
    ...over,
  });
}

export function session(over: Partial<Session> = {}): Session {
  return {
    id: '018f0000-0000-7000-8000-000000000001' as SessionId,
    principal: staff(),
    startedAt: NOON,
    lastSeenAt: NOON,
    idleMs: 30 * MINUTE,
    expiresAt: NOON + 12 * HOUR,
    endedAt: undefined,
    ...over,
  };
}

export function grant(over: Partial<Grant> = {}): Grant {
  return {
    id: '018f0000-0000-7000-8000-00000000000a' as GrantId,
    account: ACME,
    grantee: { kind: 'role', role: 'support' },
    scope: 'write',
    reason: undefined,
    issuedBy: OLIVE,
    issuedAt: NOON,
    startsAt: NOON,
    expiresAt: NOON + HOUR,
    revoked: undefined,
    version: 1,
    ...over,
  };
}

export function accessRequest(over: Partial<AccessRequest> = {}): AccessRequest {
  const { issuer, subject, name, email } = staff();
  return {
    id: '018f0000-0000-7000-8000-0000000000b1' as AccessRequestId,
    account: ACME,
    requester: { issuer, subject, name, email },
    scope: 'write',
    durationMs: HOUR,
    reason: { code: 'bug', text: 'The customer cannot see an invoice.', ticket: 'T-123' },
    to: '/invoices/1042',
    submittedAt: NOON,
    expiresAt: NOON + 3 * DAY,
    ended: undefined,
    version: 1,
    ...over,
  };
}

export function visit(over: Partial<Visit> = {}): Visit {
  return {
    id: '018f0000-0000-7000-8000-0000000000f1' as VisitId,
    account: ACME,
    principal: staff(),
    session: session().id,
    kind: 'grant',
    scope: 'write',
    purpose: 'The customer cannot see an invoice.',
    ticket: undefined,
    to: '/',
    openedAt: NOON,
    expiresAt: NOON + 12 * HOUR,
    closed: undefined,
    version: 1,
    ...over,
  };
}

/** A permit without a judge: only what is tested below the judge may use it. */
export function permit(over: Partial<Omit<Permit, 'outcome'>> = {}): Permit {
  return {
    outcome: 'permit',
    visit: visit(),
    access: 'read',
    basis: { kind: 'grant', id: grant().id },
    scope: 'read',
    role: 'support',
    rule: 'p, support, content, read, grant, allow',
    policy: 'sha256:00',
    expiresAt: NOON + HOUR,
    ...over,
  } as Permit;
}

export function sessionStarted(of: Session): SessionStarted {
  return {
    event: 'session.started',
    actor: actorOf(of.principal, of.id),
    network: { ip: '192.0.2.10', userAgent: 'Firefox' },
    session: of.id,
    expiresAt: of.expiresAt,
    ...(of.principal.realm === 'owners' ? { accounts: of.principal.accounts } : {}),
  };
}

export function accountRegistered(account: AccountId = ACME): AccountRegistered {
  return { event: 'account.registered', actor: OWNER_ACTOR, account };
}

export function grantIssued(of: Grant): GrantIssued {
  const { id, grantee, scope, issuedBy, startsAt, expiresAt, version } = of;
  const { issuer, subject } = issuedBy;
  return {
    event: 'grant.issued',
    actor: OWNER_ACTOR,
    account: of.account,
    basis: basisOf(of),
    grant: {
      id,
      grantee,
      scope,
      issuedBy: { issuer, subject },
      startsAt,
      expiresAt,
      version,
    },
    policy: 'sha256:00',
  };
}

export function requestSubmitted(of: AccessRequest): AccessRequestSubmitted {
  const { scope, durationMs, reason, to = '/', expiresAt } = of;
  return {
    event: 'access-request.submitted',
    actor: actorOf(staff(of.requester), session().id),
    account: of.account,
    accessRequest: of.id,
    scope,
    durationMs,
    code: reason.code,
    reason: reason.text,
    ticket: reason.ticket ?? '',
    to,
    expiresAt,
    policy: 'sha256:00',
  };
}

export function grantRevoked(of: Grant): GrantRevoked {
  return {
    event: 'grant.revoked',
    actor: OWNER_ACTOR,
    account: of.account,
    basis: basisOf(of),
    expiresAt: of.expiresAt,
  };
}

export function visitOpened(of: Visit, on: Grant): VisitOpened {
  return {
    event: 'visit.opened',
    actor: actorOf(of.principal, of.session),
    account: of.account,
    visit: of.id,
    basis: basisOf(on),
    scope: of.scope,
    purpose: of.purpose,
    expiresAt: of.expiresAt,
    policy: 'sha256:00',
  };
}

export function accessAttempted(given: Permit, path = '/users'): AccessAttempted {
  const of = given.visit;
  return {
    event: 'access.attempted',
    actor: actorOf(of.principal, of.session),
    network: { ip: '192.0.2.10', userAgent: 'Firefox' },
    account: of.account,
    permit: given,
    access: given.access,
    basis: given.basis,
    visit: of.id,
    purpose: of.purpose,
    ticket: 'T-123',
    request: { method: given.access === 'read' ? 'GET' : 'POST', path },
    upstream: 'console',
    policy: given.policy,
    rule: given.rule,
  };
}

export function basisOf(of: Grant): Basis {
  return { kind: 'grant', id: of.id };
}

const OWNER_ACTOR = actorOf(owner(), '018f0000-0000-7000-8000-0000000000c1' as SessionId);
