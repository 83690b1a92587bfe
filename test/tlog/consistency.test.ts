import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Consistency,
  planConsistency,
  verifyConsistency,
} from '../../src/tlog/consistency.ts';
import { fulfilAtOnce } from '../../src/tlog/tile-plan.ts';
import { hex, sha256, unhex } from '../support/sha256.ts';
import { VECTORS } from '../vectors/log-vectors.ts';
import { flipBit, isRefused } from './bits.ts';
import { consistencySides, naiveConsistency } from './naive-proof.ts';
import { TreeTiles } from './tree-tiles.ts';

const SIZE = 66_000;
const tree = new TreeTiles(SIZE);

function claimFor(from: number, to: number): Consistency {
  return {
    from: { size: from, root: tree.rootOf(from) },
    to: { size: to, root: tree.rootOf(to) },
    proof: fulfilAtOnce(planConsistency(sha256, from, to), tree.read(to)),
  };
}

const anyClaim = fc
  .oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: SIZE }))
  .chain((to) => fc.integer({ min: 1, max: to }).map((from) => claimFor(from, to)));

function refuses(claim: Consistency, changes: Partial<Consistency>): void {
  isRefused(() => verifyConsistency(sha256, { ...claim, ...changes }));
}

describe('a consistency proof agrees with', () => {
  it('those of the tree of eight leaves', () => {
    const { leaf_hashes, roots, consistency } = VECTORS.tree8;
    assert.equal(consistency.length, 36);
    for (const { size1, size2, proof } of consistency) {
      const [first = '', second = ''] = [roots[size1], roots[size2]];
      verifyConsistency(sha256, {
        from: { size: size1, root: unhex(first) },
        to: { size: size2, root: unhex(second) },
        proof: proof.map(unhex),
      });
      const plan = planConsistency(sha256, size1, size2);
      const tile = unhex(leaf_hashes.slice(0, size2).join(''));
      const made = plan.finish(plan.tiles.map(() => tile));
      assert.deepEqual(made.map(hex), proof, `${size1} to ${size2}`);
    }
  });

  for (const probe of VECTORS.probes.consistency)
    it(`the judgement of ${probe.file}`, () => {
      const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
      const claim = {
        from: { size: probe.size1, root: bytes(probe.root1) },
        to: { size: probe.size2, root: bytes(probe.root2) },
        proof: (probe.proof ?? []).map(bytes),
      };
      if (probe.wantErr) isRefused(() => verifyConsistency(sha256, claim));
      else verifyConsistency(sha256, claim);
    });

  it('the definition, between all sizes up to 40', () => {
    for (let to = 1; to <= 40; to += 1)
      for (let from = 1; from <= to; from += 1)
        assert.deepEqual(
          claimFor(from, to).proof.map(hex),
          naiveConsistency(tree.leaves.slice(0, to), from).map(hex),
        );
  });

  it('the definition in a tree of three levels of tiles', () => {
    for (const from of [255, 65_535, 65_536, 65_537])
      assert.deepEqual(
        claimFor(from, SIZE).proof.map(hex),
        naiveConsistency(tree.leaves, from).map(hex),
      );
  });
});

describe('a consistency proof', () => {
  it('verifies', () => {
    fc.assert(fc.property(anyClaim, (claim) => verifyConsistency(sha256, claim)));
  });

  it('is refused with any bit of any hash or root changed', () => {
    for (const claim of [claimFor(1, 2), claimFor(4, 7), claimFor(6, 8), claimFor(300, 700)])
      for (let bit = 0; bit < 256; bit += 1) {
        const { from, to, proof } = claim;
        refuses(claim, { from: { ...from, root: flipBit(from.root, bit) } });
        refuses(claim, { to: { ...to, root: flipBit(to.root, bit) } });
        proof.forEach((hash, at) => refuses(claim, { proof: proof.with(at, flipBit(hash, bit)) }));
      }
  });

  it('is refused with a bit changed, whichever trees it is of', () => {
    fc.assert(
      fc.property(anyClaim, fc.nat(), fc.nat(255), (claim, n, bit) => {
        const { from, to, proof } = claim;
        refuses(claim, { from: { ...from, root: flipBit(from.root, bit) } });
        refuses(claim, { to: { ...to, root: flipBit(to.root, bit) } });
        const at = n % Math.max(1, proof.length);
        const hash = proof[at];
        if (hash !== undefined) refuses(claim, { proof: proof.with(at, flipBit(hash, bit)) });
      }),
    );
  });

  it('is refused with a bit of the first size changed', () => {
    fc.assert(
      fc.property(anyClaim, (claim) => {
        for (let bit = 0; bit < 53; bit += 1)
          refuses(claim, { from: { ...claim.from, size: changeBit(claim.from.size, bit) } });
      }),
    );
  });

  it('is refused with a bit of the second size changed, unless the proof has the same shape there', () => {
    fc.assert(
      fc.property(anyClaim, fc.nat(52), (claim, bit) => {
        const { from, to } = claim;
        const size = changeBit(to.size, bit);
        const changed = { ...claim, to: { ...to, size } };
        const isSame = consistencySides(from.size, size) === consistencySides(from.size, to.size);
        if (isSame) verifyConsistency(sha256, changed);
        else isRefused(() => verifyConsistency(sha256, changed));
      }),
      { numRuns: 500 },
    );
  });

  it('is refused with a hash more, a hash less, or two in each other’s place', () => {
    fc.assert(
      fc.property(anyClaim, fc.nat(), (claim, n) => {
        const { proof, from, to } = claim;
        for (const extra of [from.root, to.root, new Uint8Array(32)])
          for (const at of [0, n % (proof.length + 1), proof.length])
            refuses(claim, { proof: proof.toSpliced(at, 0, extra) });
        if (proof.length === 0) return;
        for (const at of [0, n % proof.length, proof.length - 1])
          refuses(claim, { proof: proof.toSpliced(at, 1) });
        if (proof.length > 1) refuses(claim, { proof: proof.toReversed() });
      }),
    );
  });

  it('is refused for a tree that was rewritten before the first size', () => {
    fc.assert(
      fc.property(anyClaim, (claim) => {
        const other = sha256(claim.from.root);
        refuses(claim, { from: { ...claim.from, root: other } });
        if (claim.from.size < claim.to.size) refuses(claim, { from: claim.to, to: claim.from });
      }),
    );
  });

  it('names what is wrong', () => {
    const claim = claimFor(3, 7);
    const { from, to, proof } = claim;
    const isWrong = (
      changes: Partial<Consistency>,
      reason: Parameters<typeof isRefused>[1],
    ): void => isRefused(() => verifyConsistency(sha256, { ...claim, ...changes }), reason);
    for (const size of [0, -1, 8, 0.5, Number.NaN, 2 ** 53])
      isWrong({ from: { ...from, size } }, 'size-out-of-range');
    for (const size of [0, -1, 2, 7.5, Number.NaN, 2 ** 53])
      isWrong({ to: { ...to, size } }, 'size-out-of-range');
    isWrong({ proof: [new Uint8Array(31), ...proof.slice(1)] }, 'hash-malformed');
    isWrong({ to: { ...to, root: new Uint8Array() } }, 'hash-malformed');
    isWrong({ proof: [] }, 'proof-length-wrong');
    isWrong({ proof: [...proof, to.root] }, 'proof-length-wrong');
    isWrong({ to: from, proof: [to.root] }, 'proof-length-wrong');
    isWrong({ to: { size: 3, root: to.root }, proof: [] }, 'root-differs');
  });

  it('is not planned where nothing is to be proved', () => {
    for (const [from, to] of [
      [0, 0],
      [0, 5],
      [6, 5],
      [-1, 5],
      [1.5, 5],
      [1, 2 ** 53],
    ] as const)
      assert.throws(() => planConsistency(sha256, from, to), RangeError);
  });
});

/** Beyond 32 bits too. */
function changeBit(value: number, bit: number): number {
  return Number(BigInt(value) ^ (1n << BigInt(bit)));
}
