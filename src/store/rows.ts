import type { Selectable } from 'kysely';
import type { AccessRequest } from '../domain/access-request.ts';
import type { Account, KnownPerson } from '../domain/change.ts';
import type { Grant } from '../domain/grant.ts';
import type { Hold } from '../domain/hold.ts';
import type { AccountId, SessionId } from '../domain/ids.ts';
import type { Principal, Session } from '../domain/principal.ts';
import type { Visit } from '../domain/visit.ts';
import type { Schema } from './schema.ts';

/**
 * Things to rows and back. What is read back was written here, by types that were checked then:
 * a stored body is trusted, and only here is it cast.
 */

export function grantRow(grant: Grant): Selectable<Schema['grants']> {
  const { grantee } = grant;
  return {
    id: grant.id,
    account: grant.account,
    grantee_role: grantee.kind === 'role' ? grantee.role : null,
    grantee_issuer: grantee.kind === 'person' ? grantee.person.issuer : null,
    grantee_subject: grantee.kind === 'person' ? grantee.person.subject : null,
    grantee_email: grantee.kind === 'email' ? grantee.email : null,
    expires_at: grant.expiresAt,
    revoked_at: grant.revoked?.at ?? null,
    body: JSON.stringify(grant),
  };
}

export function readGrant(row: { body: string }): Grant {
  return JSON.parse(row.body) as Grant;
}

export function requestRow(request: AccessRequest): Selectable<Schema['access_requests']> {
  return {
    id: request.id,
    account: request.account,
    issuer: request.requester.issuer,
    subject: request.requester.subject,
    expires_at: request.expiresAt,
    ended_as: request.ended?.as ?? null,
    body: JSON.stringify(request),
  };
}

export function readAccessRequest(row: { body: string }): AccessRequest {
  return JSON.parse(row.body) as AccessRequest;
}

export function visitRow(visit: Visit): Selectable<Schema['visits']> {
  return {
    id: visit.id,
    account: visit.account,
    issuer: visit.principal.issuer,
    subject: visit.principal.subject,
    session: visit.session,
    closed_at: visit.closed?.at ?? null,
    body: JSON.stringify(visit),
  };
}

export function readVisit(row: { body: string }): Visit {
  return JSON.parse(row.body) as Visit;
}

export type SessionRow = Pick<
  Selectable<Schema['sessions']>,
  'id' | 'principal' | 'started_at' | 'last_seen_at' | 'idle_ms' | 'expires_at' | 'ended_at'
>;

export const SESSION_COLUMNS = [
  'id',
  'principal',
  'started_at',
  'last_seen_at',
  'idle_ms',
  'expires_at',
  'ended_at',
] as const satisfies readonly (keyof SessionRow)[];

export function sessionRow(session: Session): SessionRow & { issuer: string; subject: string } {
  return {
    id: session.id,
    issuer: session.principal.issuer,
    subject: session.principal.subject,
    principal: JSON.stringify(session.principal),
    started_at: session.startedAt,
    last_seen_at: session.lastSeenAt,
    idle_ms: session.idleMs,
    expires_at: session.expiresAt,
    ended_at: session.endedAt ?? null,
  };
}

export function readSession(row: SessionRow): Session {
  return {
    id: row.id as SessionId,
    principal: JSON.parse(row.principal) as Principal,
    startedAt: row.started_at,
    lastSeenAt: row.last_seen_at,
    idleMs: row.idle_ms,
    expiresAt: row.expires_at,
    endedAt: row.ended_at ?? undefined,
  };
}

export function holdRow(hold: Hold): Selectable<Schema['holds']> {
  return {
    id: hold.id,
    account: hold.account ?? null,
    from_at: hold.from,
    to_at: hold.to,
    until_at: hold.until,
    lifted_at: hold.lifted?.at ?? null,
    body: JSON.stringify(hold),
  };
}

export function readHold(row: { body: string }): Hold {
  return JSON.parse(row.body) as Hold;
}

export function readAccount(row: Selectable<Schema['accounts']>): Account {
  return { id: row.id as AccountId, name: row.name ?? undefined, registeredAt: row.registered_at };
}

export function personRow(person: KnownPerson): Selectable<Schema['people']> {
  return {
    issuer: person.issuer,
    subject: person.subject,
    realm: person.realm,
    name: person.name ?? null,
    email: person.email ?? null,
    verified_email: person.verifiedEmail ?? null,
    last_sign_in_at: person.lastSignInAt,
  };
}

export function readPerson(row: Selectable<Schema['people']>): KnownPerson {
  return {
    issuer: row.issuer,
    subject: row.subject,
    realm: row.realm,
    name: row.name ?? undefined,
    email: row.email ?? undefined,
    verifiedEmail: row.verified_email ?? undefined,
    lastSignInAt: row.last_sign_in_at,
  };
}
