import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessRequest } from '../../src/domain/access-request.ts';
import { actorOf, type Event, GATEWAY } from '../../src/domain/event.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { AccessRequestId, GrantId, SessionId } from '../../src/domain/ids.ts';
import {
  accessRequest,
  DAY,
  GLOBEX,
  grant,
  grantIssued,
  HOUR,
  owner,
  requestSubmitted,
  session,
  sessionStarted,
  staff,
  visitOpened,
  visit,
} from '../support/specimens.ts';
import { verifyTold } from '../support/told-log.ts';
import { basisOf, NOON, OWNER_SESSION, story, tellStory } from './verify-story.ts';

const asked = accessRequest();
const sams = { issuer: asked.requester.issuer, subject: asked.requester.subject };
const named = grant({ grantee: { kind: 'person', person: sams, email: undefined } });

function answered(of: Grant = named, request: AccessRequest = asked): Event {
  return { ...grantIssued(of), accessRequest: request.id };
}

function approved(of: Grant = named, actor = story().grant.actor): Event {
  return {
    event: 'access-request.approved',
    actor,
    account: asked.account,
    accessRequest: asked.id,
    basis: basisOf(of),
    scope: of.scope,
    durationMs: HOUR,
    expiresAt: asked.expiresAt,
    policy: 'sha256:00',
  };
}

const common = { account: asked.account, accessRequest: asked.id, expiresAt: asked.expiresAt };
const denied: Event = {
  event: 'access-request.denied',
  actor: story().grant.actor,
  ...common,
  policy: 'sha256:00',
};
const withdrawn: Event = {
  event: 'access-request.withdrawn',
  actor: story().staff.actor,
  ...common,
  policy: 'sha256:00',
};

async function judge(events: readonly Event[], at = NOON, from?: number) {
  const log = tellStory({ instead: { grant: [] } });
  // The story goes on behind its grant, so it is told anew with these in its place.
  const told = tellStory({
    instead: { grant: events, visit: [visitOpened(visit(), named)], end: [] },
    at: { grant: at },
  });
  assert.ok(log.size > 0);
  const whole = from === undefined ? told.whole() : told.part({ from, to: told.size });
  const { verdicts } = await verifyTold(whole);
  const verdict = verdicts.find(({ name }) => name === 'authorization');
  assert.ok(verdict);
  return verdict;
}

describe('a grant that answers a request', () => {
  it('is born rightly when the request was made by its grantee and approved for it', async () => {
    const verdict = await judge([requestSubmitted(asked), approved(), answered()]);
    assert.equal(verdict.outcome, 'verified', verdict.findings.join('\n'));
  });

  it('may be narrower and shorter than was asked for', async () => {
    const long = { ...asked, durationMs: DAY };
    const verdict = await judge([requestSubmitted(long), approved(), answered()]);
    assert.equal(verdict.outcome, 'verified', verdict.findings.join('\n'));
  });

  const other = staff({ subject: 'eve' });
  const readOnly = { ...asked, scope: 'read' } as const;
  const second = grant({ ...named, id: '018f0000-0000-7000-8000-00000000000b' as GrantId });
  const toTeam = grant();
  const samAsOwner = session({
    id: '018f0000-0000-7000-8000-0000000000c2' as SessionId,
    principal: owner({ ...sams }),
  });
  const selfActor = actorOf(samAsOwner.principal, samAsOwner.id);

  const LIES: readonly (readonly [string, readonly Event[], RegExp, number?])[] = [
    ['nobody had made', [approved(), answered()], /a request that nobody had made/],
    [
      'another one had made',
      [{ ...requestSubmitted(asked), actor: actorOf(other, session().id) }, approved(), answered()],
      /of somebody else/,
    ],
    [
      'one person made, and lets a whole team in',
      [requestSubmitted(asked), approved(toTeam), answered(toTeam)],
      /of somebody else/,
    ],
    [
      'was made to another account',
      [{ ...requestSubmitted(asked), account: GLOBEX }, approved(), answered()],
      /to another account/,
    ],
    ['nobody had approved', [requestSubmitted(asked), answered()], /had not been approved/],
    [
      'had been denied',
      [requestSubmitted(asked), denied, approved(), answered()],
      /had been denied/,
    ],
    [
      'had been withdrawn',
      [requestSubmitted(asked), withdrawn, approved(), answered()],
      /had been withdrawn/,
    ],
    [
      'was over when it was approved',
      [requestSubmitted({ ...asked, expiresAt: NOON }), approved(), answered()],
      /whose time was over/,
    ],
    [
      'was approved with another grant',
      [requestSubmitted(asked), approved(second), answered()],
      /answered with another grant/,
    ],
    [
      'had been answered already',
      [requestSubmitted(asked), approved(second), answered(second), approved(), answered()],
      /answered with another grant/,
    ],
    [
      'its own maker had approved',
      [sessionStarted(samAsOwner), requestSubmitted(asked), approved(named, selfActor), answered()],
      /approved by the one who had made it/,
    ],
    [
      'had asked for less',
      [requestSubmitted(readOnly), approved(), answered()],
      /wider than was asked for/,
    ],
    [
      'had asked for a shorter time',
      [requestSubmitted({ ...asked, durationMs: HOUR - 1 }), approved(), answered()],
      /longer than was asked for/,
    ],
    [
      'is not the one it names',
      [requestSubmitted({ ...asked, id: 'another' as AccessRequestId }), approved(), answered()],
      /nobody had made/,
    ],
  ];

  for (const [what, events, why] of LIES)
    it(`is refuted, and what rests on it, if the request ${what}`, async () => {
      const verdict = await judge(events);
      assert.equal(verdict.outcome, 'refuted', verdict.findings.join('\n'));
      assert.match(verdict.findings[0] ?? '', why);
      assert.match(verdict.findings.join('\n'), /access \d+ to acme by sam/);
    });

  it('still has to come from an owner', async () => {
    const event = answered();
    const verdict = await judge([
      requestSubmitted(asked),
      approved(),
      { ...event, actor: GATEWAY },
    ]);
    assert.match(verdict.findings[0] ?? '', /did not come from an owner/);
    assert.equal(OWNER_SESSION.principal.realm, 'owners');
  });
});
