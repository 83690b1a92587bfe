import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadPolicy } from '../../src/policy/policy.ts';
import { listMistakes, listPermitted, shipped, withMatcher } from './policy-files.ts';

const EXACT =
  'r.role == p.role && r.resource == p.resource && r.action == p.action && r.basis == p.basis';
const DENY_ALL_WRITING = 'p, *, content, write, *, deny\n';

/** Matchers that are not evaluated at all, since of some nobody knows what they would do. */
const refusedUnread = [
  'true',
  '1',
  '1 == 1',
  'regexMatch(r.role, p.role)',
  `regexMatch(r.role, p.role) && ${EXACT}`,
  `${EXACT} || keyMatch(r.role, "*")`,
  'eval(p.basis)',
  'g(r.role, p.role)',
  'r.role in ("support")',
  'r.role.constructor == p.role',
  'r.role["length"] == p.role',
  'r.role(p.role)',
  '"".constructor.constructor("return 1")()',
  'r.role == p.role ? "a" : "b"',
  "r.role == 'support'",
  'r.role == "$&"',
  'r.role == "\\"',
  'r.sub == p.sub',
  'r.role === p.role',
  'r.role = p.role',
  'r.role + p.role',
  '!r.role & p.role',
  `${EXACT} ; comment`,
  `${EXACT} # comment`,
  `${EXACT} && r.role != "\u0430dmin"`,
  `r.role${' '.repeat(50_000)}?`,
];

/** Matchers that can be read, and permit or overlook what they must not. */
const refusedTried: Record<string, RegExp> = {
  'r.role == r.role': /which does not say so/,
  '"a" == "a"': /which does not say so/,
  '"read"': /which does not say so/,
  'r.role == p.role': /which does not say so/,
  'p.role == "support"': /which does not say so/,
  'r.role != p.role': /which does not say so/,
  'r.resource == p.resource && r.action == p.action && r.basis == p.basis': /does not say so/,
  'r.role == p.role && r.resource == p.resource && r.action == p.action': /does not say so/,
  'r.role == p.role && r.resource == p.resource && r.basis == p.basis': /does not say so/,
  'r.role == p.role && r.action == p.action && r.basis == p.basis': /does not say so/,
  'r.role == "support" && r.resource == "account" && r.action == "see"': /no policy may permit/,
  [`${EXACT} || r.role == "owner" && r.resource == "content"`]:
    /permits "owner" "content" "read" "grant", which no policy may permit/,
  [`${EXACT} || r.role == "support" && r.action == "issue"`]:
    /permits "support" "grant" "issue" "grant", which no policy may permit/,
  [`${EXACT} || r.resource == "content" && r.basis == "none"`]:
    /permits "support" "content" "read" "none", which no policy may permit/,
  [`${EXACT} || r.role == "nobody"`]: /permits "nobody" .* which no policy may permit/,
  [`${EXACT} || r.basis == ""`]: /which no policy may permit/,
  // Reads as a call of a string, which casbin's interpreter attempts.
  'r.role (p.role)': /casbin cannot use it/,
  'r.role == p.role && (': /casbin cannot use it/,
};

describe('the matcher of policy.conf', () => {
  for (const matcher of refusedUnread) {
    it(`is refused unread when it is ${JSON.stringify(matcher.slice(0, 120))}`, async () => {
      const mistakes = await listMistakes({ model: withMatcher(matcher) });
      assert.equal(mistakes.length, 1, mistakes.join('\n'));
      assert.match(mistakes[0] ?? '', /^model:18 .*(matcher compares|comment|ASCII)/);
    });
  }

  for (const [matcher, reason] of Object.entries(refusedTried)) {
    it(`is refused once tried when it is ${JSON.stringify(matcher)}`, async () => {
      const mistakes = await listMistakes({ model: withMatcher(matcher) });
      assert.ok(mistakes.every((mistake) => mistake.startsWith('model: ')));
      assert.match(mistakes[0] ?? '', reason);
      assert.ok(mistakes.length <= 11);
    });
  }

  it('is refused when it permits within the ceiling what no row says', async () => {
    const rules = 'p, support, content, read, grant, allow\n';
    const loose = `${EXACT} || ${EXACT.replace('r.basis == p.basis', 'r.basis == "review"')}`;
    assert.deepEqual(await listMistakes({ rules, model: withMatcher(loose) }), [
      'model: permits "support" "content" "read" "review" by line 1, which does not say so',
    ]);
  });

  it('is refused when it names no column of the rows, since casbin then blames the first', async () => {
    const rules = 'p, support, content, read, grant, allow\np, support, content, *, *, deny\n';
    const model = withMatcher('r.role == "support" && r.action == "read" && r.basis == "grant"');
    const mistakes = await listMistakes({ rules, model });
    assert.match(mistakes.join('\n'), /permits .* "read" "grant", which line 2 denies/);
  });

  it('is refused when the row casbin names for a permit is a deny row', async () => {
    const rules = 'p, auditor, content, *, *, deny\np, support, content, read, grant, allow\n';
    const model = withMatcher('r.role == "support" && r.action == "read" && r.basis == "grant"');
    assert.deepEqual((await listMistakes({ rules, model })).slice(0, 1), [
      'model: permits "support" "content" "read" "grant", and names no row that allows it',
    ]);
  });

  it('is refused when it overlooks the * of a deny row', async () => {
    const rules = shipped.rules + DENY_ALL_WRITING;
    const mistakes = await listMistakes({ rules, model: withMatcher(EXACT) });
    assert.match(
      mistakes[0] ?? '',
      /permits "support" "content" "write" "grant", which line \d+ denies/,
    );
  });

  it('is refused when it overlooks a deny row about a cell that nothing permits', async () => {
    const rules = 'p, support, content, read, grant, allow\np, auditor, content, *, *, deny\n';
    const mistakes = await listMistakes({ rules, model: withMatcher(EXACT) });
    assert.match(mistakes[0] ?? '', /overlooks line 2, which denies "auditor" "content" "read"/);
  });

  it('may take more away than the rows do', async () => {
    const model = withMatcher(`${EXACT} && !(r.role == "responder") && r.action != "write"`);
    const [all, fewer] = [await loadPolicy(shipped), await loadPolicy({ ...shipped, model })];
    assert.deepEqual(
      listPermitted(fewer),
      listPermitted(all).filter((cell) => !/^responder|write/.test(cell)),
    );
  });
});

describe('policy.conf', () => {
  const { model } = shipped;
  const effect = 'some(where (p.eft == allow)) && !some(where (p.eft == deny))';
  const refused: Record<string, [text: string, reason: RegExp]> = {
    'is empty': ['', /\[request_definition\] is missing/],
    'has no matcher': [withMatcher('').replace('m = ', ''), /\[matchers\] is missing/],
    'has an empty matcher': [withMatcher(''), /a matcher compares/],
    'ignores deny rows': [model.replace(effect, 'some(where (p.eft == allow))'), /must be: e = /],
    'permits whatever is not denied': [
      model.replace(effect, '!some(where (p.eft == deny))'),
      /must be: e = /,
    ],
    'lets the first row win': [model.replace(effect, 'priority(p.eft) || deny'), /must be: e = /],
    'asks in another order': [
      model.replace('r = role, resource', 'r = resource, role'),
      /must be: r = /,
    ],
    'tears a name apart': [model.replace('r = role', 'r = ro le'), /must be: r = /],
    'forgets the effect': [model.replace(', eft', ''), /must be: p = /],
    'forgets a column': [model.replace('p = role, ', 'p = '), /must be: p = /],
    'defines roles of roles': [
      `${model}\n[role_definition]\ng = _, _\n`,
      /\[role_definition\] is not a section/,
    ],
    'repeats a section': [
      `${model}\n[matchers]\nm = r.role == p.role\n`,
      /\[matchers\] stands twice/,
    ],
    'defines the matcher twice': [
      `${model}m = r.role == p.role\n`,
      /\[matchers\] is defined twice/,
    ],
    'defines a second matcher': [`${model}m2 = r.role == p.role\n`, /defines m, not "m2"/],
    'begins before any section': [`m = r.role == p.role\n${model}`, /stands before any section/],
    'has a line that is neither': [
      model.replace('[matchers]', 'matchers'),
      /neither a section nor/,
    ],
    'breaks off at its end': [`${model.trimEnd()} \\`, /breaks off/],
    'breaks off before a comment': [
      model.replace('r = role,', '\\\n# and\nr = role,'),
      /breaks off/,
    ],
  };

  for (const [what, [text, reason]] of Object.entries(refused)) {
    it(`is refused when it ${what}`, async () => {
      const mistakes = await listMistakes({ model: text });
      assert.match(mistakes.join('\n'), reason);
      assert.ok(mistakes.every((mistake) => mistake.startsWith('model:')));
    });
  }

  it('is read the same with line ends as on Windows', async () => {
    const policy = await loadPolicy({ ...shipped, model: model.replaceAll('\n', '\r\n') });
    assert.deepEqual(listPermitted(policy), listPermitted(await loadPolicy(shipped)));
  });
});
