import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatInstant, parseInstant } from '../../src/domain/time.ts';

describe('an instant', () => {
  it('is written as RFC 3339 in UTC with milliseconds', () => {
    assert.equal(formatInstant(Date.UTC(2026, 10, 23, 10, 15, 2, 123)), '2026-11-23T10:15:02.123Z');
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), (at) => {
        assert.equal(parseInstant(formatInstant(at)), at);
      }),
    );
  });

  for (const [text, same] of [
    ['2026-11-23T10:15:02Z', '2026-11-23T10:15:02.000Z'],
    ['2026-11-23T10:15:02.5Z', '2026-11-23T10:15:02.500Z'],
    ['2026-11-23T10:15:02.123456789Z', '2026-11-23T10:15:02.123Z'],
    ['2026-11-23T12:15:02+02:00', '2026-11-23T10:15:02.000Z'],
    ['2026-11-23T01:15:02-09:00', '2026-11-23T10:15:02.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
  ] as const)
    it(`${text} is ${same}`, () => {
      const at = parseInstant(text);
      assert.ok(at !== undefined);
      assert.equal(formatInstant(at), same);
    });

  for (const text of [
    '',
    'now',
    '2026',
    '2026-11-23',
    '2026-11-23T10:15:02',
    '2026-11-23T10:15Z',
    '2026-11-23 10:15:02Z',
    '2026-11-23t10:15:02z',
    '2026-02-30T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-13-10T00:00:00Z',
    '2026-11-00T00:00:00Z',
    '2026-11-32T00:00:00Z',
    '2026-11-23T24:00:00Z',
    '2026-11-23T10:60:00Z',
    '2026-11-23T10:15:60Z',
    '2026-11-23T10:15:02.Z',
    '2026-11-23T10:15:02.1234567890Z',
    '2026-11-23T10:15:02,5Z',
    '2026-11-23T10:15:02+24:00',
    '2026-11-23T10:15:02+0200',
    '+002026-11-23T10:15:02Z',
    ' 2026-11-23T10:15:02Z',
    '2026-11-23T10:15:02Z\n',
    '1793707964123',
  ])
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseInstant(text), undefined));
});
