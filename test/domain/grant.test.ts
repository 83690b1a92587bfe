import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  admitsPerson,
  bindGrantee,
  chooseGrant,
  coveredUntil,
  coversThroughout,
  type Grant,
  grantCovers,
  grantState,
  type GrantWish,
  hasGrantEnded,
  issueGrant,
  revokeGrant,
} from '../../src/domain/grant.ts';
import type { GrantId } from '../../src/domain/ids.ts';
import { Problem } from '../../src/domain/problem.ts';
import {
  ACME,
  DAY,
  GLOBEX,
  grant,
  HOUR,
  MINUTE,
  NOON,
  OLIVE,
  owner,
  staff,
} from '../support/specimens.ts';

const LIMITS = { maxDurationMs: 30 * DAY, defaultDurationMs: HOUR };
const WISH: GrantWish = {
  account: ACME,
  grantee: { kind: 'role', role: 'support' },
  scope: 'read',
  durationMs: undefined,
  expiresAt: undefined,
  startsAt: undefined,
  reason: undefined,
};
const FACTS = { id: grant().id, issuedBy: OLIVE, now: NOON, limits: LIMITS };
const QUESTION = { principal: staff(), account: ACME, access: 'read', at: NOON } as const;
const REVOKED = { at: NOON, by: OLIVE, reason: undefined };

/** A grant from one offset of noon to another, in milliseconds. */
function from(startsAt: number, expiresAt: number, over: Partial<Grant> = {}): Grant {
  return grant({ startsAt: NOON + startsAt, expiresAt: NOON + expiresAt, ...over });
}

function issue(wish: Partial<GrantWish>): Grant {
  return issueGrant({ ...WISH, ...wish }, FACTS);
}

/** The fields an `invalid-request` names. */
function pointersOf(wish: Partial<GrantWish>): string[] {
  try {
    issue(wish);
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.equal(error.code, 'invalid-request');
    return error.errors.map(({ pointer }) => pointer);
  }
  return assert.fail('the grant was issued');
}

describe('a grant is issued', () => {
  for (const [how, wish, startsAt, expiresAt] of [
    ['for the default duration from now', {}, NOON, NOON + HOUR],
    ['for a duration from now', { durationMs: MINUTE }, NOON, NOON + MINUTE],
    ['until an instant', { expiresAt: NOON + DAY }, NOON, NOON + DAY],
    ['for the longest duration', { durationMs: 30 * DAY }, NOON, NOON + 30 * DAY],
    ['for a single millisecond', { durationMs: 1 }, NOON, NOON + 1],
    [
      'from a later start, its duration counted from there',
      { startsAt: NOON + DAY, durationMs: HOUR },
      NOON + DAY,
      NOON + DAY + HOUR,
    ],
    [
      'from the furthest start, for the longest duration',
      { startsAt: NOON + 30 * DAY, durationMs: 30 * DAY },
      NOON + 30 * DAY,
      NOON + 60 * DAY,
    ],
    [
      'from now when a browser was a minute behind',
      { startsAt: NOON - MINUTE, durationMs: HOUR },
      NOON,
      NOON + HOUR,
    ],
  ] as const)
    it(how, () => {
      const issued = issue(wish);
      assert.deepEqual([issued.startsAt, issued.expiresAt], [startsAt, expiresAt]);
    });

  it('with what was asked, unrevoked, in its first version', () => {
    assert.deepEqual(issue({ reason: 'a broken invoice', scope: 'write' }), {
      ...grant({ scope: 'write', reason: 'a broken invoice' }),
    });
  });
});

describe('a grant is not issued', () => {
  for (const [why, wish, pointers] of [
    [
      'with both a duration and an end',
      { durationMs: HOUR, expiresAt: NOON + HOUR },
      ['/expiresAt'],
    ],
    ['when it ends as it starts', { expiresAt: NOON }, ['/expiresAt']],
    ['when it ends before it starts', { expiresAt: NOON - 1 }, ['/expiresAt']],
    ['for no time', { durationMs: 0 }, ['/duration']],
    ['for less than no time', { durationMs: -1 }, ['/duration']],
    ['for longer than the maximum', { durationMs: 30 * DAY + 1 }, ['/duration']],
    ['until past the maximum', { expiresAt: NOON + 30 * DAY + 1 }, ['/expiresAt']],
    [
      'until past the maximum from its start',
      { startsAt: NOON + DAY, expiresAt: NOON + 31 * DAY + 1 },
      ['/expiresAt'],
    ],
    ['from the past', { startsAt: NOON - MINUTE - 1 }, ['/startsAt']],
    ['from too far ahead', { startsAt: NOON + 30 * DAY + 1 }, ['/startsAt']],
    [
      'when several things are wrong, and all are named',
      { startsAt: NOON - DAY, durationMs: HOUR, expiresAt: NOON - HOUR },
      ['/expiresAt', '/startsAt', '/expiresAt'],
    ],
  ] as const)
    it(why, () => assert.deepEqual(pointersOf(wish), pointers));

  it('for longer than the maximum even by default', () => {
    const limits = { maxDurationMs: MINUTE, defaultDurationMs: HOUR };
    assert.throws(() => issueGrant(WISH, { ...FACTS, limits }), /invalid-request/);
  });
});

describe('the state of a grant', () => {
  const tomorrow = grant({ startsAt: NOON + DAY, expiresAt: NOON + 2 * DAY });
  for (const [what, of, at, state] of [
    ['before its start', tomorrow, NOON + DAY - 1, 'scheduled'],
    ['at its start', tomorrow, NOON + DAY, 'live'],
    ['just before its end', tomorrow, NOON + 2 * DAY - 1, 'live'],
    ['at its end', tomorrow, NOON + 2 * DAY, 'expired'],
    ['after its end', tomorrow, NOON + 9 * DAY, 'expired'],
    ['revoked while live', grant({ revoked: REVOKED }), NOON, 'revoked'],
    ['revoked before its start', grant({ ...tomorrow, revoked: REVOKED }), NOON, 'revoked'],
    ['revoked, whatever the clock says', grant({ revoked: REVOKED }), NOON - DAY, 'revoked'],
    ['revoked and past its end', grant({ revoked: REVOKED }), NOON + DAY, 'revoked'],
  ] as const)
    it(`${what} is ${state}`, () => {
      assert.equal(grantState(of, at), state);
      assert.equal(hasGrantEnded(of, at), state === 'expired' || state === 'revoked');
      assert.equal(grantCovers(of, { ...QUESTION, at }), state === 'live');
    });
});

describe('a grant admits', () => {
  const sams = {
    kind: 'person',
    person: { issuer: 'https://staff.example', subject: 'sam' },
    email: 'sam@corp.example',
  } as const;

  for (const [whom, grantee, principal, isAdmitted] of [
    ['whoever holds the role', { kind: 'role', role: 'support' }, staff(), true],
    ['nobody without the role', { kind: 'role', role: 'support' }, staff({ roles: [] }), false],
    [
      'nobody with another role',
      { kind: 'role', role: 'support' },
      staff({ roles: ['compliance', 'admin'] }),
      false,
    ],
    ['the person it names', sams, staff({ roles: [] }), true],
    ['nobody of another issuer', sams, staff({ issuer: 'https://evil.example' }), false],
    ['nobody else with the same e-mail', sams, staff({ subject: 'sam2' }), false],
    ['nobody by an e-mail alone', { kind: 'email', email: 'sam@corp.example' }, staff(), false],
    [
      'no owner, whatever roles he claims',
      { kind: 'role', role: 'support' },
      owner({ roles: ['support'] }),
      false,
    ],
    ['no owner by name', sams, staff({ realm: 'owners' }), false],
  ] as const)
    it(whom, () => assert.equal(admitsPerson(grantee, principal), isAdmitted));
});

describe('a grant covers nothing', () => {
  for (const [what, question] of [
    ['in another account', { account: GLOBEX }],
    ['for somebody it does not admit', { principal: staff({ roles: ['auditor'] }) }],
    ['after its end', { at: NOON + HOUR }],
  ] as const)
    it(what, () => assert.equal(grantCovers(grant(), { ...QUESTION, ...question }), false));

  it('that changes something, if it is to look only', () => {
    const looking = grant({ scope: 'read' });
    assert.ok(grantCovers(looking, QUESTION));
    assert.equal(grantCovers(looking, { ...QUESTION, access: 'write' }), false);
  });
});

describe('the grant that is chosen', () => {
  const id = (name: string): GrantId => name as GrantId;
  const lateRead = grant({ id: id('b'), scope: 'read', issuedAt: NOON - HOUR });
  const earlyRead = grant({ id: id('c'), scope: 'read', issuedAt: NOON - DAY });
  const earlyWrite = grant({ id: id('a'), scope: 'write', issuedAt: NOON - 2 * DAY });

  for (const [rule, grants, access, chosen] of [
    ['is none of none', [], 'read', undefined],
    ['is the narrowest that suffices', [earlyWrite, lateRead], 'read', 'b'],
    ['is wider when it must be', [lateRead, earlyWrite], 'write', 'a'],
    ['is the earliest issued of the same scope', [lateRead, earlyRead, earlyWrite], 'read', 'c'],
    [
      'is the first id of those issued at once',
      [grant({ id: id('y') }), grant({ id: id('x') })],
      'read',
      'x',
    ],
    ['is none when all are too narrow', [lateRead, earlyRead], 'write', undefined],
    [
      'is not one that has ended',
      [grant({ ...earlyRead, revoked: REVOKED }), lateRead],
      'read',
      'b',
    ],
  ] as const)
    it(rule, () => {
      assert.equal(chooseGrant(grants, { ...QUESTION, access })?.id, chosen);
    });

  it('does not depend on the order they are given in', () => {
    const all = [lateRead, earlyRead, earlyWrite];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: 3 }), (shuffled) => {
        assert.equal(chooseGrant(shuffled, QUESTION)?.id, 'c');
      }),
    );
  });
});

describe('somebody is covered', () => {
  for (const [until, grants, end] of [
    ['not at all without a grant', [], undefined],
    ['until its end by one grant', [from(0, HOUR)], HOUR],
    ['until the last end by overlapping grants', [from(0, HOUR), from(MINUTE, DAY)], DAY],
    ['until the last end by a chain, in any order', [from(50, 90), from(0, 40), from(30, 60)], 90],
    ['across grants that touch', [from(0, 10), from(10, 20)], 20],
    ['not across a gap of a millisecond', [from(0, 10), from(11, 20)], 10],
    ['not by what has not begun', [from(1, 20)], undefined],
    ['not by what has ended', [from(-20, 0)], undefined],
    ['by the longer of two that begin at once', [from(0, 10), from(0, 30)], 30],
    ['not by a revoked link', [from(0, 10), from(5, 20, { revoked: REVOKED })], 10],
    ['not by another account', [from(0, 10), from(5, 20, { account: GLOBEX })], 10],
  ] as const)
    it(until, () => {
      const expected = end === undefined ? undefined : NOON + end;
      assert.equal(coveredUntil(grants, QUESTION), expected);
    });

  it('for a change only by what allows changes', () => {
    const grants = [from(0, 10), from(0, 20, { scope: 'read' })];
    assert.equal(coveredUntil(grants, { ...QUESTION, access: 'write' }), NOON + 10);
    assert.equal(coveredUntil(grants, QUESTION), NOON + 20);
  });

  it('at every instant before that end, and not at it', () => {
    const windows = fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 8 })), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(windows, (pairs) => {
        const grants = pairs.map(([start, length]) => from(start, start + length));
        const until = coveredUntil(grants, QUESTION);
        const isCoveredAt = (at: number): boolean =>
          chooseGrant(grants, { ...QUESTION, at }) !== undefined;
        if (until === undefined) return assert.equal(isCoveredAt(NOON), false);
        for (let at = NOON; at < until; at += 1) assert.ok(isCoveredAt(at));
        assert.equal(isCoveredAt(until), false);
      }),
    );
  });
});

describe('a stay', () => {
  const stay = (to: number) => ({
    principal: QUESTION.principal,
    account: ACME,
    from: NOON,
    to: NOON + to,
  });
  for (const [says, grants, to, expected] of [
    ['is covered while one grant lasts', [from(0, 10)], 9, true],
    ['is over at its end', [from(0, 10)], 10, false],
    [
      'goes on across grants that overlap or touch',
      [from(0, 10), from(5, 20), from(20, 30)],
      29,
      true,
    ],
    [
      'is over after a gap, though somebody is let in again',
      [from(0, 10), from(11, 30)],
      20,
      false,
    ],
    [
      'is over after a revocation, though another grant follows',
      [from(0, 30, { revoked: { ...REVOKED, at: NOON + 5 } }), from(6, 30)],
      20,
      false,
    ],
    [
      'survives a revocation that another grant covers',
      [from(0, 30, { revoked: { ...REVOKED, at: NOON + 5 } }), from(4, 30)],
      20,
      true,
    ],
    ['was never covered by what began later', [from(1, 10)], 5, false],
  ] as const)
    it(says, () => {
      assert.equal(coversThroughout(grants, stay(to)), expected);
    });
});

describe('a revocation', () => {
  const by = { person: OLIVE, reason: 'no longer needed', now: NOON + MINUTE };

  it('ends a live grant, and says who, when and why', () => {
    const revoked = revokeGrant(grant(), by);
    assert.deepEqual(revoked.revoked, { at: by.now, by: OLIVE, reason: by.reason });
    assert.equal(revoked.version, 2);
    assert.equal(grantState(revoked, NOON), 'revoked');
  });

  it('ends a grant before it starts', () => {
    const scheduled = grant({ startsAt: NOON + DAY, expiresAt: NOON + 2 * DAY });
    assert.equal(grantState(revokeGrant(scheduled, by), NOON + DAY), 'revoked');
  });

  it('happens once', () => {
    assert.throws(() => revokeGrant(revokeGrant(grant(), by), by), /grant-ended/);
  });

  it('comes too late at the end', () => {
    assert.throws(() => revokeGrant(grant(), { ...by, now: NOON + HOUR }), /grant-ended/);
  });
});

describe('a grant that names an e-mail', () => {
  const waiting = grant({ grantee: { kind: 'email', email: 'new@corp.example' } });
  const first = { issuer: 'https://staff.example', subject: 'new' };

  it('is bound to a person, and from then on only the subject counts', () => {
    const bound = bindGrantee(waiting, first);
    assert.deepEqual(bound.grantee, {
      kind: 'person',
      person: first,
      email: 'new@corp.example',
    });
    assert.equal(bound.version, 2);
    assert.ok(admitsPerson(bound.grantee, staff({ ...first, email: undefined })));
    assert.equal(admitsPerson(bound.grantee, staff({ email: 'new@corp.example' })), false);
  });

  it('is bound once', () => {
    const bound = bindGrantee(waiting, first);
    assert.equal(bindGrantee(bound, { ...first, subject: 'second' }), bound);
  });

  it('is not bound if it names a role', () => {
    const roles = grant();
    assert.equal(bindGrantee(roles, first), roles);
  });
});
