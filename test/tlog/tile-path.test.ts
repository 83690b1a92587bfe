import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatTilePath, parseTilePath } from '../../src/tlog/tile-path.ts';
import { VECTORS } from '../vectors/log-vectors.ts';
import { isRefused } from './bits.ts';

const anyTile = fc.record(
  {
    level: fc.oneof(fc.nat(63), fc.constant('entries' as const)),
    index: fc.oneof(fc.nat(2000), fc.maxSafeNat()),
    width: fc.integer({ min: 1, max: 256 }),
  },
  { noNullPrototype: true },
);

describe('the path of a tile', () => {
  it('is that of the specification', () => {
    const { c2sp_index_1234067 } = VECTORS.tile_paths;
    const tile = { level: 0, index: 1_234_067, width: 256 };
    assert.equal(formatTilePath(tile), `tile/0/${c2sp_index_1234067}`);
    assert.equal(
      formatTilePath({ ...tile, level: 'entries', width: 1 }),
      `tile/entries/${c2sp_index_1234067}.p/1`,
    );
  });

  for (const [index, groups] of [
    [0, '000'],
    [999, '999'],
    [1000, 'x001/000'],
    [1_000_000, 'x001/x000/000'],
    [Number.MAX_SAFE_INTEGER, 'x009/x007/x199/x254/x740/991'],
  ] as const)
    it(`writes index ${index} as ${groups}`, () =>
      assert.equal(formatTilePath({ level: 63, index, width: 256 }), `tile/63/${groups}`));

  it('is read as what it was written from', () => {
    fc.assert(
      fc.property(anyTile, (tile) => assert.deepEqual(parseTilePath(formatTilePath(tile)), tile)),
      { numRuns: 1000 },
    );
  });

  it('is the only one of its tile: whatever is read is written again the same', () => {
    const words = ['tile/', 'entries', '0', '1', '00', '000', 'x000', 'x001', '/', '.p/', '256'];
    const made = fc
      .array(fc.constantFrom(...words), { maxLength: 8 })
      .map((parts) => `tile/${parts.join('')}`);
    const changed = fc
      .tuple(anyTile.map(formatTilePath), fc.nat(40), fc.constantFrom('', '0', 'x', '/', '1', '.'))
      .map(([path, at, letter]) => path.slice(0, at) + letter + path.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(made, changed), (path) => {
        try {
          assert.equal(formatTilePath(parseTilePath(path)), path);
        } catch (error) {
          assert.equal((error as Error).name, 'TlogRefused');
        }
      }),
      { numRuns: 3000 },
    );
  });

  for (const path of [
    '',
    'tile',
    'tile/0',
    'tile/0/',
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/0/x000/000',
    'tile/0/x000/x001/000',
    'tile/0/001/000',
    'tile/0/x001/x000',
    'tile/0/X001/000',
    'tile/0/x001000',
    'tile/0/-01',
    'tile/0/+01',
    'tile/0/x009/x007/x199/x254/x740/992',
    'tile/0/x001/x000/x000/x000/x000/x000/000',
    'tile/00/000',
    'tile/01/000',
    'tile/64/000',
    'tile/100/000',
    'tile/-1/000',
    'tile/8/0/000',
    'tile/data/000',
    'tile/Entries/000',
    'tile/0/000.p',
    'tile/0/000.p/',
    'tile/0/000.p/0',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/257',
    'tile/0/000.p/1000',
    'tile/0/000.p/1/',
    'tile/0/000.p/1.p/1',
    'tile/0/000/',
    'tile/0/000\n',
    ' tile/0/000',
    '/tile/0/000',
    'tile//000',
    'tile/0/../000',
    'tile/0/%30%30%30',
    'tile/0/٠٠٠',
    'checkpoint',
  ])
    it(`is not ${JSON.stringify(path)}`, () =>
      isRefused(() => parseTilePath(path), 'tile-path-malformed'));

  for (const [level, index, width] of [
    [-1, 0, 1],
    [64, 0, 1],
    [0.5, 0, 1],
    [0, -1, 1],
    [0, 0.5, 1],
    [0, 2 ** 53, 1],
    [0, 0, 0],
    [0, 0, 257],
    [0, 0, 1.5],
  ] as const)
    it(`is not written for level ${level}, index ${index}, width ${width}`, () =>
      assert.throws(() => formatTilePath({ level, index, width }), RangeError));
});
