import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDecimal } from '../../src/tlog/decimal.ts';
import { decodeUtf8, encodeUtf8 } from '../../src/tlog/utf8.ts';

describe('UTF-8', () => {
  it('comes back as it went, a byte order mark included', () => {
    for (const text of ['', 'plain', '— é 😀', '\u{feff}mark', '\u{ffff}'])
      assert.equal(decodeUtf8(encodeUtf8(text)), text);
  });

  for (const [what, ...bytes] of [
    ['a byte that begins nothing', 0xff],
    ['a lone continuation', 0x80],
    ['a cut character', 0xe2, 0x80],
    ['an overlong slash', 0xc0, 0xaf],
    ['a surrogate', 0xed, 0xa0, 0x80],
    ['more than Unicode has', 0xf4, 0x90, 0x80, 0x80],
  ] as const) {
    it(`refuses ${what}`, () => assert.equal(decodeUtf8(Uint8Array.from(bytes)), undefined));
  }

  it('does not write a lone surrogate', () => {
    assert.throws(() => encodeUtf8('\ud800'), TypeError);
  });
});

describe('a decimal', () => {
  it('is a size', () => {
    assert.equal(parseDecimal('0'), 0);
    assert.equal(parseDecimal('70000'), 70_000);
    assert.equal(parseDecimal('9007199254740991'), Number.MAX_SAFE_INTEGER);
  });

  for (const text of [
    '',
    '00',
    '01',
    '-0',
    '-1',
    '+1',
    ' 1',
    '1 ',
    '1\n',
    '1.0',
    '1e3',
    '0x1',
    '1_000',
    '٣',
    '9007199254740992',
    '10000000000000000',
    'Infinity',
  ]) {
    it(`is not ${JSON.stringify(text)}`, () => assert.equal(parseDecimal(text), undefined));
  }
});
