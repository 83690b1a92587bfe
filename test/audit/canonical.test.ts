import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { type Canonical, canonicalBytes, canonicalText } from '../../src/audit/canonical.ts';
import { hex } from '../support/sha256.ts';
import { VECTORS } from '../vectors/log-vectors.ts';

/** What the stricter profile takes from the vectors of RFC 8785, and what it refuses them for. */
const PROFILE: Readonly<Record<string, RegExp | 'taken'>> = {
  arrays: /key "(1|10)"/,
  french: /key "péché"/,
  structures: /key ""/,
  unicode: /key "Unnormalized Unicode"/,
  values: /no integer/,
  weird: /key "\\n"/,
};

describe('the vectors of RFC 8785', () => {
  for (const { name, input, outhex } of VECTORS.jcs.cases)
    it(`${name}: refused by the profile for its keys or numbers`, () => {
      const why = PROFILE[name];
      assert.ok(why instanceof RegExp, `the profile says nothing of ${name}`);
      assert.throws(() => canonicalText(JSON.parse(input) as Canonical), why);
      assert.ok(outhex.length > 0);
    });

  for (const { name, input, outhex } of VECTORS.jcs.cases)
    it(`${name}: its values are written as it says, under keys that are allowed`, () => {
      const values = allowedValues(JSON.parse(input) as Canonical);
      const text = Buffer.from(outhex, 'hex').toString();
      for (const value of values) {
        const written = canonicalText(value);
        assert.ok(text.includes(written), `${written} is not in ${text}`);
      }
      assert.ok(values.length > 0);
    });
});

/** The strings, literals and integers in it. */
function allowedValues(value: Canonical): Canonical[] {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [value];
  return Object.values(value).flatMap((member) => allowedValues(member ?? null));
}

const key = fc.stringMatching(/^[a-z][a-zA-Z0-9_]{0,6}$/);
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
);
const { tree: canonicalValue } = fc.letrec<{ tree: Canonical }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
  ),
}));

describe('canonical JSON', () => {
  it('is what the canonicalize package writes', () => {
    fc.assert(
      fc.property(canonicalValue, (value) => {
        assert.equal(canonicalText(value), canonicalize(value));
      }),
      { numRuns: 300 },
    );
  });

  it('reads back as what was written', () => {
    fc.assert(
      fc.property(canonicalValue, (value) => {
        const back = JSON.parse(canonicalText(value)) as Canonical;
        assert.equal(canonicalText(back), canonicalText(value));
      }),
    );
  });

  it('does not depend on the order of keys', () => {
    assert.equal(canonicalText({ b: 1, aB: 2, a_: 3, a: 4 }), '{"a":4,"aB":2,"a_":3,"b":1}');
  });

  it('leaves out what is undefined', () => {
    assert.equal(canonicalText({ a: undefined, b: 1 }), '{"b":1}');
  });

  it('writes zero without a sign', () => assert.equal(canonicalText(-0), '0'));

  it('is UTF-8 in bytes', () => assert.equal(hex(canonicalBytes('€')), '22e282ac22'));

  it('takes six levels and the largest integers', () => {
    assert.equal(canonicalText([[[[[[]]]]]]), '[[[[[[]]]]]]');
    assert.equal(canonicalText(Number.MAX_SAFE_INTEGER), '9007199254740991');
    assert.equal(canonicalText(Number.MIN_SAFE_INTEGER), '-9007199254740991');
  });
});

describe('canonical JSON refuses', () => {
  for (const [what, value] of [
    ['a seventh level', [[[[[[[]]]]]]]],
    ['a seventh level of objects', { a: { a: { a: { a: { a: { a: {} } } } } } }],
    ['a fraction', 1.5],
    ['2^53', 2 ** 53],
    ['-2^53', -(2 ** 53)],
    ['infinity', Infinity],
    ['what is no number', Number.NaN],
    ['a lone high surrogate', 'a\ud800'],
    ['a lone low surrogate', '\udc00a'],
    ['surrogates in the wrong order', '\ude02\ud83d'],
    ['a lone surrogate deep inside', { a: ['\ud800'] }],
    ['an empty key', { '': 1 }],
    ['a key that begins with a capital', { Key: 1 }],
    ['a key that begins with a digit', { '1': 1 }],
    ['a key that begins with a line', { _a: 1 }],
    ['a key with a dash', { 'user-agent': 1 }],
    ['a key with a line end', { 'a\n': 1 }],
    ['a key that is not ASCII', { é: 1 }],
    ['the key __proto__', JSON.parse('{"__proto__":1}') as Canonical],
  ] as const)
    it(what, () => assert.throws(() => canonicalText(value), TypeError));

  it('undefined, functions and symbols in an array', () => {
    for (const odd of [undefined, () => 1, Symbol('s')])
      assert.throws(() => canonicalText([odd] as unknown as Canonical), TypeError);
  });
});
