import { type Scope, scopeCovers } from './basis.ts';
import type { AccessRequestId, AccountId, GrantId } from './ids.ts';
import { isSamePerson, type Person } from './principal.ts';
import { type FieldError, Problem } from './problem.ts';
import type { Instant, Milliseconds } from './time.ts';

/** Why somebody wants to be let in; what exactly, he says in words beside it. */
export const REASON_CODES = ['customer-asked', 'incident', 'bug', 'billing', 'other'] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

export interface RequestReason {
  readonly code: ReasonCode;
  readonly text: string;
  readonly ticket: string | undefined;
}

/** Who asks, with what he is called for show. */
export interface Requester extends Person {
  readonly name: string | undefined;
  readonly email: string | undefined;
}

/** How a request was ended by somebody. */
export type RequestEnding =
  | {
      readonly as: 'approved';
      readonly at: Instant;
      readonly by: Person;
      readonly grant: GrantId;
    }
  | {
      readonly as: 'denied';
      readonly at: Instant;
      readonly by: Person;
      readonly reason: string | undefined;
    }
  | { readonly as: 'withdrawn'; readonly at: Instant; readonly by: Person };

/** An employee's question to the owner of an account: may I come in? */
export interface AccessRequest {
  readonly id: AccessRequestId;
  readonly account: AccountId;
  readonly requester: Requester;
  readonly scope: Scope;
  /** How long the grant would last, from its approval on. */
  readonly durationMs: Milliseconds;
  readonly reason: RequestReason;
  /** The path inside the account that he wants to see. */
  readonly to: string | undefined;
  readonly submittedAt: Instant;
  /** Exclusive: unanswered at this instant it is over. */
  readonly expiresAt: Instant;
  readonly ended: RequestEnding | undefined;
  /** Counts changes, so that two people cannot answer it past each other. */
  readonly version: number;
}

export const REQUEST_STATES = ['pending', 'approved', 'denied', 'withdrawn', 'expired'] as const;

/**
 * `pending` becomes one of the others, and each of those is final. What expires does so by the time of
 * the question: nobody has to come by.
 */
export type RequestState = (typeof REQUEST_STATES)[number];

/** Judged at each question. An answer holds from its place in the log on, whatever the clocks say. */
export function requestState(request: AccessRequest, at: Instant): RequestState {
  if (request.ended !== undefined) return request.ended.as;
  return at >= request.expiresAt ? 'expired' : 'pending';
}

/** What somebody asks for, its fields already well-formed. */
export type RequestWish = Pick<AccessRequest, 'account' | 'scope' | 'durationMs' | 'reason' | 'to'>;

export interface RequestLimits {
  /** The longest a grant may last. */
  readonly maxDurationMs: Milliseconds;
  /** How long a request waits for its answer. */
  readonly requestExpiresAfterMs: Milliseconds;
}

/** Makes a request of a wish. Throws `invalid-request` for a duration that no grant may have. */
export function submitRequest(
  wish: RequestWish,
  facts: { id: AccessRequestId; requester: Requester; now: Instant; limits: RequestLimits },
): AccessRequest {
  const { id, requester, now, limits } = facts;
  if (wish.durationMs <= 0) throw mistake('/duration', 'This is no time at all.');
  if (wish.durationMs > limits.maxDurationMs)
    throw mistake('/duration', 'This is longer than a permission may last.');
  return {
    ...wish,
    id,
    requester,
    submittedAt: now,
    expiresAt: now + limits.requestExpiresAfterMs,
    ended: undefined,
    version: 1,
  };
}

/** What an owner allows of what was asked; what is not said is as asked. */
export interface Allowance {
  readonly scope?: Scope | undefined;
  readonly durationMs?: Milliseconds | undefined;
}

/**
 * What an approval gives: as asked or narrower. Throws `request-ended`, `second-person-required` where
 * the approver is the requester, and `invalid-request` naming each field that is more than was asked.
 */
export function weighApproval(
  request: AccessRequest,
  allowance: Allowance,
  by: { person: Person; now: Instant },
): { readonly scope: Scope; readonly durationMs: Milliseconds } {
  requirePending(request, by.now);
  if (isSamePerson(request.requester, by.person))
    throw new Problem('second-person-required', 'Nobody approves what he asked for himself.');
  const { scope = request.scope, durationMs = request.durationMs } = allowance;
  const errors: FieldError[] = [];
  if (!scopeCovers(request.scope, scope))
    errors.push({ pointer: '/scope', detail: 'This is more than was asked for.' });
  if (durationMs > request.durationMs)
    errors.push({ pointer: '/duration', detail: 'This is longer than was asked for.' });
  if (durationMs <= 0) errors.push({ pointer: '/duration', detail: 'This is no time at all.' });
  if (errors.length > 0)
    throw new Problem('invalid-request', 'The request cannot be approved like this.', { errors });
  return { scope, durationMs };
}

/** Ends a request. Throws `request-ended` unless it is pending. */
export function endRequest(request: AccessRequest, ended: RequestEnding): AccessRequest {
  requirePending(request, ended.at);
  return { ...request, ended, version: request.version + 1 };
}

function requirePending(request: AccessRequest, at: Instant): void {
  const state = requestState(request, at);
  if (state !== 'pending')
    throw new Problem('request-ended', `This request is not waiting any more: it is ${state}.`);
}

function mistake(pointer: string, detail: string): Problem {
  return new Problem('invalid-request', 'The request cannot be made like this.', {
    errors: [{ pointer, detail }],
  });
}
