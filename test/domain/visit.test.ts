import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closeVisit, isVisitOpen, visitAllows } from '../../src/domain/visit.ts';
import { HOUR, NOON, visit } from '../support/specimens.ts';

describe('a visit', () => {
  it('is open until it is closed', () => {
    assert.ok(isVisitOpen(visit()));
    assert.equal(isVisitOpen(closeVisit(visit(), NOON + HOUR, 'visitor')), false);
  });

  for (const why of ['visitor', 'owner', 'admin', 'signed-out', 'code-reused'] as const)
    it(`says that it was closed by ${why}, and when`, () => {
      assert.deepEqual(closeVisit(visit(), NOON + HOUR, why).closed, { at: NOON + HOUR, why });
    });

  it('counts its closing as a change, and leaves the visit it was made of alone', () => {
    const open = visit();
    assert.equal(closeVisit(open, NOON, 'owner').version, 2);
    assert.equal(open.closed, undefined);
  });

  it('to look only does not allow a change, however much a grant would', () => {
    assert.ok(visitAllows(visit({ scope: 'read' }), 'read'));
    assert.equal(visitAllows(visit({ scope: 'read' }), 'write'), false);
    assert.ok(visitAllows(visit({ scope: 'write' }), 'write'));
  });
});
