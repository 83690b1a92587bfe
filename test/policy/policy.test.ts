import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Cell, ROLES, type Role, isWithinCeiling } from '../../src/domain/rights.ts';
import { digestPolicy } from '../../src/policy/policy-digest.ts';
import { explain } from '../../src/policy/policy-explain.ts';
import {
  type Policy,
  type PolicyQuestion,
  type Verdict,
  loadPolicy,
} from '../../src/policy/policy.ts';
import { everyCell, listPermitted, nameCell, shipped, shippedRows } from './policy-files.ts';

const readOnGrant = { resource: 'content', action: 'read', basis: 'grant' } as const;
const writeOnGrant = { resource: 'content', action: 'write', basis: 'grant' } as const;

describe('the shipped policy', () => {
  it('permits exactly the ceiling, one row for each of its cells', async () => {
    const permitted = listPermitted(await loadPolicy(shipped));
    assert.deepEqual(permitted, everyCell.filter(isWithinCeiling).map(nameCell));
    assert.deepEqual(
      permitted.map((cell) => `p, ${cell}, allow`).toSorted(),
      shippedRows.toSorted(),
    );
  });

  it('loses exactly one right with each row that is removed', async () => {
    const all = listPermitted(await loadPolicy(shipped));
    for (const row of shippedRows) {
      const policy = await loadPolicy({ ...shipped, rules: shipped.rules.replace(row, '') });
      const lost = all.filter((cell) => `p, ${cell}, allow` !== row);
      assert.deepEqual(listPermitted(policy), lost, row);
    }
  });
});

describe('a decision', () => {
  it('names the row and the role that permit', async () => {
    const policy = await loadPolicy(shipped);
    assert.deepEqual(policy.decide({ roles: ['support'], ...readOnGrant }), {
      permit: true,
      role: 'support',
      rule: 'p, support, content, read, grant, allow',
    });
  });

  it('credits the first of several roles in the order of the list, not of the sign-in', async () => {
    const policy = await loadPolicy(shipped);
    const verdict = policy.decide({ roles: ['responder', 'admin', 'compliance'], ...readOnGrant });
    assert.equal(verdict.permit && verdict.role, 'compliance');
  });

  it('is a deny without a rule when no role, or none that a row names, is held', async () => {
    const policy = await loadPolicy(shipped);
    assert.deepEqual(policy.decide({ roles: [], ...readOnGrant }), { permit: false });
    const roles: Role[] = ['owner', 'auditor', 'admin', 'service'];
    assert.deepEqual(policy.decide({ roles, ...readOnGrant }), { permit: false });
  });

  it('is a deny for words that do not exist, should any get past the compiler', async () => {
    const policy = await loadPolicy(shipped);
    for (const word of ['', '*', 'nobody', '__proto__', 'constructor']) {
      for (const [column, value] of Object.entries({ ...readOnGrant, roles: ['support'] })) {
        const wrong = { [column]: Array.isArray(value) ? [word] : word };
        const question = { ...readOnGrant, roles: ['support'], ...wrong } as PolicyQuestion;
        assert.deepEqual(policy.decide(question), { permit: false }, `${column} ${word}`);
      }
    }
  });

  it('is the deny row for any of the roles, whatever the others may do', async () => {
    const deny = 'p, auditor, content, *, *, deny';
    const policy = await loadPolicy({ ...shipped, rules: `${shipped.rules}${deny}\n` });
    const denied = { permit: false, rule: deny };
    assert.deepEqual(policy.decide({ roles: ['support', 'auditor'], ...readOnGrant }), denied);
    assert.deepEqual(policy.decide({ roles: ['auditor'], ...writeOnGrant }), denied);
    assert.ok(policy.decide({ roles: ['support'], ...readOnGrant }).permit);
  });

  for (const [deny, before] of [
    ['p, support, content, write, *, deny', true],
    ['p, support, content, write, *, deny', false],
    ['p, support, content, write, grant, deny', false],
    ['p, *, *, write, *, deny', true],
  ] as const) {
    it(`is the deny row ${deny} ${before ? 'above' : 'below'} the permits`, async () => {
      const rules = before ? `${deny}\n${shipped.rules}` : `${shipped.rules}${deny}\n`;
      const policy = await loadPolicy({ ...shipped, rules });
      const verdict = policy.decide({ roles: ['compliance', 'support'], ...writeOnGrant });
      assert.deepEqual(verdict, { permit: false, rule: deny });
      assert.ok(policy.decide({ roles: ['compliance', 'support'], ...readOnGrant }).permit);
    });
  }

  it('cannot be asked about an action that the resource does not have', () => {
    const ask = (policy: Policy): Verdict[] => [
      policy.decide({ roles: ['support'], resource: 'grant', action: 'issue', basis: 'none' }),
      // @ts-expect-error a grant is not read
      policy.decide({ roles: ['support'], resource: 'grant', action: 'read', basis: 'none' }),
      // @ts-expect-error nobody is no role
      policy.decide({ roles: ['nobody'], ...readOnGrant }),
    ];
    assert.equal(typeof ask, 'function');
  });

  it('equals a reading of the rows by hand, for any of the rows and any deny rows', async () => {
    const columns = ['role', 'resource', 'action', 'basis'] as const;
    const denials = fc
      .tuple(fc.constantFrom(...everyCell), fc.uniqueArray(fc.constantFrom(...columns)))
      .map(([cell, open]) => {
        const words = columns.map((column) => (open.includes(column) ? '*' : cell[column]));
        return `p, ${words.join(', ')}, deny`;
      });
    const rowLists = fc
      .tuple(fc.subarray(shippedRows, { minLength: 1 }), fc.uniqueArray(denials, { maxLength: 3 }))
      .chain(([some, denied]) => {
        const rows = [...some, ...denied];
        return fc.shuffledSubarray(rows, { minLength: rows.length });
      });
    await fc.assert(
      fc.asyncProperty(rowLists, fc.subarray([...ROLES]), async (rows, roles) => {
        const policy = await loadPolicy({ ...shipped, rules: rows.join('\n') });
        for (const cell of everyCell) {
          const question = { ...cell, roles };
          assert.deepEqual(policy.decide(question), readByHand(rows, roles, cell));
        }
      }),
      { numRuns: 15 },
    );
  });
});

/** The meaning of a policy, without casbin and without a table. */
function readByHand(rows: readonly string[], roles: readonly Role[], cell: Cell): Verdict {
  const speaking = (effect: string, role: Role): string | undefined =>
    rows.find((row) => {
      const words = row.split(', ').slice(1);
      const asked = [role, cell.resource, cell.action, cell.basis, effect];
      return asked.every((word, index) => words[index] === word || words[index] === '*');
    });
  const held = ROLES.filter((role) => roles.includes(role));
  const denied = held.map((role) => speaking('deny', role)).find((rule) => rule !== undefined);
  if (denied !== undefined) return { permit: false, rule: denied };
  for (const role of held) {
    const rule = speaking('allow', role);
    if (rule !== undefined) return { permit: true, rule, role };
  }
  return { permit: false };
}

describe('a loaded policy', () => {
  it('does not change when what it was loaded from changes, even while it loads', async () => {
    const texts = { ...shipped };
    const loading = loadPolicy(texts);
    texts.rules = 'p, owner, grant, see, ownership, allow';
    texts.model = '';
    const policy = await loading;
    assert.equal(policy.rules, shipped.rules);
    assert.equal(policy.model, shipped.model);
    assert.equal(policy.digest, digestPolicy(shipped));
    assert.ok(policy.decide({ roles: ['support'], ...readOnGrant }).permit);
  });

  it('cannot be changed, nor can its verdicts', async () => {
    const policy = await loadPolicy(shipped);
    const verdict = policy.decide({ roles: ['support'], ...readOnGrant });
    assert.ok(Object.isFrozen(policy));
    assert.ok(Object.isFrozen(verdict));
    assert.ok(Object.isFrozen(policy.decide({ roles: [], ...readOnGrant })));
    assert.throws(() => Object.assign(verdict, { permit: false }), TypeError);
  });

  it('stays in use when a later one is refused', async () => {
    const policy = await loadPolicy(shipped);
    const before = listPermitted(policy);
    await assert.rejects(loadPolicy({ ...shipped, rules: '' }));
    assert.deepEqual(listPermitted(policy), before);
  });

  it('has a digest that changes with any byte of either file', () => {
    const { model, rules } = shipped;
    const digests = new Set([digestPolicy(shipped)]);
    const changed = [
      ...alter(model).map((text) => ({ model: text, rules })),
      ...alter(rules).map((text) => ({ model, rules: text })),
    ];
    for (const texts of changed) digests.add(digestPolicy(texts));
    assert.equal(digests.size, changed.length + 1);
  });

  it('has a digest that tells where one file ends and the other begins', () => {
    assert.notEqual(
      digestPolicy({ model: 'ab', rules: 'c' }),
      digestPolicy({ model: 'a', rules: 'bc' }),
    );
    assert.notEqual(
      digestPolicy({ model: '', rules: 'a' }),
      digestPolicy({ model: 'a', rules: '' }),
    );
  });

  it('has the digest that its description says', () => {
    // printf 'sallyport policy v1\n2\n\xc3\xa42\nbc' | sha256sum
    assert.equal(
      digestPolicy({ model: 'ä', rules: 'bc' }),
      'sha256:ff172707ec6b928b1c4d5248bfe15da6ea5ea3dfa3c7068d4e386cd124e8a52e',
    );
  });
});

/** The text with each of its bytes changed in turn, with one removed and with one added. */
function alter(text: string): string[] {
  const flipped = Array.from(text, (_, at) => `${text.slice(0, at)}\u0001${text.slice(at + 1)}`);
  return [...flipped, text.slice(0, -1), `${text} `];
}

describe('an explanation', () => {
  it('names the line that permits', async () => {
    const policy = await loadPolicy(shipped);
    const { verdict, line, why } = explain(policy, { role: 'support', ...readOnGrant });
    assert.ok(verdict.permit);
    assert.equal(shipped.rules.split('\n')[(line ?? 0) - 1], verdict.rule);
    assert.equal(why, `permitted by line ${line}: p, support, content, read, grant, allow`);
  });

  it('names the line that denies', async () => {
    const rules = `p, *, content, write, *, deny\n${shipped.rules}`;
    const policy = await loadPolicy({ ...shipped, rules });
    const { why } = explain(policy, { role: 'support', ...writeOnGrant });
    assert.equal(why, 'denied by line 1: p, *, content, write, *, deny');
  });

  it('tells what no row permits from what no policy may permit', async () => {
    const rules = 'p, owner, grant, issue, ownership, allow\n';
    const policy = await loadPolicy({ ...shipped, rules });
    assert.match(
      explain(policy, { role: 'support', ...readOnGrant }).why,
      /no row permits it; this one would: p, support, content, read, grant, allow$/,
    );
    assert.match(explain(policy, { role: 'owner', ...readOnGrant }).why, /no policy may ever/);
  });
});
