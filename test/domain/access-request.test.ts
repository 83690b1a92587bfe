import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AccessRequest,
  endRequest,
  type RequestEnding,
  REQUEST_STATES,
  requestState,
  submitRequest,
  weighApproval,
} from '../../src/domain/access-request.ts';
import type { AccessRequestId, GrantId } from '../../src/domain/ids.ts';
import { Problem, type ProblemCode } from '../../src/domain/problem.ts';
import { accessRequest, ACME, DAY, HOUR, MINUTE, NOON, OLIVE } from '../support/specimens.ts';

const pending = accessRequest();
const OVER = pending.expiresAt;
const by = { issuer: OLIVE.issuer, subject: OLIVE.subject };
const self = { issuer: pending.requester.issuer, subject: pending.requester.subject };

/** Every way to end one, at an instant. */
const endings = (at: number): readonly RequestEnding[] => [
  { as: 'approved', at, by, grant: 'g' as GrantId },
  { as: 'denied', at, by, reason: 'not now' },
  { as: 'withdrawn', at, by: self },
];

function assertRefused(act: () => unknown, code: ProblemCode): Problem {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.equal(error.code, code);
    return error;
  }
  return assert.fail(`not refused with ${code}`);
}

describe('the state of an access request', () => {
  it('is pending until its end, to the millisecond, and then expired', () => {
    assert.equal(requestState(pending, NOON), 'pending');
    assert.equal(requestState(pending, OVER - 1), 'pending');
    assert.equal(requestState(pending, OVER), 'expired');
  });

  it('is what it was ended as, whenever one asks', () => {
    for (const ending of endings(NOON))
      for (const at of [NOON - DAY, NOON, OVER + DAY])
        assert.equal(requestState(endRequest(pending, ending), at), ending.as);
  });

  it('is one of five, of which one is not final', () => {
    const reached = [
      pending,
      ...endings(NOON).map((ending) => endRequest(pending, ending)),
      accessRequest({ expiresAt: NOON }),
    ];
    assert.deepEqual(
      reached.map((one) => requestState(one, NOON)),
      REQUEST_STATES,
    );
  });
});

describe('ending an access request', () => {
  it('counts as a change', () => {
    for (const ending of endings(NOON)) {
      const ended = endRequest(pending, ending);
      assert.deepEqual(ended, { ...pending, ended: ending, version: 2 });
    }
  });

  it('is refused once it has ended, in whatever way', () => {
    const over: readonly AccessRequest[] = endings(NOON).map((one) => endRequest(pending, one));
    for (const request of over)
      for (const ending of endings(NOON))
        assertRefused(() => endRequest(request, ending), 'request-ended');
    for (const ending of endings(OVER))
      assertRefused(() => endRequest(pending, ending), 'request-ended');
  });
});

describe('submitting an access request', () => {
  const limits = { maxDurationMs: DAY, requestExpiresAfterMs: 3 * DAY };
  const facts = { id: 'r' as AccessRequestId, requester: pending.requester, now: NOON, limits };
  const wish = {
    account: ACME,
    scope: 'read',
    durationMs: DAY,
    reason: pending.reason,
    to: undefined,
  } as const;

  it('makes one that waits as long as is configured', () => {
    const made = submitRequest(wish, facts);
    assert.equal(requestState(made, NOON), 'pending');
    assert.equal(made.expiresAt, NOON + 3 * DAY);
    assert.equal(made.version, 1);
  });

  for (const durationMs of [0, DAY + 1])
    it(`is refused for ${durationMs} ms`, () => {
      const { errors } = assertRefused(
        () => submitRequest({ ...wish, durationMs }, facts),
        'invalid-request',
      );
      assert.deepEqual(
        errors.map(({ pointer }) => pointer),
        ['/duration'],
      );
    });
});

describe('approving an access request', () => {
  const at = { person: by, now: NOON };

  it('gives what was asked, unless less is said', () => {
    assert.deepEqual(weighApproval(pending, {}, at), { scope: 'write', durationMs: HOUR });
    const less = { scope: 'read', durationMs: MINUTE } as const;
    assert.deepEqual(weighApproval(pending, less, at), less);
  });

  it('never gives more than was asked', () => {
    const looking = accessRequest({ scope: 'read' });
    const { errors } = assertRefused(
      () => weighApproval(looking, { scope: 'write', durationMs: HOUR + 1 }, at),
      'invalid-request',
    );
    assert.deepEqual(
      errors.map(({ pointer }) => pointer),
      ['/scope', '/duration'],
    );
    assertRefused(() => weighApproval(pending, { durationMs: 0 }, at), 'invalid-request');
  });

  it('is nobody’s for himself, by issuer and subject', () => {
    assertRefused(
      () => weighApproval(pending, {}, { person: self, now: NOON }),
      'second-person-required',
    );
    const namesake = { issuer: OLIVE.issuer, subject: self.subject };
    assert.ok(weighApproval(pending, {}, { person: namesake, now: NOON }));
  });

  it('is refused once it is over', () => {
    assertRefused(() => weighApproval(pending, {}, { person: by, now: OVER }), 'request-ended');
  });
});
