import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CEILING,
  FOOTINGS,
  type NamedCell,
  RESOURCES,
  RIGHTS,
  ROLES,
  actionsOn,
  isCell,
  isResource,
  isRight,
  isRole,
  isWithinCeiling,
} from '../../src/domain/rights.ts';

function listCells(): NamedCell[] {
  return ROLES.flatMap((role) =>
    RESOURCES.flatMap((resource) =>
      actionsOn(resource).flatMap((action) =>
        FOOTINGS.map((basis) => ({ role, resource, action, basis })),
      ),
    ),
  );
}

const withinCeiling = listCells().filter(isWithinCeiling);

describe('the ceiling of all policies', () => {
  it('lets content be reached by entering roles on a grant or a review alone', () => {
    for (const cell of withinCeiling) {
      if (cell.resource !== 'content') continue;
      assert.match(cell.role, /^(support|compliance|responder)$/);
      assert.match(cell.basis, /^(grant|review)$/);
    }
  });

  it('lets visits be opened by exactly those who may reach content, on the same bases', () => {
    const rolesAndBases = (resource: string, action: string): string[] =>
      withinCeiling
        .filter((cell) => cell.resource === resource && cell.action === action)
        .map((cell) => `${cell.role} ${cell.basis}`);
    assert.deepEqual(rolesAndBases('visit', 'open'), rolesAndBases('content', 'read'));
    assert.deepEqual(rolesAndBases('content', 'write'), rolesAndBases('content', 'read'));
  });

  it('lets nobody issue a grant but an owner for his own account', () => {
    const issuing = withinCeiling.filter((cell) => cell.action === 'issue');
    assert.deepEqual(issuing, [
      { role: 'owner', resource: 'grant', action: 'issue', basis: 'ownership' },
    ]);
  });

  it('gives a service nothing yet', () => {
    assert.deepEqual(
      withinCeiling.filter((cell) => cell.role === 'service'),
      [],
    );
  });

  it('gives an auditor nothing that changes anything but his own sign-in and agreement', () => {
    const acting = withinCeiling.filter((cell) => cell.role === 'auditor' && cell.action !== 'see');
    assert.deepEqual(
      acting.map((cell) => `${cell.resource} ${cell.action} ${cell.basis}`),
      ['session end self', 'agreement accept self'],
    );
  });

  it('gives an owner nothing but on his account and on his own sign-in', () => {
    for (const cell of withinCeiling) {
      if (cell.role !== 'owner') continue;
      assert.equal(cell.basis, cell.resource === 'session' ? 'self' : 'ownership');
    }
  });

  it('has no line that repeats or misnames a cell', () => {
    const listed = CEILING.flatMap((line) =>
      line.roles.flatMap((role) => line.bases.map((basis) => ({ ...line, role, basis }))),
    );
    assert.ok(listed.every(isWithinCeiling));
    assert.equal(listed.length, withinCeiling.length);
  });

  it('does not reach words that do not exist, however they are spelled', () => {
    const cell = { role: 'support', resource: 'content', action: 'read', basis: 'grant' };
    assert.ok(isWithinCeiling(cell));
    for (const word of ['', '*', 'Support', ' support', '__proto__', 'constructor', 'nobody']) {
      for (const column of ['role', 'resource', 'action', 'basis']) {
        assert.ok(!isWithinCeiling({ ...cell, [column]: word }), `${column} ${word}`);
      }
    }
    assert.ok(!isWithinCeiling({ ...cell, role: 'support content', resource: 'read' }));
  });
});

describe('words of rights', () => {
  it('are known only when they stand in the lists', () => {
    assert.ok(ROLES.every(isRole));
    assert.ok(RESOURCES.every(isResource));
    assert.ok(listCells().every(isCell));
    for (const word of ['', 'user', 'toString', '__proto__']) {
      assert.ok(!isRole(word) && !isResource(word), word);
      assert.deepEqual(actionsOn(word), []);
    }
  });

  it('are no right when the action belongs to another resource', () => {
    assert.ok(isRight({ resource: 'grant', action: 'issue' }));
    assert.ok(!isRight({ resource: 'grant', action: 'read' }));
    assert.deepEqual(Object.keys(RIGHTS), RESOURCES);
  });
});
