import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseStrictJson } from '../../src/api/strict-json.ts';
import { Problem } from '../../src/domain/problem.ts';

function parse(text: string): unknown {
  return parseStrictJson(new TextEncoder().encode(text));
}

function isRefused(text: string, pointer?: string): void {
  assert.throws(
    () => parse(text),
    (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.code, 'invalid-request');
      if (pointer !== undefined) assert.equal(error.errors[0]?.pointer, pointer);
      return true;
    },
  );
}

describe('strict JSON refuses', () => {
  it('a key that stands twice in an object', () => {
    isRefused('{"scope":"read","scope":"write"}', '/scope');
  });

  it('a key that stands twice in different spellings', () => {
    isRefused('{"scope":"read","sc\\u006fpe":"write"}', '/scope');
  });

  it('a key that stands twice deep inside, and says where', () => {
    isRefused('{"a":[{"x":1},{"b/c":{"y":1,"y":2}}]}', '/a/1/b~1c/y');
  });

  it('names that mean something to JavaScript, however they are written', () => {
    isRefused('{"__proto__":{"roles":["admin"]}}', '/__proto__');
    isRefused('{"\\u005f_proto__":1}', '/__proto__');
    isRefused('{"a":{"constructor":1}}', '/a/constructor');
    isRefused('[{"prototype":1}]', '/0/prototype');
  });

  it('more than 32 levels, before anything is built of them', () => {
    isRefused('['.repeat(33) + ']'.repeat(33));
    isRefused('['.repeat(90_000));
    isRefused(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`);
  });

  it('what is no JSON', () => {
    for (const text of ['', ' ', '{', '{"a":1,}', "{'a':1}", '{"a":1}{', 'NaN', '{"a":01}', '// x'])
      isRefused(text);
  });

  it('a byte order mark, and bytes that are not UTF-8', () => {
    isRefused('\ufeff{}');
    assert.throws(() => parseStrictJson(new Uint8Array([0x22, 0xff, 0x22])), Problem);
    assert.throws(() => parseStrictJson(new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])), Problem);
  });
});

describe('strict JSON reads', () => {
  it('the same key in different objects', () => {
    assert.deepEqual(parse('{"a":{"x":1},"b":[{"x":1},{"x":2}]}'), {
      a: { x: 1 },
      b: [{ x: 1 }, { x: 2 }],
    });
  });

  it('braces, colons and quotes inside strings as text', () => {
    assert.deepEqual(parse('{"a":"{\\"a\\": [","b":"\\\\","c":"}:"}'), {
      a: '{"a": [',
      b: '\\',
      c: '}:',
    });
  });

  it('32 levels', () => {
    assert.ok(Array.isArray(parse('['.repeat(32) + ']'.repeat(32))));
  });

  it('whatever JSON.stringify writes, as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        fc.pre(!/__proto__|constructor|prototype/.test(text));
        assert.deepEqual(parse(text), JSON.parse(text));
      }),
      { numRuns: 300 },
    );
  });
});
