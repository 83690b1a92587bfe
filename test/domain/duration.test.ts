import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatDuration, LONGEST_DURATION, parseDuration } from '../../src/domain/duration.ts';

describe('a duration', () => {
  for (const [text, duration] of [
    ['500ms', 500],
    ['1ms', 1],
    ['90s', 90_000],
    ['15m', 900_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
    ['36500d', LONGEST_DURATION],
  ] as const) {
    it(`reads ${text}`, () => assert.equal(parseDuration(text), duration));
  }

  for (const text of [
    '',
    '0s',
    '0',
    '00d',
    '05m',
    '-5m',
    '+5m',
    '1.5h',
    '1,5h',
    '1e3s',
    '30',
    's',
    'm5',
    '5 m',
    ' 5m',
    '5m ',
    '5m\n',
    '5M',
    '5min',
    '5w',
    '5y',
    '1h30m',
    'PT5M',
    'Infinityd',
    'NaNs',
    '0x5s',
    '٣d',
    '36501d',
    '9999999999999d',
    '99999999999999999999ms',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), undefined));
  }

  for (const [duration, text] of [
    [0, '0s'],
    [1, '1ms'],
    [1_500, '1500ms'],
    [90_000, '90s'],
    [5_400_000, '90m'],
    [86_400_000, '1d'],
    [90_000_000, '25h'],
  ] as const) {
    it(`is written ${text} if it is ${duration} ms long`, () =>
      assert.equal(formatDuration(duration), text));
  }

  for (const duration of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    it(`cannot be written if it is ${duration} ms long`, () => {
      assert.throws(() => formatDuration(duration), RangeError);
    });
  }

  it('is read again as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: LONGEST_DURATION }), (duration) => {
        assert.equal(parseDuration(formatDuration(duration)), duration);
      }),
    );
  });
});
