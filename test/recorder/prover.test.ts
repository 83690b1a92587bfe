import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Prover } from '../../src/recorder/prover.ts';
import { verifyConsistency } from '../../src/tlog/consistency.ts';
import { verifyInclusion } from '../../src/tlog/inclusion.ts';
import type { Tile } from '../../src/tlog/tile.ts';
import { naiveEdge, naiveRoot } from '../support/naive-tree.ts';
import { hex, sha256 } from '../support/sha256.ts';
import { TreeTiles } from '../tlog/tree-tiles.ts';

const tree = new TreeTiles(1100);

function proverOf(size: number) {
  const reads: Tile[] = [];
  const tile = async (wanted: Tile): Promise<Uint8Array> => {
    reads.push(wanted);
    const first = wanted.index * 256;
    const hashes = tree.levels[wanted.level]?.slice(first, first + wanted.width) ?? [];
    assert.ok(first + wanted.width <= size || wanted.level > 0);
    return new Uint8Array(Buffer.concat(hashes));
  };
  return { prover: new Prover(() => ({ tile }), size), reads };
}

describe('the prover', () => {
  it('proves every entry of a log, whatever it has proved before', async () => {
    for (const size of [1, 2, 3, 255, 256, 257, 700, 1024, 1099]) {
      const { prover } = proverOf(size);
      const root = tree.rootOf(size);
      for (let index = 0; index < size; index += size < 300 ? 1 : 7) {
        const proof = await prover.proveInclusion(index);
        const leaf = tree.leaves[index] ?? new Uint8Array();
        verifyInclusion(sha256, { leaf, index, size, root, proof });
      }
    }
  });

  it('reads each tile once for proofs of entries near each other', async () => {
    const { prover, reads } = proverOf(1100);
    for (let index = 0; index < 256; index += 1) await prover.proveInclusion(index);
    const names = reads.map(({ level, index }) => `${level}/${index}`);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.length <= 4);
  });

  it('refuses an entry that is not published', async () => {
    const { prover } = proverOf(700);
    await assert.rejects(prover.proveInclusion(700), RangeError);
  });

  it('proves growth', async () => {
    const { prover } = proverOf(1000);
    for (const size of [1, 2, 255, 256, 512, 777, 1000]) {
      const proof = await prover.proveGrowth(size);
      const [from, to] = [size, 1000].map((each) => ({ size: each, root: tree.rootOf(each) }));
      assert.ok(from !== undefined && to !== undefined);
      verifyConsistency(sha256, { from, to, proof });
    }
  });

  it('gives both sides of a range', async () => {
    const { prover } = proverOf(1000);
    for (const at of [0, 1, 6, 255, 256, 300, 999, 1000])
      assert.equal(hex(await prover.edgeOf(at)), hex(naiveEdge(tree.leaves.slice(0, at))));
    const after = Buffer.from(await prover.rootsAfter(1000 - 11));
    // 989 is odd: one leaf, two from 990, eight from 992.
    const parts = [
      [989, 990],
      [990, 992],
      [992, 1000],
    ].map(([from, to]) => hex(naiveRoot(tree.leaves.slice(from, to))));
    assert.equal(hex(after), parts.join(''));
    assert.equal((await prover.rootsAfter(1000)).length, 0);
    assert.equal((await prover.rootsAfter(0)).length, 6 * 32);
  });

  it('asks again for a tile that could not be read', async () => {
    let isBroken = true;
    const tile = async ({ level, index, width }: Tile): Promise<Uint8Array> => {
      if (isBroken) throw new Error('not now');
      const hashes = tree.levels[level]?.slice(index * 256, index * 256 + width) ?? [];
      return new Uint8Array(Buffer.concat(hashes));
    };
    const prover = new Prover(() => ({ tile }), 300);
    await assert.rejects(prover.proveInclusion(5), /not now/);
    isBroken = false;
    assert.ok((await prover.proveInclusion(5)).length > 8);
  });
});
