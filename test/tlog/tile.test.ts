import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { changedTiles, hashesIn, type Tile, tilesOf, widthOfTile } from '../../src/tlog/tile.ts';
import { VECTORS } from '../vectors/log-vectors.ts';
import { isRefused } from './bits.ts';

/** Full tiles by their number, partial ones by their width, as the vectors tell of a tree. */
function summarize(tiles: Iterable<Tile>): Record<string, number> {
  const summary: Record<string, number> = {};
  for (const { level, width } of tiles) {
    const full = `full_l${level}`;
    if (width === 256) summary[full] = (summary[full] ?? 0) + 1;
    else summary[`partial_l${level}`] = width;
  }
  return summary;
}

const key = (tile: Tile): string => `${tile.level}/${tile.index}/${tile.width}`;

describe('the tiles of a tree', () => {
  it('are those of the vectors', () => {
    assert.deepEqual(summarize(tilesOf(70_000)), VECTORS.tile_paths.tree_70000);
    assert.deepEqual(summarize(tilesOf(256)), VECTORS.tile_paths.tree_256);
  });

  it('are none for the empty tree, and one for a single leaf', () => {
    assert.deepEqual([...tilesOf(0)], []);
    assert.deepEqual([...tilesOf(1)], [{ level: 0, index: 0, width: 1 }]);
  });

  it('have the width that is asked for one by one, and no neighbour beyond', () => {
    fc.assert(
      fc.property(fc.nat(70_000), (size) => {
        const last = new Map<number, number>();
        for (const { level, index, width } of tilesOf(size)) {
          assert.equal(widthOfTile(size, level, index), width);
          assert.equal(index, (last.get(level) ?? -1) + 1);
          last.set(level, index);
        }
        for (const level of [0, 1, 2, 3])
          assert.equal(widthOfTile(size, level, (last.get(level) ?? -1) + 1), 0);
      }),
      { numRuns: 30 },
    );
  });

  it('are told of trees far beyond 32 bits', () => {
    const size = Number.MAX_SAFE_INTEGER;
    assert.equal(widthOfTile(size, 0, 2 ** 45 - 1), 255);
    assert.equal(widthOfTile(size, 6, 0), 31);
    assert.equal(widthOfTile(size, 7, 0), 0);
  });
});

describe('the tiles that changed', () => {
  it('are exactly those of the later tree that the earlier one does not have', () => {
    const size = fc.oneof(fc.nat(2000), fc.constantFrom(65_279, 65_280, 65_535, 65_536, 66_000));
    fc.assert(
      fc.property(size, size, (a, b) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const had = new Set(Array.from(tilesOf(from), key));
        assert.deepEqual(
          Array.from(changedTiles(from, to), key),
          Array.from(tilesOf(to), key).filter((tile) => !had.has(tile)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('are few, however large the tree is', () => {
    assert.equal([...changedTiles(10_000_000, 10_000_001)].length, 1);
    assert.equal([...changedTiles(2 ** 40, 2 ** 40)].length, 0);
  });
});

describe('a tile from outside', () => {
  const tile = { level: 0, index: 0, width: 2 };

  it('gives a run of its hashes', () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, at) => at);
    assert.deepEqual(hashesIn(tile, bytes, 1, 1), [bytes.slice(32)]);
  });

  for (const length of [0, 32, 63, 65, 96])
    it(`is refused if it has ${length} bytes for two hashes`, () =>
      isRefused(() => hashesIn(tile, new Uint8Array(length), 0, 1), 'tile-malformed'));
});
