import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadPolicy } from '../../src/policy/policy.ts';
import { listMistakes, listPermitted, shipped } from './policy-files.ts';

const ROW = 'p, support, content, read, grant, allow';

/** A row that is refused → what the refusal of line 2 says. */
const refusedRows: Record<string, RegExp> = {
  'p, support, content, read, allow': /has 5 fields instead of six/,
  'p, support, content, read, grant': /has 5 fields/,
  'p, support, content, read, grant, allow,': /has 7 fields/,
  'p, support, content, read, grant, allow, allow': /has 7 fields/,
  p: /has 1 fields/,
  ',': /field 1 \(type\)/,
  'support, content, read, grant, allow': /field 1 \(type\)/,
  'P, support, content, write, grant, allow': /field 1 \(type\)/,
  'p2, support, content, write, grant, allow': /field 1 \(type\)/,
  'g, alice, support': /g rows are not accepted/,
  'g2, alice, support': /g rows are not accepted/,
  '"p", support, content, write, grant, allow': /quotes/,
  'p, "support", content, write, grant, allow': /quotes/,
  "p, 'support', content, write, grant, allow": /quotes/,
  'p, root, content, write, grant, allow': /field 2 \(role\): "root" is unknown/,
  'p, , content, write, grant, allow': /field 2 \(role\): "" is unknown/,
  'p, Support, content, write, grant, allow': /field 2 \(role\)/,
  'p, support\u00a0, content, write, grant, allow': /field 2 \(role\)/,
  'p, support|owner, content, write, grant, allow': /field 2 \(role\)/,
  'p, support, contents, write, grant, allow': /field 3 \(resource\)/,
  'p, support, __proto__, write, grant, allow': /field 3 \(resource\)/,
  'p, support, content, see, grant, allow': /field 4 \(action\): "see" .* read, write$/,
  'p, support, *, push, grant, deny': /field 4 \(action\)/,
  'p, support, content, write, ticket, allow': /field 5 \(basis\)/,
  'p, support, content, write, grant, permit': /field 6 \(effect\)/,
  'p, support, content, write, grant, ALLOW': /field 6 \(effect\)/,
  'p, support, content, write, grant, ': /field 6 \(effect\)/,
  'p, support, content, write, grant, allow # why': /field 6 \(effect\)/,
  'p, *, content, write, grant, allow': /field 2 \(role\): "\*" is for deny rows/,
  'p, support, *, write, grant, allow': /field 3 \(resource\): "\*" is for deny rows/,
  'p, support, content, *, grant, allow': /field 4 \(action\): "\*" is for deny rows/,
  'p, support, content, write, *, allow': /field 5 \(basis\): "\*" is for deny rows/,
  'p, support, content, write, grant, *': /field 6 \(effect\)/,
  [ROW]: /the same row as line 1/,
  'p,support,content,read,grant,allow': /the same row as line 1/,
  '# hidden\rp, support, content, write, grant, deny': /carriage return/,
  'p, support, grant, issue, none, allow': /no policy may permit support grant issue on none/,
  'p, admin, grant, issue, ownership, allow': /no policy may permit/,
  'p, service, grant, issue, ownership, allow': /no policy may permit/,
  'p, owner, content, read, ownership, allow': /no policy may permit/,
  'p, owner, content, read, grant, allow': /no policy may permit/,
  'p, auditor, content, read, review, allow': /no policy may permit/,
  'p, support, content, read, none, allow': /no policy may permit/,
  'p, support, content, write, self, allow': /no policy may permit/,
  'p, compliance, visit, open, none, allow': /no policy may permit/,
  'p, support, record, see, none, allow': /no policy may permit/,
};

describe('a row of policy.csv', () => {
  for (const [row, reason] of Object.entries(refusedRows)) {
    it(`is refused when it reads ${JSON.stringify(row)}`, async () => {
      const mistakes = await listMistakes({ rules: `${ROW}\n${row}\n` });
      assert.equal(mistakes.length, 1, mistakes.join('\n'));
      assert.match(mistakes[0] ?? '', /^rules:2 /);
      assert.match(mistakes[0] ?? '', reason);
    });
  }

  it('names every word that is wrong in it', async () => {
    const mistakes = await listMistakes({ rules: 'p, root, door, kick, luck, maybe' });
    assert.deepEqual(
      mistakes.map((mistake) => /field \d \(\w+\)/.exec(mistake)?.[0]),
      [2, 3, 4, 5, 6].map(
        (field) =>
          `field ${field} (${['role', 'resource', 'action', 'basis', 'effect'][field - 2]})`,
      ),
    );
  });

  it('may be spaced as its writer likes and end as on Windows', async () => {
    const rules = '\r\n  # spaced\r\np,support ,\tcontent,read,   grant,allow\r\n';
    const policy = await loadPolicy({ ...shipped, rules });
    const verdict = policy.decide({
      roles: ['support'],
      resource: 'content',
      action: 'read',
      basis: 'grant',
    });
    assert.deepEqual(verdict, { permit: true, role: 'support', rule: ROW });
    assert.deepEqual(listPermitted(policy), ['support, content, read, grant']);
  });
});

describe('policy.csv', () => {
  for (const [what, rules] of [
    ['nothing', ''],
    ['blank lines', '\n\n \t\n'],
    ['comments', '# p, support, content, read, grant, allow\n'],
    ['deny rows', 'p, *, *, *, *, deny\n'],
  ] as const) {
    it(`is refused when it holds only ${what}`, async () => {
      assert.deepEqual(await listMistakes({ rules }), [
        'rules: permits nothing: there is no allow row',
      ]);
    });
  }

  it('is refused with the mistakes of all its lines and of the model at once', async () => {
    const rules = `${ROW}\np, short\n\n# fine\np, root, content, read, grant, allow\ng, a, b\n`;
    const mistakes = await listMistakes({ rules, model: withoutEffect() });
    assert.deepEqual(
      mistakes.map((mistake) => mistake.split(' ')[0]),
      ['model:', 'rules:2', 'rules:5', 'rules:6'],
    );
  });
});

function withoutEffect(): string {
  return shipped.model.replace('[policy_effect]\n', '').replace(/^e = .*$/m, '');
}
