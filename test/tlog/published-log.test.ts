import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CompactRange } from '../../src/tlog/compact-range.ts';
import { planConsistency, verifyConsistency } from '../../src/tlog/consistency.ts';
import { decodeEntryBundle, encodeEntryBundle } from '../../src/tlog/entry-bundle.ts';
import { hashLeaf } from '../../src/tlog/hash.ts';
import { planInclusion, verifyInclusion } from '../../src/tlog/inclusion.ts';
import { parseVerifierKey } from '../../src/tlog/note-key.ts';
import { fulfilAtOnce, planRoot } from '../../src/tlog/tile-plan.ts';
import { formatTilePath } from '../../src/tlog/tile-path.ts';
import { tilesOf } from '../../src/tlog/tile.ts';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from '../../src/tlog/tlog-proof.ts';
import { verifyCheckpoint } from '../../src/tlog/verify-checkpoint.ts';
import { hex, sha256, unhex } from '../support/sha256.ts';
import { VECTORS } from '../vectors/log-vectors.ts';
import { verifyEd25519 } from './ed25519.ts';

const { vkey, entries, checkpoints, ...published } = VECTORS.tessera_log;
const tile = unhex(published.tile_0_000_p_15_hex);
const bundle = unhex(published.entries_000_p_15_hex);
const key = parseVerifierKey(sha256, vkey);
const trust = { origin: 'example.com/log/testdata', logKeys: [key] };
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a log published by others', () => {
  const heads = checkpoints.map((note) => verifyCheckpoint(verifyEd25519, trust, bytesOf(note)));
  const leaves = entries.map((entry) => hashLeaf(sha256, bytesOf(entry)));
  const headOf = (size: number) => heads[size] ?? assert.fail(`no checkpoint of size ${size}`);
  const readPart = ({ width }: { width: number }): Uint8Array => tile.slice(0, width * 32);

  it('has sixteen checkpoints that verify, of sizes 0 to 15', () => {
    assert.deepEqual(
      heads.map(({ size }) => size),
      Array.from({ length: 16 }, (_, size) => size),
    );
  });

  it('is made again from its entries to the byte: leaves, tile and bundle', () => {
    assert.equal(hex(new Uint8Array(Buffer.concat(leaves))), hex(tile));
    assert.equal(hex(encodeEntryBundle(entries.map(bytesOf))), hex(bundle));
    assert.deepEqual(
      decodeEntryBundle(bundle, 15).map((entry) => new TextDecoder().decode(entry)),
      entries,
    );
    assert.deepEqual(Array.from(tilesOf(15), formatTilePath), ['tile/0/000.p/15']);
  });

  it('has the roots that its entries give, and its tile', () => {
    const range = new CompactRange(sha256);
    for (const head of heads) {
      assert.equal(hex(range.root()), hex(head.root), `size ${head.size}`);
      const root = fulfilAtOnce(planRoot(sha256, head.size), readPart);
      assert.equal(hex(root), hex(head.root));
      const leaf = leaves[head.size];
      if (leaf !== undefined) range.append(leaf);
    }
  });

  it('only grew', () => {
    for (const from of heads.slice(1))
      for (const to of heads.slice(from.size)) {
        const plan = planConsistency(sha256, from.size, to.size);
        verifyConsistency(sha256, { from, to, proof: fulfilAtOnce(plan, readPart) });
      }
  });

  it('has each entry at its place, and says so in a proof of one file', () => {
    const { size, root } = headOf(15);
    leaves.forEach((leaf, index) => {
      const proof = fulfilAtOnce(planInclusion(sha256, index, size), readPart);
      verifyInclusion(sha256, { leaf, index, size, root, proof });
      const checkpoint = bytesOf(checkpoints[15] ?? '');
      const file = formatTlogProof({ index, hashes: proof, checkpoint });
      const entry = bytesOf(entries[index] ?? '');
      verifyTlogProof({ sha256, verifyEd25519 }, trust, parseTlogProof(file), entry);
    });
  });
});
