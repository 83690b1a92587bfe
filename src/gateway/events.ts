import type { Permit } from '../domain/decision.ts';
import { type AccessAttempted, type AccessRefused, actorOf } from '../domain/event.ts';
import type { AccountId } from '../domain/ids.ts';
import { Problem } from '../domain/problem.ts';
import type { Visit } from '../domain/visit.ts';
import type { Outcome } from './forward.ts';
import type { Arrival, Visitor } from './arrival.ts';
import type { Located, Place } from './locate.ts';
import { Refusal } from './refusal.ts';

/** What an attempt says of the request, and on what it was let through. */
export function attemptOf(
  arrival: Arrival,
  visitor: Visitor,
  place: Place,
  permit: Permit,
): AccessAttempted {
  const { visit, session } = visitor;
  return {
    event: 'access.attempted',
    actor: actorOf(session.principal, session.id),
    network: arrival.network,
    account: arrival.account,
    permit,
    access: place.access,
    basis: permit.basis,
    visit: visit.id,
    purpose: visit.purpose,
    ...(visit.ticket === undefined ? {} : { ticket: visit.ticket }),
    request: place.request,
    upstream: place.upstream.name,
    policy: permit.policy,
    rule: permit.rule,
  };
}

/** What an entry about a refusal says. */
export function refusalOf(arrival: Arrival, visitor: Visitor, refusal: Refusal): AccessRefused {
  const { visit, session } = visitor;
  const { access, request, policy, rule } = refusal.known;
  return {
    event: 'access.refused',
    actor: actorOf(session.principal, session.id),
    network: arrival.network,
    account: arrival.account,
    reason: refusal.reason,
    visit: visit.id,
    ...statedFor(visit, arrival.account),
    ...(access === undefined ? {} : { access }),
    ...(request === undefined ? {} : { request }),
    ...(policy === undefined ? {} : { policy }),
    ...(rule === undefined ? {} : { rule }),
  };
}

/** What somebody wants in one account is nothing for the owner of another, whose record this is. */
function statedFor(visit: Visit, account: AccountId): Pick<AccessRefused, 'purpose' | 'ticket'> {
  if (visit.account !== account) return {};
  const { purpose, ticket } = visit;
  return { purpose, ...(ticket === undefined ? {} : { ticket }) };
}

/** What is known of a located request, for its refusal. */
export function knownOf(place: Place) {
  return { access: place.access, request: place.request };
}

/** Why a request that leads nowhere is refused. */
export function unlocated(located: Exclude<Located, { found: 'place' }>): Refusal {
  const { request } = located;
  switch (located.found) {
    case 'ambiguous':
      return new Refusal('ambiguous-request', 'The address can be read in more than one way.', {
        request,
      });
    case 'forbidden-method':
      return new Refusal('method-not-allowed', 'This method is never forwarded.', { request });
    case 'blocked':
      return new Refusal('blocked', 'This is never allowed from a visit.', {
        request,
        access: located.access,
      });
    case 'nothing':
      return new Refusal('not-found', 'No application answers at this address.', {
        request,
        access: located.access,
      });
  }
}

/** What the client is told when the upstream gave no answer. */
export function unansweredProblem(outcome: Outcome): Problem {
  switch (outcome.cut) {
    case 'upstream-timeout':
      return new Problem('upstream-timeout', 'The application took too long to answer.');
    case 'upstream-failed':
      return new Problem(
        'upstream-unreachable',
        'The application could not be reached, or broke off.',
      );
    case 'shutdown':
      return new Problem('upstream-unreachable', 'The gateway is stopping.');
    case 'signed-out':
      return new Problem('sign-in-required', 'You signed out before the application answered.');
    default:
      return new Problem('no-basis', 'What let you in ended before the application answered.');
  }
}
