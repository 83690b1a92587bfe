import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Inclusion, planInclusion, verifyInclusion } from '../../src/tlog/inclusion.ts';
import { fulfilAtOnce } from '../../src/tlog/tile-plan.ts';
import { hex, sha256, unhex } from '../support/sha256.ts';
import { VECTORS } from '../vectors/log-vectors.ts';
import { flipBit, isRefused } from './bits.ts';
import { inclusionSides, naiveInclusion } from './naive-proof.ts';
import { TreeTiles } from './tree-tiles.ts';

const SIZE = 66_000;
const tree = new TreeTiles(SIZE);

function claimFor(index: number, size: number): Inclusion {
  const proof = fulfilAtOnce(planInclusion(sha256, index, size), tree.read(size));
  const leaf = tree.leaves[index];
  assert.ok(leaf);
  return { leaf, index, size, root: tree.rootOf(size), proof };
}

const anyClaim = fc
  .oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: SIZE }))
  .chain((size) => fc.nat(size - 1).map((index) => claimFor(index, size)));

function refuses(claim: Inclusion, changes: Partial<Inclusion>): void {
  isRefused(() => verifyInclusion(sha256, { ...claim, ...changes }));
}

describe('an inclusion proof agrees with', () => {
  it('those of the tree of eight leaves', () => {
    const { leaf_hashes, roots, inclusion } = VECTORS.tree8;
    assert.equal(inclusion.length, 36);
    for (const { index, size, proof } of inclusion) {
      const [leaf = '', root = ''] = [leaf_hashes[index], roots[size]];
      const claim = { leaf: unhex(leaf), index, size, root: unhex(root), proof: proof.map(unhex) };
      verifyInclusion(sha256, claim);
      const plan = planInclusion(sha256, index, size);
      const tile = unhex(leaf_hashes.slice(0, size).join(''));
      const made = plan.finish(plan.tiles.map(() => tile));
      assert.deepEqual(made.map(hex), proof, `leaf ${index} of ${size}`);
    }
  });

  for (const probe of VECTORS.probes.inclusion)
    it(`the judgement of ${probe.file}`, () => {
      const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
      const claim = {
        leaf: bytes(probe.leafHash),
        index: probe.leafIdx,
        size: probe.treeSize,
        root: bytes(probe.root),
        proof: (probe.proof ?? []).map(bytes),
      };
      if (probe.wantErr) isRefused(() => verifyInclusion(sha256, claim));
      else verifyInclusion(sha256, claim);
    });

  it('the definition, for every leaf of every tree up to 40', () => {
    for (let size = 1; size <= 40; size += 1)
      for (let index = 0; index < size; index += 1)
        assert.deepEqual(
          claimFor(index, size).proof.map(hex),
          naiveInclusion(tree.leaves.slice(0, size), index).map(hex),
        );
  });

  it('the definition in a tree of three levels of tiles', () => {
    for (const index of [255, 65_535, 65_536, SIZE - 1])
      assert.deepEqual(
        claimFor(index, SIZE).proof.map(hex),
        naiveInclusion(tree.leaves, index).map(hex),
      );
  });
});

describe('an inclusion proof', () => {
  it('verifies', () => {
    fc.assert(fc.property(anyClaim, (claim) => verifyInclusion(sha256, claim)));
  });

  it('is refused with any bit of any hash changed, of the leaf or of the root', () => {
    for (const claim of [claimFor(0, 2), claimFor(5, 7), claimFor(6, 7), claimFor(300, 700)])
      for (let bit = 0; bit < 256; bit += 1) {
        refuses(claim, { leaf: flipBit(claim.leaf, bit) });
        refuses(claim, { root: flipBit(claim.root, bit) });
        claim.proof.forEach((hash, at) =>
          refuses(claim, { proof: claim.proof.with(at, flipBit(hash, bit)) }),
        );
      }
  });

  it('is refused with a bit changed, whichever tree it is of', () => {
    fc.assert(
      fc.property(anyClaim, fc.nat(), fc.nat(255), (claim, n, bit) => {
        refuses(claim, { leaf: flipBit(claim.leaf, bit) });
        refuses(claim, { root: flipBit(claim.root, bit) });
        const at = n % Math.max(1, claim.proof.length);
        const hash = claim.proof[at];
        if (hash !== undefined) refuses(claim, { proof: claim.proof.with(at, flipBit(hash, bit)) });
      }),
    );
  });

  it('is refused with a bit of the index changed', () => {
    fc.assert(
      fc.property(anyClaim, (claim) => {
        for (let bit = 0; bit < 53; bit += 1)
          refuses(claim, { index: changeBit(claim.index, bit) });
      }),
    );
  });

  it('is refused with a bit of the size changed, unless that tree has the same path to the leaf', () => {
    fc.assert(
      fc.property(anyClaim, fc.nat(52), (claim, bit) => {
        const size = changeBit(claim.size, bit);
        const sides = inclusionSides(claim.index, size);
        if (sides === inclusionSides(claim.index, claim.size))
          verifyInclusion(sha256, { ...claim, size });
        else refuses(claim, { size });
      }),
      { numRuns: 500 },
    );
  });

  it('is refused with a hash more, a hash less, or two in each other’s place', () => {
    fc.assert(
      fc.property(anyClaim, fc.nat(), (claim, n) => {
        const { proof, leaf, root } = claim;
        for (const extra of [leaf, root, new Uint8Array(32)])
          for (const at of [0, n % (proof.length + 1), proof.length])
            refuses(claim, { proof: proof.toSpliced(at, 0, extra) });
        if (proof.length === 0) return;
        for (const at of [0, n % proof.length, proof.length - 1])
          refuses(claim, { proof: proof.toSpliced(at, 1) });
        if (proof.length > 1) refuses(claim, { proof: proof.toReversed() });
      }),
    );
  });

  it('names what is wrong', () => {
    const claim = claimFor(3, 7);
    const isWrong = (changes: Partial<Inclusion>, reason: Parameters<typeof isRefused>[1]): void =>
      isRefused(() => verifyInclusion(sha256, { ...claim, ...changes }), reason);
    for (const index of [7, -1, 0.5, Number.NaN, 2 ** 53]) isWrong({ index }, 'index-out-of-range');
    for (const size of [-1, 6.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])
      isWrong({ size }, 'size-out-of-range');
    isWrong({ size: 0 }, 'index-out-of-range');
    for (const length of [0, 31, 33, 64]) {
      const bytes = new Uint8Array(length);
      isWrong({ leaf: bytes }, 'hash-malformed');
      isWrong({ root: bytes }, 'hash-malformed');
      isWrong({ proof: claim.proof.with(0, bytes) }, 'hash-malformed');
    }
    isWrong({ proof: [] }, 'proof-length-wrong');
    isWrong({ proof: [...claim.proof, claim.root] }, 'proof-length-wrong');
    isWrong({ root: claim.leaf }, 'root-differs');
  });

  it('is not planned for a leaf that is not there', () => {
    for (const [index, size] of [
      [0, 0],
      [1, 1],
      [-1, 1],
      [0.5, 1],
      [0, 2 ** 53],
    ] as const)
      assert.throws(() => planInclusion(sha256, index, size), RangeError);
  });
});

/** Beyond 32 bits too. */
function changeBit(value: number, bit: number): number {
  return Number(BigInt(value) ^ (1n << BigInt(bit)));
}
