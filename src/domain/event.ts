import type { Access, Basis, Scope } from './basis.ts';
import type { Permit, RefusalReason } from './decision.ts';
import type { Grantee } from './grant.ts';
import type { AccountId, GrantId, HoldId, SessionId, VisitId } from './ids.ts';
import type { Person, Principal, Realm } from './principal.ts';
import type { Role } from './rights.ts';
import type { Instant, Milliseconds } from './time.ts';
import type { VisitEnd } from './visit.ts';

/** Who did it, as the log keeps it. `gateway` is Sallyport itself, `stranger` somebody who has not signed in. */
export interface Actor {
  readonly realm: Realm | 'gateway' | 'stranger';
  readonly issuer?: string;
  readonly subject: string;
  readonly name?: string;
  readonly email?: string;
  readonly roles?: readonly Role[];
  readonly session?: SessionId;
}

export const GATEWAY: Actor = { realm: 'gateway', subject: 'gateway' };

export function actorOf(principal: Principal, session: SessionId): Actor {
  return {
    realm: principal.realm,
    issuer: principal.issuer,
    subject: principal.subject,
    ...(principal.name === undefined ? {} : { name: principal.name }),
    ...(principal.email === undefined ? {} : { email: principal.email }),
    roles: principal.roles,
    session,
  };
}

/** Where it came from. */
export interface Network {
  readonly ip: string;
  readonly userAgent?: string;
}

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

interface Happening {
  readonly actor: Actor;
  readonly network?: Network | undefined;
}

interface InAccount extends Happening {
  readonly account: AccountId;
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

export interface AccessRefused extends Happening {
  readonly event: 'access.refused';
  /** What was wanted, where it was no request to an application. */
  readonly act?: 'visit.open' | 'grant.issue' | 'grant.revoke';
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
  readonly reason?: string;
  readonly policy: string;
}

/** A grant that named an e-mail has been bound to the person it belongs to. */
export interface GrantChanged extends InAccount {
  readonly event: 'grant.changed';
  readonly basis: Basis;
  readonly grant: GrantFact;
}

export interface GrantRevoked extends InAccount {
  readonly event: 'grant.revoked';
  readonly basis: Basis;
  /** When it would have ended by itself: what ends it is kept as long as what began it. */
  readonly expiresAt: Instant;
  readonly reason?: string;
  readonly policy?: string;
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
}

export type SessionEnd = 'signed-out' | 'replaced' | 'ended-by-admin' | 'ended-by-holder';

export interface SessionEnded extends Happening {
  readonly event: 'session.ended';
  readonly session: SessionId;
  readonly why: SessionEnd;
  /** When it would have ended by itself: what ends it is kept as long as what began it. */
  readonly expiresAt: Instant;
}

export interface SignInRefused extends Happening {
  readonly event: 'session.refused';
  readonly reason: string;
}

export interface LogRead extends Happening {
  readonly event: 'log.read';
  readonly account?: AccountId;
  /** What was asked, as the query string of the request. */
  readonly query: string;
  readonly count: number;
}

/** Records were handed out as a file. It is recorded before the first byte of it. */
export interface LogExported extends Happening {
  readonly event: 'log.exported';
  readonly account?: AccountId;
  readonly query: string;
  /** `bundle`, `jsonl`, `csv`, `ocsf`. */
  readonly format: string;
  /** How far the log reached: nothing from this index on is in it. */
  readonly size: number;
}

export interface PolicyLoaded extends Happening {
  readonly event: 'policy.loaded';
  readonly policy: string;
  readonly model: string;
  readonly rules: string;
}

export interface ConfigurationLoaded extends Happening {
  readonly event: 'configuration.loaded';
  readonly digest: string;
}

export interface GatewayStarted extends Happening {
  readonly event: 'gateway.started';
  readonly instance: string;
  readonly version: string;
}

export interface GatewayStopped extends Happening {
  readonly event: 'gateway.stopped';
  readonly instance: string;
}

/** The wall clock jumped ahead of the time that had passed: whatever ends by time may have ended early. */
export interface ClockStepped extends Happening {
  readonly event: 'clock.stepped';
  readonly stepMs: Milliseconds;
}

/** Written while nothing else is, so that a log that fell silent can be told from one that was cut short. Public. */
export interface LogHeartbeat extends Happening {
  readonly event: 'log.heartbeat';
  /** The next entry follows within this time, while the gateway runs. */
  readonly everyMs: Milliseconds;
}

/** Another key signs the log from here on; until `overlapUntil` the one before signs too. Public. */
export interface LogKeyRotated extends Happening {
  readonly event: 'log.key-rotated';
  /** Verifier keys, as lines of C2SP signed-note. */
  readonly key: string;
  readonly previousKey: string;
  readonly overlapUntil: Instant;
}

/**
 * Contents whose time was over were erased: of the entries from index `from` up to but not including
 * `to`, `count`. Public.
 */
export interface RetentionErased extends Happening {
  readonly event: 'retention.erased';
  /** The rule it was done by: how long contents are kept after what they state has ended, such as `365d`. */
  readonly policy: string;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Contents of entries from `from` up to but not including `to` are kept until `until`, however old. */
export interface HoldPlaced extends Happening {
  readonly event: 'hold.placed';
  readonly hold: HoldId;
  /** Without it: every account. */
  readonly account?: AccountId;
  readonly case: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly until: Instant;
}

export interface HoldLifted extends Happening {
  readonly event: 'hold.lifted';
  readonly hold: HoldId;
  readonly account?: AccountId;
  /** When it would have ended by itself: what ends it is kept as long as what began it. */
  readonly until: Instant;
}

/**
 * The first entry of a log that goes on from another whose database was lost: a new epoch, with an
 * origin of its own. Public.
 */
export interface LogRecovered extends Happening {
  readonly event: 'log.recovered';
  readonly origin: string;
  readonly format: string;
  /** The last checkpoint of the log before, to the letter. */
  readonly previous: string;
  /** What happened, in the words of whoever runs it. */
  readonly statement: string;
}

/** The first entry of every other log. Public by design: nothing in it is personal. */
export interface LogBegun extends Happening {
  readonly event: 'log.begun';
  readonly origin: string;
  readonly format: string;
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
  | AccountRegistered
  | AgreementAccepted
  | SessionStarted
  | SessionEnded
  | SignInRefused
  | LogRead
  | LogExported
  | PolicyLoaded
  | ConfigurationLoaded
  | GatewayStarted
  | GatewayStopped
  | ClockStepped
  | HoldPlaced
  | HoldLifted
  | RetentionErased
  | LogHeartbeat
  | LogKeyRotated
  | LogRecovered
  | LogBegun;

export type EventName = Event['event'];
