import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CompactRange } from '../../src/tlog/compact-range.ts';
import { planConsistency } from '../../src/tlog/consistency.ts';
import { planInclusion } from '../../src/tlog/inclusion.ts';
import { fulfil, fulfilAtOnce, planEdge, planRoot } from '../../src/tlog/tile-plan.ts';
import { naiveEdge } from '../support/naive-tree.ts';
import { hex, sha256 } from '../support/sha256.ts';
import { isRefused } from './bits.ts';
import { TreeTiles } from './tree-tiles.ts';

const SIZE = 66_100;
const tree = new TreeTiles(SIZE);
const EDGES = [1, 2, 255, 256, 257, 511, 512, 65_279, 65_280, 65_535, 65_536, 65_537, 65_792];
const anySize = fc.oneof(fc.nat(600), fc.nat(SIZE), fc.constantFrom(...EDGES));

describe('from tiles alone', () => {
  it('the root of any size is computed', () => {
    fc.assert(
      fc.property(anySize, (size) => {
        const root = fulfilAtOnce(planRoot(sha256, size), tree.read(size));
        assert.equal(hex(root), hex(tree.rootOf(size)));
      }),
    );
  });

  it('the right edge of any size is computed, and appending goes on from it', () => {
    fc.assert(
      fc.property(anySize, (size) => {
        const edge = fulfilAtOnce(planEdge(sha256, size), tree.read(size));
        const range = new CompactRange(sha256, size, edge);
        assert.equal(hex(range.root()), hex(tree.rootOf(size)));
        const leaf = tree.leaves[size];
        if (leaf === undefined) return;
        range.append(leaf);
        assert.equal(hex(range.root()), hex(tree.rootOf(size + 1)));
      }),
    );
    const edge = fulfilAtOnce(planEdge(sha256, 1000), tree.read(1000));
    assert.equal(hex(edge), hex(naiveEdge(tree.leaves.slice(0, 1000))));
  });

  it('an earlier size is computed from the tiles of a later one too, where they are full', () => {
    const root = fulfilAtOnce(planRoot(sha256, 65_536), tree.read(65_536));
    assert.equal(hex(root), hex(tree.rootOf(65_536)));
  });

  it('nothing needs to be read for the empty tree', () => {
    const plan = planRoot(sha256, 0);
    assert.deepEqual(plan.tiles, []);
    assert.equal(hex(plan.finish([])), hex(tree.rootOf(0)));
  });

  it('reading may wait', async () => {
    const read = tree.read(SIZE);
    const root = await fulfil(planRoot(sha256, SIZE), async (tile) => {
      await Promise.resolve();
      return read(tile);
    });
    assert.equal(hex(root), hex(tree.rootOf(SIZE)));
  });

  it('a tile of another length is refused', () => {
    const plan = planRoot(sha256, 300);
    const contents = plan.tiles.map(tree.read(300));
    isRefused(() => plan.finish(contents.map((bytes) => bytes.slice(1))), 'tile-malformed');
    isRefused(() => plan.finish(contents.slice(1)), 'tile-malformed');
    isRefused(() => plan.finish([]), 'tile-malformed');
  });
});

describe('the tiles to read', () => {
  const sizes = fc.oneof(fc.nat(10_000_000), fc.maxSafeNat()).map((n) => n + 1);
  const levelsOf = (size: number): number => Math.floor(Math.log2(size) / 8) + 1;

  it('are at most two a level for an inclusion proof, and each is named once', () => {
    fc.assert(
      fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), (n, part) => {
        const size = Math.min(n, Number.MAX_SAFE_INTEGER);
        const index = Math.min(size - 1, Math.floor(size * part));
        const { tiles } = planInclusion(sha256, index, size);
        assert.ok(tiles.length <= 2 * levelsOf(size), `${tiles.length} tiles of ${size}`);
        const keys = tiles.map(({ level, index: at }) => `${level}/${at}`);
        assert.equal(new Set(keys).size, keys.length);
      }),
    );
  });

  it('are at most two a level for a consistency proof, and one for an edge', () => {
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const [from, to] = [Math.min(a, b, 2 ** 53 - 2), Math.min(Math.max(a, b), 2 ** 53 - 1)];
        assert.ok(planConsistency(sha256, from, to).tiles.length <= 2 * levelsOf(to));
        assert.ok(planEdge(sha256, to).tiles.length <= levelsOf(to));
      }),
    );
  });

  it('are six for an entry in the middle of ten million at the most', () => {
    assert.ok(planInclusion(sha256, 5_000_000, 10_000_000).tiles.length <= 6);
  });

  it('exist in that tree, each as wide as it is there', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: SIZE }), fc.nat(SIZE), (size, n) => {
        for (const tile of planInclusion(sha256, n % size, size).tiles) tree.read(size)(tile);
      }),
    );
  });
});
