import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AccessRequest, endRequest, requestState } from '../../src/domain/access-request.ts';
import { type Condition, type ConditionFacts, holds } from '../../src/domain/condition.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { GrantId, HoldId, ReviewId, SessionId, VisitId } from '../../src/domain/ids.ts';
import type { Session } from '../../src/domain/principal.ts';
import { closeVisit, type Visit } from '../../src/domain/visit.ts';
import {
  ACME,
  GLOBEX,
  HOUR,
  MINUTE,
  NOON,
  accessRequest,
  grant,
  owner,
  session,
  staff,
  visit,
} from '../support/specimens.ts';

interface Rows {
  readonly session?: Session | undefined;
  readonly visit?: Visit | undefined;
  readonly grant?: Grant | undefined;
  readonly request?: AccessRequest | undefined;
  readonly isRegistered?: boolean;
  readonly isKeyUsed?: boolean;
  readonly isAttemptOpen?: boolean;
  readonly isHoldUnlifted?: boolean;
  readonly holdsVersion?: number;
  readonly kept?: readonly number[];
}

function facts(rows: Rows): ConditionFacts {
  const named = <Thing extends { id: string }>(thing: Thing | undefined, id: string) =>
    thing?.id === id ? thing : undefined;
  return {
    session: (id) => named(rows.session, id),
    visit: (id) => named(rows.visit, id),
    grant: (id) => named(rows.grant, id),
    accessRequest: (id) => named(rows.request, id),
    hasPendingRequest: (account, { subject }, at) =>
      rows.request?.account === account &&
      rows.request.requester.subject === subject &&
      requestState(rows.request, at) === 'pending',
    isAccountRegistered: () => rows.isRegistered ?? false,
    isKeyUsed: () => rows.isKeyUsed ?? false,
    isAttemptOpen: () => rows.isAttemptOpen ?? false,
    isHoldUnlifted: () => rows.isHoldUnlifted ?? false,
    holdsVersion: () => rows.holdsVersion ?? 0,
    isContentKept: (index) => rows.kept?.includes(index) ?? false,
  };
}

const ALL: Rows = { session: session(), visit: visit(), grant: grant() };
const SIGN_IN_ALIVE: Condition = { that: 'sign-in-alive', session: session().id };
const ROLE_HELD: Condition = { that: 'role-held', session: session().id, role: 'support' };
const VISIT_OPEN: Condition = { that: 'visit-open', visit: visit().id };
const COVERS: Condition = {
  that: 'basis-covers',
  basis: { kind: 'grant', id: grant().id },
  session: session().id,
  account: ACME,
  access: 'write',
};
const GRANT_UNENDED: Condition = { that: 'grant-unended', grant: grant().id };
const GRANT_VERSION: Condition = { that: 'grant-version-is', grant: grant().id, version: 1 };
const VISIT_VERSION: Condition = { that: 'visit-version-is', visit: visit().id, version: 1 };
const NOT_ENDED: Condition = { that: 'session-not-ended', session: session().id };
const UNREGISTERED: Condition = { that: 'account-unregistered', account: ACME };
const KEY_UNUSED: Condition = { that: 'key-unused', key: 'k' };

describe('a condition about a row', () => {
  for (const condition of [
    SIGN_IN_ALIVE,
    ROLE_HELD,
    VISIT_OPEN,
    COVERS,
    GRANT_UNENDED,
    GRANT_VERSION,
    VISIT_VERSION,
    NOT_ENDED,
  ]) {
    it(`${condition.that} holds when the row says so`, () => {
      assert.ok(holds(condition, facts(ALL), NOON));
    });

    it(`${condition.that} does not hold when there is no row`, () => {
      assert.equal(holds(condition, facts({}), NOON), false);
    });
  }

  for (const [what, condition] of [
    ['session', { ...SIGN_IN_ALIVE, session: 'another' as SessionId }],
    ['visit', { ...VISIT_OPEN, visit: 'another' as VisitId }],
    ['grant', { ...GRANT_VERSION, grant: 'another' as GrantId }],
  ] as const)
    it(`does not hold for another ${what} than the one there is`, () => {
      assert.equal(holds(condition, facts(ALL), NOON), false);
    });
});

describe('grant-unended', () => {
  it('holds to the last millisecond of the grant, and no longer', () => {
    const { expiresAt } = grant();
    assert.ok(holds(GRANT_UNENDED, facts(ALL), expiresAt - 1));
    assert.equal(holds(GRANT_UNENDED, facts(ALL), expiresAt), false);
  });
});

describe('request-version-is', () => {
  const request = accessRequest();
  const unchanged: Condition = { that: 'request-version-is', request: request.id, version: 1 };

  it('holds while it is pending and nobody has changed it', () => {
    assert.ok(holds(unchanged, facts({ request }), request.expiresAt - 1));
  });

  it('does not hold without a row, at its end, or for another version', () => {
    assert.equal(holds(unchanged, facts({}), NOON), false);
    assert.equal(holds(unchanged, facts({ request }), request.expiresAt), false);
    assert.equal(holds({ ...unchanged, version: 2 }, facts({ request }), NOON), false);
  });

  it('does not hold once somebody has ended it, whatever version is named', () => {
    const by = { issuer: request.requester.issuer, subject: request.requester.subject };
    const withdrawn = endRequest(request, { as: 'withdrawn', at: NOON, by });
    for (const version of [1, 2])
      assert.equal(holds({ ...unchanged, version }, facts({ request: withdrawn }), NOON), false);
  });
});

describe('no-pending-request', () => {
  const request = accessRequest();
  const none: Condition = {
    that: 'no-pending-request',
    account: ACME,
    requester: request.requester,
  };

  it('holds for another account, and once the one there was is over', () => {
    assert.ok(holds({ ...none, account: GLOBEX }, facts({ request }), NOON));
    assert.ok(holds(none, facts({ request }), request.expiresAt));
  });

  it('does not hold while one waits', () => {
    assert.equal(holds(none, facts({ request }), NOON), false);
  });
});

describe('sign-in-alive', () => {
  for (const [when, over, at] of [
    ['it has been idle', {}, NOON + 30 * MINUTE],
    ['it is over', { lastSeenAt: NOON + 12 * HOUR }, NOON + 12 * HOUR],
    ['it was ended', { endedAt: NOON }, NOON],
  ] as const)
    it(`does not hold once ${when}`, () => {
      assert.equal(holds(SIGN_IN_ALIVE, facts({ session: session(over) }), at), false);
    });
});

describe('session-not-ended', () => {
  it('holds for a session that merely was idle, so that it can still be ended', () => {
    assert.ok(holds(NOT_ENDED, facts(ALL), NOON + 24 * HOUR));
  });

  it('does not hold once it was ended', () => {
    assert.equal(holds(NOT_ENDED, facts({ session: session({ endedAt: NOON }) }), NOON), false);
  });
});

describe('role-held', () => {
  it('does not hold when the sign-in no longer carries the role', () => {
    const stripped = session({ principal: staff({ roles: ['auditor'] }) });
    assert.equal(holds(ROLE_HELD, facts({ session: stripped }), NOON), false);
  });

  it('of an owner holds for his own account only', () => {
    const olives = facts({ session: session({ principal: owner() }) });
    const held = { that: 'role-held', session: session().id, role: 'owner' } as const;
    assert.ok(holds({ ...held, account: ACME }, olives, NOON));
    assert.equal(holds({ ...held, account: GLOBEX }, olives, NOON), false);
  });
});

describe('visit-open', () => {
  it('does not hold once the visit is closed', () => {
    const closed = closeVisit(visit(), NOON, 'owner');
    assert.equal(holds(VISIT_OPEN, facts({ visit: closed }), NOON), false);
  });
});

describe('basis-covers', () => {
  for (const [when, rows, at] of [
    ['there is no grant', { grant: undefined }, NOON],
    ['there is no session', { session: undefined }, NOON],
    ['the grant has expired', {}, NOON + HOUR],
    ['the grant has not started', {}, NOON - 1],
    [
      'the grant was revoked',
      {
        grant: grant({
          revoked: { at: NOON, by: { issuer: 'i', subject: 's' }, reason: undefined },
        }),
      },
      NOON,
    ],
    ['the grant is for another account', { grant: grant({ account: GLOBEX }) }, NOON],
    ['the grant is to look only', { grant: grant({ scope: 'read' }) }, NOON],
    [
      'the grant names another role',
      { grant: grant({ grantee: { kind: 'role', role: 'compliance' } }) },
      NOON,
    ],
    ['the sign-in lost the role', { session: session({ principal: staff({ roles: [] }) }) }, NOON],
  ] as const)
    it(`does not hold when ${when}`, () => {
      assert.equal(holds(COVERS, facts({ ...ALL, ...rows }), at), false);
    });

  it('does not hold for a review: none can be opened yet', () => {
    const review = { ...COVERS, basis: { kind: 'review', id: grant().id as string as ReviewId } };
    assert.equal(holds(review as Condition, facts(ALL), NOON), false);
  });
});

describe('the versions', () => {
  it('do not hold once somebody else changed the thing', () => {
    const rows = facts({ grant: grant({ version: 2 }), visit: visit({ version: 2 }) });
    assert.equal(holds(GRANT_VERSION, rows, NOON), false);
    assert.equal(holds(VISIT_VERSION, rows, NOON), false);
  });
});

describe('what must not be there yet', () => {
  it('account-unregistered holds until there is such an account', () => {
    assert.ok(holds(UNREGISTERED, facts({}), NOON));
    assert.equal(holds(UNREGISTERED, facts({ isRegistered: true }), NOON), false);
  });

  it('key-unused holds until the key is used', () => {
    assert.ok(holds(KEY_UNUSED, facts({}), NOON));
    assert.equal(holds(KEY_UNUSED, facts({ isKeyUsed: true }), NOON), false);
  });
});

describe('an attempt', () => {
  it('is open until it has its end: a second one is refused', () => {
    const open = { that: 'attempt-open', attempt: 7 } as const;
    assert.ok(holds(open, facts({ isAttemptOpen: true }), NOON));
    assert.equal(holds(open, facts({}), NOON), false);
  });
});

describe('an erasure', () => {
  it('stands on holds that nobody has touched since', () => {
    const unchanged = { that: 'holds-unchanged', version: 3 } as const;
    assert.ok(holds(unchanged, facts({ holdsVersion: 3 }), NOON));
    assert.equal(holds(unchanged, facts({ holdsVersion: 4 }), NOON), false);
    assert.equal(holds(unchanged, facts({}), NOON), false);
  });

  it('stands on every one of its contents', () => {
    const kept = { that: 'contents-kept', indexes: [3, 5] } as const;
    assert.ok(holds(kept, facts({ kept: [1, 3, 5] }), NOON));
    assert.equal(holds(kept, facts({ kept: [3] }), NOON), false);
    assert.equal(holds(kept, facts({}), NOON), false);
  });
});

describe('a hold', () => {
  it('is lifted while nobody else has', () => {
    const id = '018f0000-0000-7000-8000-0000000000d1' as HoldId;
    const condition = { that: 'hold-not-lifted', hold: id } as const;
    assert.ok(holds(condition, facts({ isHoldUnlifted: true }), NOON));
    assert.equal(holds(condition, facts({}), NOON), false);
  });
});
