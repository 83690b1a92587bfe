import { type Actor, actorOf, type Network } from '../domain/event.ts';
import type { Condition } from '../domain/condition.ts';
import type { RequestLimits } from '../domain/access-request.ts';
import type { GrantLimits } from '../domain/grant.ts';
import type { AccountId } from '../domain/ids.ts';
import { Problem } from '../domain/problem.ts';
import type { Session } from '../domain/principal.ts';
import type { Milliseconds } from '../domain/time.ts';
import type { Policy } from '../policy/policy.ts';
import type { Evidence } from '../recorder/evidence.ts';
import type { Recorder } from '../recorder/recorder.ts';

/** What every act of the control plane works with. */
export interface Control {
  readonly recorder: Recorder;
  readonly evidence: Evidence;
  /** The policy in force; asked for at each act, since it may be replaced. */
  readonly policy: () => Policy;
  readonly settings: ControlSettings;
}

export interface ControlSettings {
  readonly staffIssuer: string;
  readonly grants: GrantLimits & RequestLimits;
  readonly session: { readonly idleMs: Milliseconds; readonly absoluteMs: Milliseconds };
  /** The confidentiality agreement staff accept before their first visit, if there is one. */
  readonly agreement: Agreement | undefined;
  /** The origin of an account, such as `https://acme.accounts.example.com`. */
  readonly accountOrigin: (account: AccountId) => string;
}

export interface Agreement {
  readonly version: string;
  readonly text: string;
  /** `sha256:…` of the text. */
  readonly digest: string;
}

/** Who asks, through which sign-in, from where. */
export interface Caller {
  readonly session: Session;
  readonly network: Network;
}

/** The caller as the log keeps him. */
export function actorFields(caller: Caller): { actor: Actor; network: Network } {
  return { actor: actorOf(caller.session.principal, caller.session.id), network: caller.network };
}

/** What an act's condition means to the caller when it fails at the moment of commit. */
export function conditionProblem(condition: Condition): Problem {
  switch (condition.that) {
    case 'sign-in-alive':
    case 'session-not-ended':
      return new Problem('sign-in-required', 'Your sign-in has ended.');
    case 'role-held':
      return new Problem('not-permitted', 'Your role does not allow this any more.');
    case 'basis-covers':
      return new Problem('no-basis', 'The permission has just ended.');
    case 'visit-open':
      return new Problem('visit-ended', 'The visit has just ended.');
    case 'no-pending-request':
      return new Problem('request-pending', 'You have already asked to enter this account.');
    case 'request-version-is':
      return new Problem('request-ended', 'This request is not waiting any more.');
    case 'grant-unended':
      return new Problem('grant-ended', 'This permission has already ended.');
    case 'grant-version-is':
    case 'visit-version-is':
    case 'account-unregistered':
    case 'key-unused':
    case 'attempt-open':
    case 'hold-not-lifted':
    case 'holds-unchanged':
    case 'contents-kept':
      return new Problem('version-conflict', 'Somebody changed this at the same time. Look again.');
  }
}
