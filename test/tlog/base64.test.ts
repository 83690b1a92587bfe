import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeBase64, decodeBase64Of, encodeBase64 } from '../../src/tlog/base64.ts';

describe('base 64', () => {
  it('agrees with Node, both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        assert.equal(encodeBase64(bytes), text);
        assert.deepEqual(decodeBase64(text), bytes);
      }),
    );
  });

  it('has one text for given bytes: whatever is read is written again the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('AQgwZ/+=9 \n-_')) }), (text) => {
        const bytes = decodeBase64(text);
        if (bytes !== undefined) assert.equal(encodeBase64(bytes), text);
      }),
      { numRuns: 2000 },
    );
  });

  for (const text of [
    'A',
    'AA',
    'AAA',
    'AAAAA',
    'A===',
    '====',
    '=',
    'AA=A',
    '=AAA',
    'AA==AAAA',
    'AB==',
    'AAB=',
    'AA-_',
    'AAAA\n',
    ' AAAA',
    'AA A',
    'AA\n==',
    'AAAÅ',
    'AA😀',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(decodeBase64(text), undefined);
    });
  }

  it('reads nothing from nothing', () => {
    assert.deepEqual(decodeBase64(''), new Uint8Array());
  });

  it('holds to a length where one is asked for', () => {
    assert.deepEqual(decodeBase64Of(3, 'AAAA'), new Uint8Array(3));
    assert.equal(decodeBase64Of(2, 'AAAA'), undefined);
    assert.equal(decodeBase64Of(3, 'AAA='), undefined);
    assert.equal(decodeBase64Of(0, 'AAAA'), undefined);
  });
});
