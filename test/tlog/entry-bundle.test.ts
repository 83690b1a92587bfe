import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeEntryBundle, encodeEntryBundle } from '../../src/tlog/entry-bundle.ts';
import { unhex } from '../support/sha256.ts';
import { isRefused } from './bits.ts';

describe('an entry bundle', () => {
  it('gives back the entries it was made of', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 256 });
    fc.assert(
      fc.property(entries, (list) => {
        assert.deepEqual(decodeEntryBundle(encodeEntryBundle(list), list.length), list);
      }),
    );
  });

  it('takes an entry of 65,535 bytes, and none longer', () => {
    const longest = new Uint8Array(65_535).fill(7);
    assert.deepEqual(decodeEntryBundle(encodeEntryBundle([longest]), 1), [longest]);
    assert.throws(() => encodeEntryBundle([new Uint8Array(65_536)]), RangeError);
  });

  for (const [what, hex, width] of [
    ['nothing where an entry should be', '', 1],
    ['half a length', '00', 1],
    ['a length without its entry', '0001', 1],
    ['an entry cut short', '000241', 1],
    ['fewer entries than wide', '000141', 2],
    ['more entries than wide', '000141000142', 1],
    ['a byte too many', '00014100', 1],
    ['bytes where there should be none', '0000', 0],
  ] as const)
    it(`is refused with ${what}`, () =>
      isRefused(() => decodeEntryBundle(unhex(hex), width), 'entry-bundle-malformed'));
});
