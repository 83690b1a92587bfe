import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CompactRange, type FullSubtree } from '../../src/tlog/compact-range.ts';
import { naiveEdge, naiveRoot } from '../support/naive-tree.ts';
import { hex, sha256 } from '../support/sha256.ts';

const LEAVES = Array.from({ length: 600 }, (_, n) => sha256(Uint8Array.of(n >> 8, n & 255)));

function rangeOf(leaves: readonly Uint8Array[], start = new CompactRange(sha256)): CompactRange {
  for (const leaf of leaves) start.append(leaf);
  return start;
}

describe('a compact range', () => {
  it('has the root and the edge of the whole tree at every size from 0 to 600', () => {
    const range = new CompactRange(sha256);
    const sizes = new Set([0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 600]);
    for (let size = 0; size <= 600; size += 1) {
      assert.equal(range.size, size);
      if (sizes.has(size) || size % 37 === 0 || size < 70) {
        assert.equal(hex(range.root()), hex(naiveRoot(LEAVES.slice(0, size))), `size ${size}`);
        assert.equal(hex(range.edge()), hex(naiveEdge(LEAVES.slice(0, size))), `size ${size}`);
      }
      const leaf = LEAVES[size];
      if (leaf !== undefined) range.append(leaf);
    }
  });

  it('goes on from a stored edge as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.nat(600), fc.nat(600), (a, b) => {
        const [stop, end] = a < b ? [a, b] : [b, a];
        const first = rangeOf(LEAVES.slice(0, stop));
        const again = new CompactRange(sha256, first.size, first.edge());
        rangeOf(LEAVES.slice(stop, end), again);
        assert.equal(hex(again.root()), hex(naiveRoot(LEAVES.slice(0, end))));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps its edge when the bytes it was made of change afterwards', () => {
    const edge = rangeOf(LEAVES.slice(0, 3)).edge();
    const range = new CompactRange(sha256, 3, edge);
    edge.fill(0);
    assert.equal(hex(range.root()), hex(naiveRoot(LEAVES.slice(0, 3))));
  });

  for (const [size, length] of [
    [0, 32],
    [1, 0],
    [1, 31],
    [1, 64],
    [2, 64],
    [3, 32],
    [3, 63],
    [3, 65],
    [256, 256],
    [2 ** 40 + 1, 32],
  ] as const) {
    it(`refuses an edge of ${length} bytes for a tree of size ${size}`, () => {
      assert.throws(() => new CompactRange(sha256, size, new Uint8Array(length)), RangeError);
    });
  }

  it('takes sizes beyond 32 bits', () => {
    const range = new CompactRange(sha256, 2 ** 40, new Uint8Array(32));
    range.append(new Uint8Array(32));
    assert.equal(range.size, 2 ** 40 + 1);
    assert.equal(range.edge().length, 64);
  });
});

describe('the subtrees that become complete', () => {
  it('are the tile hashes of level 1, each once and in order', () => {
    const range = new CompactRange(sha256);
    const completed = LEAVES.flatMap((leaf, at) =>
      range.append(leaf).map((subtree) => ({ ...subtree, at })),
    );
    assert.deepEqual(
      completed.map(({ level, position, at }) => ({ level, position, at })),
      [
        { level: 1, position: 0, at: 255 },
        { level: 1, position: 1, at: 511 },
      ],
    );
    for (const { position, hash } of completed)
      assert.equal(
        hex(hash),
        hex(naiveRoot(LEAVES.slice(position * 256, position * 256 + 256))),
        `tile hash ${position}`,
      );
  });

  it('reach level 2 together with the last of level 1, lowest first', () => {
    let calls = 0;
    const counting = (): Uint8Array => {
      calls += 1;
      return new Uint8Array(32);
    };
    const range = new CompactRange(counting);
    const leaf = new Uint8Array(32);
    let last: FullSubtree[] = [];
    let ofLevel1 = 0;
    for (let n = 0; n < 65_536; n += 1) {
      last = range.append(leaf);
      ofLevel1 += last.filter(({ level }) => level === 1).length;
    }
    assert.deepEqual(
      last.map(({ level, position }) => ({ level, position })),
      [
        { level: 1, position: 255 },
        { level: 2, position: 0 },
      ],
    );
    assert.equal(ofLevel1, 256);
    assert.equal(calls, 65_535, 'one hash for each inner node');
  });
});
