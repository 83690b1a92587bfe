import type { ReasonCode } from './access-request.ts';
import type { Access, Basis, Scope } from './basis.ts';
import type { Permit, RefusalReason } from './decision.ts';
import type { Grantee } from './grant.ts';
import type { Happening, InAccount } from './happening.ts';
import type { AccessRequestId, AccountId, GrantId, SessionId, VisitId } from './ids.ts';
import type { LogEvent } from './log-event.ts';
import type { Person } from './principal.ts';
import type { Instant, Milliseconds } from './time.ts';
import type { VisitEnd } from './visit.ts';

export { type Actor, actorOf, GATEWAY, type Network } from './happening.ts';

/** The request as it is recorded: secrets masked, query values only for listed keys. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  /** What the path means to a person: `invoice 1042`. */
  readonly noun?: string;
}

/** A grant as the log states it: every fact a later replay rests on. */
export interface GrantFact {
  readonly id: GrantId;
  readonly grantee: Grantee;
  readonly scope: Scope;
  readonly issuedBy: Person;
  readonly startsAt: Instant;
  readonly expiresAt: Instant;
  readonly version: number;
}

export interface AccessAttempted extends InAccount {
  readonly event: 'access.attempted';
  /** Carried so that only what the judge permitted can be recorded, and only what was recorded can be sent. Never written. */
  readonly permit: Permit;
  readonly access: Access;
  readonly basis: Basis;
  readonly visit: VisitId;
  readonly purpose: string;
  readonly ticket?: string;
  readonly request: RecordedRequest;
  readonly upstream: string;
  readonly policy: string;
  readonly rule: string;
}

/** Why an exchange under way was cut. */
export type Cut =
  | 'grant-ended'
  | 'visit-closed'
  | 'signed-out'
  | 'client-left'
  | 'upstream-failed'
  | 'upstream-timeout'
  | 'shutdown';

export interface AccessFinished extends InAccount {
  readonly event: 'access.finished';
  readonly attempt: number;
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMs: number;
  readonly cut?: Cut;
}

export interface AccessInterrupted extends InAccount {
  readonly event: 'access.interrupted';
  readonly attempt: number;
  /** `crash`: the gateway died in it. `late`: it was recorded too late to be let through. */
  readonly why: 'crash' | 'late';
}

/** What can be refused that is no request to an application. */
export type RefusedAct =
  | 'visit.open'
  | 'grant.issue'
  | 'grant.change'
  | 'grant.revoke'
  | 'access-request.submit'
  | 'access-request.approve'
  | 'access-request.deny'
  | 'access-request.withdraw';

export interface AccessRefused extends Happening {
  readonly event: 'access.refused';
  /** What was wanted, where it was no request to an application. */
  readonly act?: RefusedAct;
  readonly account?: AccountId;
  readonly reason: RefusalReason;
  readonly access?: Access;
  readonly visit?: VisitId;
  readonly purpose?: string;
  readonly ticket?: string;
  readonly request?: RecordedRequest;
  readonly policy?: string;
  readonly rule?: string;
  /** More than one: a summary of refusals of people who had not signed in, from `from` to `to`. */
  readonly count?: number;
  readonly from?: Instant;
  readonly to?: Instant;
}

export interface VisitOpened extends InAccount {
  readonly event: 'visit.opened';
  readonly visit: VisitId;
  readonly basis: Basis;
  /** The most it may do, if its visitor said so. */
  readonly scope?: Scope | undefined;
  readonly purpose: string;
  readonly ticket?: string;
  /** When the sign-in ends that it was opened from: the longest it can last. */
  readonly expiresAt: Instant;
  readonly policy: string;
}

export interface VisitClosed extends InAccount {
  readonly event: 'visit.closed';
  readonly visit: VisitId;
  readonly why: VisitEnd;
  /** When it would have ended by itself: what ends it is kept as long as what began it. */
  readonly expiresAt: Instant;
}

export interface GrantIssued extends InAccount {
  readonly event: 'grant.issued';
  readonly basis: Basis;
  readonly grant: GrantFact;
  /** The request it answers, if it answers one: it was approved in the same act. */
  readonly accessRequest?: AccessRequestId;
  readonly reason?: string;
  readonly policy: string;
}

/** Its owner changed it, or it named an e-mail and the gateway bound it to the person it belongs to. */
export interface GrantChanged extends InAccount {
  readonly event: 'grant.changed';
  readonly basis: Basis;
  readonly grant: GrantFact;
  /** When it would have ended before its owner changed that: a change is kept as long as what it changed. */
  readonly expiresAt?: Instant;
  readonly policy?: string;
}

export interface GrantRevoked extends InAccount {
  readonly event: 'grant.revoked';
  readonly basis: Basis;
  /** When it would have ended by itself: what ends it is kept as long as what began it. */
  readonly expiresAt: Instant;
  readonly reason?: string;
  readonly policy?: string;
}

export interface AccessRequestSubmitted extends InAccount {
  readonly event: 'access-request.submitted';
  readonly accessRequest: AccessRequestId;
  readonly scope: Scope;
  /** How long the grant would last, from its approval on. */
  readonly durationMs: Milliseconds;
  readonly code: ReasonCode;
  readonly reason: string;
  readonly ticket?: string;
  /** The path inside the account that is wanted. */
  readonly to?: string;
  /** Unanswered at this instant it is over. */
  readonly expiresAt: Instant;
  readonly policy: string;
}

/** An owner said yes. The grant stands in an entry of its own, in the same act. */
export interface AccessRequestApproved extends InAccount {
  readonly event: 'access-request.approved';
  readonly accessRequest: AccessRequestId;
  /** The grant that came of it. */
  readonly basis: Basis;
  readonly scope: Scope;
  readonly durationMs: Milliseconds;
  /** When it would have ended by itself: what ends it is kept as long as what began it. */
  readonly expiresAt: Instant;
  readonly policy: string;
}

export interface AccessRequestDenied extends InAccount {
  readonly event: 'access-request.denied';
  readonly accessRequest: AccessRequestId;
  readonly reason?: string;
  readonly expiresAt: Instant;
  readonly policy: string;
}

export interface AccessRequestWithdrawn extends InAccount {
  readonly event: 'access-request.withdrawn';
  readonly accessRequest: AccessRequestId;
  readonly expiresAt: Instant;
  readonly policy: string;
}

export interface AccountRegistered extends InAccount {
  readonly event: 'account.registered';
  readonly name?: string;
}

export interface AgreementAccepted extends Happening {
  readonly event: 'agreement.accepted';
  readonly version: string;
  readonly textDigest: string;
}

export interface SessionStarted extends Happening {
  readonly event: 'session.started';
  readonly session: SessionId;
  /** The accounts an owner's sign-in named: what his grants rest on. */
  readonly accounts?: readonly AccountId[];
  /** The e-mail the provider vouched for: what binds a grant that named it to this person. */
  readonly verifiedEmail?: string;
  readonly expiresAt: Instant;
  /** Of an owner's: until when a grant can last that was issued in it. It is kept as long as what rests on it. */
  readonly groundUntil?: Instant;
}

export type SessionEnd = 'signed-out' | 'replaced' | 'ended-by-admin' | 'ended-by-holder';

export interface SessionEnded extends Happening {
  readonly event: 'session.ended';
  readonly session: SessionId;
  readonly why: SessionEnd;
  /** When it would have ended by itself: what ends it is kept as long as what began it. */
  readonly expiresAt: Instant;
  /** Of an owner's: until when a grant can last that was issued in it. It is kept as long as what rests on it. */
  readonly groundUntil?: Instant;
}

export interface SignInRefused extends Happening {
  readonly event: 'session.refused';
  readonly reason: string;
}

/** Everything that is recorded, and all that is recorded. */
export type Event =
  | AccessAttempted
  | AccessFinished
  | AccessInterrupted
  | AccessRefused
  | VisitOpened
  | VisitClosed
  | GrantIssued
  | GrantChanged
  | GrantRevoked
  | AccessRequestSubmitted
  | AccessRequestApproved
  | AccessRequestDenied
  | AccessRequestWithdrawn
  | AccountRegistered
  | AgreementAccepted
  | SessionStarted
  | SessionEnded
  | SignInRefused
  | LogEvent;

export type EventName = Event['event'];
