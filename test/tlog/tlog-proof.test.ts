import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatCheckpoint } from '../../src/tlog/checkpoint.ts';
import { hashLeaf } from '../../src/tlog/hash.ts';
import { planInclusion } from '../../src/tlog/inclusion.ts';
import { signNote } from '../../src/tlog/note.ts';
import { fulfilAtOnce } from '../../src/tlog/tile-plan.ts';
import {
  formatTlogProof,
  parseTlogProof,
  type TlogProof,
  verifyTlogProof,
} from '../../src/tlog/tlog-proof.ts';
import type { LogTrust } from '../../src/tlog/verify-checkpoint.ts';
import { hex, sha256 } from '../support/sha256.ts';
import { allFlips, isRefused } from './bits.ts';
import { signerFor, verifyEd25519 } from './ed25519.ts';
import { numberedLeaf, TreeTiles } from './tree-tiles.ts';

const SIZE = 300;
const tree = new TreeTiles(SIZE);
const log = signerFor('example.com/log');
const trust: LogTrust = { origin: 'example.com/log', logKeys: [log.key] };
const by = { sha256, verifyEd25519 };
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const entryOf = (index: number): Uint8Array => bytesOf(`leaf ${index}`);

function proofFor(index: number, size: number): TlogProof {
  const root = tree.rootOf(size);
  return {
    extra: undefined,
    index,
    hashes: fulfilAtOnce(planInclusion(sha256, index, size), tree.read(size)),
    checkpoint: signNote(formatCheckpoint({ origin: trust.origin, size, root }), [log]),
  };
}

const anyPlace = fc
  .integer({ min: 1, max: SIZE })
  .chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size)));

describe('a proof for a single entry', () => {
  it('has the form of the specification', () => {
    const proof = { ...proofFor(2, 3), extra: bytesOf('more') };
    const [hash = new Uint8Array()] = proof.hashes;
    assert.equal(
      textOf(formatTlogProof(proof)),
      `c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 2\n${Buffer.from(hash).toString('base64')}\n\n${textOf(proof.checkpoint)}`,
    );
    assert.equal(hex(numberedLeaf(2)), hex(hashLeaf(sha256, entryOf(2))));
  });

  it('verifies, and comes back from what was written', () => {
    fc.assert(
      fc.property(anyPlace, fc.uint8Array(), ([index, size], extra) => {
        const proof = { ...proofFor(index, size), extra: extra.length > 0 ? extra : undefined };
        const read = parseTlogProof(formatTlogProof(proof));
        assert.deepEqual(read, proof);
        assert.equal(verifyTlogProof(by, trust, read, entryOf(index)).size, size);
      }),
      { numRuns: 60 },
    );
  });

  it('has no extra line if there are no extra data', () => {
    const written = formatTlogProof({ ...proofFor(0, 1), extra: new Uint8Array() });
    assert.deepEqual(written, formatTlogProof(proofFor(0, 1)));
    assert.equal(parseTlogProof(written).extra, undefined);
  });

  it('is refused after any change of one bit of it, its size and its index included', () => {
    for (const [index, size] of [
      [0, 1],
      [5, 7],
      [0, 7],
    ] as const) {
      const written = formatTlogProof(proofFor(index, size));
      for (const changed of allFlips(written))
        isRefused(() => verifyTlogProof(by, trust, parseTlogProof(changed), entryOf(index)));
    }
  });

  it('is refused for every other entry, after any change of one bit of that', () => {
    const proof = proofFor(5, 7);
    for (const changed of allFlips(entryOf(5)))
      isRefused(() => verifyTlogProof(by, trust, proof, changed), 'root-differs');
  });

  it('is refused at every other index and in every other tree', () => {
    fc.assert(
      fc.property(anyPlace, anyPlace, ([index, size], [otherIndex, otherSize]) => {
        const proof = proofFor(index, size);
        const { checkpoint } = proofFor(otherIndex, otherSize);
        if (index !== otherIndex)
          isRefused(() =>
            verifyTlogProof(by, trust, { ...proof, index: otherIndex }, entryOf(index)),
          );
        if (size !== otherSize)
          isRefused(() => verifyTlogProof(by, trust, { ...proof, checkpoint }, entryOf(index)));
      }),
      { numRuns: 60 },
    );
  });

  it('is refused with a hash more or less', () => {
    const proof = proofFor(5, 7);
    const more = [...proof.hashes, new Uint8Array(32)];
    for (const hashes of [more, proof.hashes.slice(1), proof.hashes.slice(0, -1), []])
      isRefused(
        () => verifyTlogProof(by, trust, { ...proof, hashes }, entryOf(5)),
        'proof-length-wrong',
      );
  });

  it('is refused if the log is not the one that is trusted', () => {
    const stranger = { ...trust, logKeys: [signerFor('example.com/other').key] };
    isRefused(() => verifyTlogProof(by, stranger, proofFor(5, 7), entryOf(5)), 'signature-missing');
    const other = { ...trust, origin: 'example.com/other' };
    isRefused(() => verifyTlogProof(by, other, proofFor(5, 7), entryOf(5)), 'origin-differs');
  });

  it('says nothing for its extra data: they can be changed', () => {
    const proof = { ...proofFor(5, 7), extra: bytesOf('not vouched for') };
    verifyTlogProof(by, trust, parseTlogProof(formatTlogProof(proof)), entryOf(5));
  });
});

describe('hostile proofs', () => {
  const FIRST = 'c2sp.org/tlog-proof@v1';
  const HASH = 'A'.repeat(43);
  const END = '\n\nexample.com/log\n';

  for (const [what, text] of [
    ['nothing', ''],
    ['blank lines only', '\n\n\n\n'],
    ['a first line only', `${FIRST}\n`],
    ['no blank line', `${FIRST}\nindex 0\n${HASH}=\n`],
    ['no first line', `index 0\n${HASH}=${END}`],
    ['another version', `c2sp.org/tlog-proof@v2\nindex 0${END}`],
    ['a space before the first line', ` ${FIRST}\nindex 0${END}`],
    ['a byte order mark', `\ufeff${FIRST}\nindex 0${END}`],
    ['carriage returns', `${FIRST}\r\nindex 0\r${END}`],
    ['no index', `${FIRST}${END}`],
    ['a hash in place of the index', `${FIRST}\n${HASH}=${END}`],
    ['an index with a leading zero', `${FIRST}\nindex 00${END}`],
    ['an index with a sign', `${FIRST}\nindex +1${END}`],
    ['an index with two spaces', `${FIRST}\nindex  1${END}`],
    ['an index and a space', `${FIRST}\nindex 1 ${END}`],
    ['an index of 2^53', `${FIRST}\nindex 9007199254740992${END}`],
    ['two indexes', `${FIRST}\nindex 0\nindex 0${END}`],
    ['an index before the extra line', `${FIRST}\nindex 0\nextra AAAA${END}`],
    ['two extra lines', `${FIRST}\nextra AAAA\nextra AAAA\nindex 0${END}`],
    ['an empty extra line', `${FIRST}\nextra \nindex 0${END}`],
    ['an extra line without a space', `${FIRST}\nextra\nindex 0${END}`],
    ['an extra line that is no base 64', `${FIRST}\nextra AB==\nindex 0${END}`],
    ['an extra line without an index', `${FIRST}\nextra AAAA${END}`],
    ['a hash of 31 bytes', `${FIRST}\nindex 0\n${HASH.slice(1)}==${END}`],
    ['a hash with stray bits', `${FIRST}\nindex 0\n${HASH.slice(1)}B=${END}`],
    ['a hash with a space', `${FIRST}\nindex 0\n${HASH}= ${END}`],
    ['64 hashes', `${FIRST}\nindex 0\n${Array(64).fill(`${HASH}=`).join('\n')}${END}`],
  ] as const)
    it(`are refused as ${what}`, () =>
      isRefused(() => parseTlogProof(bytesOf(text)), 'proof-malformed'));

  it('are refused as bytes that are not UTF-8', () => {
    const bytes = Uint8Array.of(...bytesOf(`${FIRST}\nindex 0\n`), 0xff, ...bytesOf(END));
    isRefused(() => parseTlogProof(bytes), 'proof-malformed');
  });

  it('are refused with a checkpoint that is none, when they are verified', () => {
    const proof = parseTlogProof(bytesOf(`${FIRST}\nindex 0\n\n`));
    isRefused(() => verifyTlogProof(by, trust, proof, new Uint8Array()), 'note-malformed');
  });
});
