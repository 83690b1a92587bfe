import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  holdsRole,
  isSamePerson,
  isSessionAlive,
  ownsAccount,
} from '../../src/domain/principal.ts';
import { ACME, GLOBEX, HOUR, MINUTE, NOON, owner, session, staff } from '../support/specimens.ts';

describe('a person', () => {
  const sam = { issuer: 'https://staff.example', subject: 'sam' };

  it('is the same by issuer and subject, whatever the rest says', () => {
    assert.ok(isSamePerson(sam, staff({ name: 'Somebody Else', email: 'other@corp.example' })));
  });

  for (const [what, other] of [
    ['another subject', { ...sam, subject: 'Sam' }],
    ['another issuer', { ...sam, issuer: 'https://staff.example/' }],
    ['issuer and subject swapped', { issuer: sam.subject, subject: sam.issuer }],
  ] as const)
    it(`is somebody else with ${what}`, () => assert.equal(isSamePerson(sam, other), false));
});

describe('a session is alive', () => {
  for (const [when, over, at, isAlive] of [
    ['when it starts', {}, NOON, true],
    ['until just before it has been idle', {}, NOON + 30 * MINUTE - 1, true],
    ['no longer once it has been idle', {}, NOON + 30 * MINUTE, false],
    ['again from its last stamp', { lastSeenAt: NOON + HOUR }, NOON + HOUR, true],
    [
      'until just before its absolute end',
      { lastSeenAt: NOON + 12 * HOUR - 1 },
      NOON + 12 * HOUR - 1,
      true,
    ],
    [
      'no longer at its absolute end, however busy',
      { lastSeenAt: NOON + 12 * HOUR },
      NOON + 12 * HOUR,
      false,
    ],
    ['no longer once it was ended', { endedAt: NOON }, NOON, false],
    ['no longer once it was ended, whatever the clock says', { endedAt: NOON + HOUR }, NOON, false],
  ] as const)
    it(when, () => assert.equal(isSessionAlive(session(over), at), isAlive));
});

describe('a role', () => {
  it('is held when the sign-in named it', () => {
    assert.ok(holdsRole(staff(), 'support'));
    assert.equal(holdsRole(staff(), 'compliance'), false);
    assert.equal(holdsRole(staff({ roles: [] }), 'support'), false);
  });

  it('of an owner counts for his own accounts only', () => {
    assert.ok(holdsRole(owner(), 'owner'));
    assert.ok(holdsRole(owner(), 'owner', ACME));
    assert.equal(holdsRole(owner(), 'owner', GLOBEX), false);
    assert.equal(holdsRole(owner({ accounts: [] }), 'owner', ACME), false);
  });

  it('other than owner counts in every account', () => {
    assert.ok(holdsRole(staff(), 'support', GLOBEX));
  });

  it('of an owner needs the role and the account', () => {
    assert.ok(ownsAccount(owner(), ACME));
    assert.equal(ownsAccount(owner({ roles: [] }), ACME), false);
    assert.equal(ownsAccount(staff({ accounts: [ACME] }), ACME), false);
  });
});
