import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CompactRange } from '../../src/tlog/compact-range.ts';
import { hashLeaf, hashNode } from '../../src/tlog/hash.ts';
import { naiveRoot } from '../support/naive-tree.ts';
import { hex, sha256, unhex } from '../support/sha256.ts';
import { VECTORS } from '../vectors/log-vectors.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the hashes of RFC 6962 agree with the vectors of', () => {
  const [merkle, transparency] = VECTORS.rfc6962_hasher;

  it('transparency-dev/merkle', () => {
    assert.equal(hex(new CompactRange(sha256).root()), merkle.empty_root);
    assert.equal(hex(hashLeaf(sha256, new Uint8Array())), merkle.empty_leaf);
    assert.equal(hex(hashLeaf(sha256, ascii('L123456'))), merkle.leaf_L123456);
  });

  it('certificate-transparency', () => {
    const leaf = hashLeaf(sha256, unhex('101112131415161718191a1b1c1d1e1f'));
    assert.equal(hex(leaf), transparency.leaf_101112131415161718191a1b1c1d1e1f);
    const { node_left, node_right, node } = transparency;
    assert.equal(hex(hashNode(sha256, unhex(node_left), unhex(node_right))), node);
  });

  it('a tree of eight leaves, at every size', () => {
    const range = new CompactRange(sha256);
    const { leaf_inputs_hex, leaf_hashes, roots } = VECTORS.tree8;
    assert.equal(hex(range.root()), roots[0]);
    leaf_inputs_hex.forEach((input, at) => {
      const leaf = hashLeaf(sha256, unhex(input));
      assert.equal(hex(leaf), leaf_hashes[at]);
      range.append(leaf);
      assert.equal(hex(range.root()), roots[at + 1]);
    });
  });

  it('trees of numbered leaves, up to 513 leaves', () => {
    const leaves = Array.from({ length: 513 }, (_, n) => hashLeaf(sha256, ascii(`leaf ${n}`)));
    const range = new CompactRange(sha256);
    leaves.forEach((leaf, at) => {
      range.append(leaf);
      const root = VECTORS.derived.leaf_decimal_trees[String(at + 1)];
      if (root === undefined) return;
      assert.equal(hex(range.root()), root);
      assert.equal(hex(naiveRoot(leaves.slice(0, at + 1))), root);
    });
  });

  it('a tree of 65,537 numbered leaves, past the second height of tiles', () => {
    const range = new CompactRange(sha256);
    for (let n = 0; n < 65_537; n += 1) range.append(hashLeaf(sha256, ascii(`leaf ${n}`)));
    assert.equal(hex(range.root()), VECTORS.derived.leaf_decimal_trees['65537']);
  });
});

describe('a hash', () => {
  it('tells a leaf from a node of the same bytes', () => {
    const [left, right] = [sha256(ascii('l')), sha256(ascii('r'))];
    const asLeaf = hashLeaf(sha256, new Uint8Array(Buffer.concat([left, right])));
    assert.notEqual(hex(asLeaf), hex(hashNode(sha256, left, right)));
  });

  it('tells left from right', () => {
    const [left, right] = [sha256(ascii('l')), sha256(ascii('r'))];
    assert.notEqual(hex(hashNode(sha256, left, right)), hex(hashNode(sha256, right, left)));
  });
});
