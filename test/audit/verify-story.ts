import { type Event, GATEWAY, type GrantFact } from '../../src/domain/event.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { SessionId } from '../../src/domain/ids.ts';
import { policyText } from '../../src/domain/policy-text.ts';
import { hex, sha256 } from '../support/sha256.ts';
import {
  accessAttempted,
  accountRegistered,
  ACME,
  basisOf,
  grant,
  grantIssued,
  grantRevoked,
  MINUTE,
  NOON,
  owner,
  permit,
  session,
  sessionStarted,
  visit,
  visitOpened,
} from '../support/specimens.ts';
import { ORIGIN, POLICY, ToldLog } from '../support/told-log.ts';

export const POLICY_NAME = `sha256:${hex(sha256(Buffer.from(policyText(POLICY))))}`;

export const OWNER_SESSION = session({
  id: '018f0000-0000-7000-8000-0000000000c1' as SessionId,
  principal: owner(),
});

export function factOf(of: Grant): GrantFact {
  return grantIssued(of).grant;
}

/** An access by the package's policy. */
export function attempt(over: Partial<Parameters<typeof permit>[0]> = {}) {
  return accessAttempted(permit({ policy: POLICY_NAME, ...over }));
}

export type Chapter =
  | 'begun'
  | 'started'
  | 'policy'
  | 'owner'
  | 'account'
  | 'grant'
  | 'staff'
  | 'visit'
  | 'access'
  | 'end'
  | 'revoked'
  | 'stopped';

/** What happens when an owner lets somebody in for one look. */
export function story(): Record<Chapter, Event> {
  return {
    begun: { event: 'log.begun', actor: GATEWAY, origin: ORIGIN, format: 'sallyport-log/v1' },
    started: { event: 'gateway.started', actor: GATEWAY, instance: 'one', version: '0.1.0' },
    policy: { event: 'policy.loaded', actor: GATEWAY, policy: POLICY_NAME, ...POLICY },
    owner: sessionStarted(OWNER_SESSION),
    account: accountRegistered(ACME),
    grant: grantIssued(grant()),
    staff: sessionStarted(session()),
    visit: visitOpened(visit(), grant()),
    access: attempt(),
    end: {
      event: 'access.finished',
      actor: attempt().actor,
      account: ACME,
      attempt: 8,
      status: 200,
      bytesIn: 0,
      bytesOut: 2,
      durationMs: 3,
    },
    revoked: grantRevoked(grant()),
    stopped: { event: 'gateway.stopped', actor: GATEWAY, instance: 'one' },
  };
}

export interface Edition {
  /** Told instead of the chapter: nothing, another, or several. */
  readonly instead?: Partial<Record<Chapter, readonly Event[]>>;
  /** When a chapter happens; the others at the time of the one before. */
  readonly at?: Partial<Record<Chapter, number>>;
}

export function tellStory({ instead = {}, at = {} }: Edition = {}): ToldLog {
  const log = new ToldLog();
  // Object.entries forgets that these are chapters.
  for (const [chapter, event] of Object.entries(story()) as [Chapter, Event][])
    for (const told of instead[chapter] ?? [event])
      log.tell(told, at[chapter] === undefined ? {} : { at: at[chapter] });
  return log;
}

export { basisOf, MINUTE, NOON };
