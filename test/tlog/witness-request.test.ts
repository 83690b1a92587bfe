import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type TreeHead, verifyConsistency } from '../../src/tlog/consistency.ts';
import { parseVerifierKey } from '../../src/tlog/note-key.ts';
import { verifyCheckpoint } from '../../src/tlog/verify-checkpoint.ts';
import { formatWitnessRequest, parseWitnessRequest } from '../../src/tlog/witness-request.ts';
import { sha256 } from '../support/sha256.ts';
import { VECTORS } from '../vectors/log-vectors.ts';
import { isRefused } from './bits.ts';
import { verifyEd25519 } from './ed25519.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const { origin, log_vkey, steps } = VECTORS.witness_exchange;
const trust = { origin, logKeys: [parseVerifierKey(sha256, log_vkey)] };

describe('what a log sends a witness', () => {
  it('is judged as in the exchange that was recorded', () => {
    let last: TreeHead = { size: 0, root: new Uint8Array() };
    for (const { body, status } of steps) {
      const { oldSize, proof, checkpoint } = parseWitnessRequest(bytesOf(body));
      const to = verifyCheckpoint(verifyEd25519, trust, checkpoint);
      assert.equal(oldSize === last.size ? 200 : 409, status);
      if (oldSize !== last.size) continue;
      if (oldSize === 0) assert.deepEqual(proof, []);
      else verifyConsistency(sha256, { from: last, to, proof });
      last = { size: to.size, root: to.root };
    }
    assert.equal(last.size, 5);
  });

  it('is written again to the byte', () => {
    for (const { body } of steps) {
      const request = parseWitnessRequest(bytesOf(body));
      assert.equal(new TextDecoder().decode(formatWitnessRequest(request)), body);
    }
  });

  const HASH = `${'A'.repeat(43)}=`;
  for (const [what, text] of [
    ['nothing', ''],
    ['no old size', '\n\nx\n'],
    ['another word', 'new 1\n\nx\n'],
    ['no number', 'old \n\nx\n'],
    ['a leading zero', 'old 01\n\nx\n'],
    ['two spaces', 'old  1\n\nx\n'],
    ['no blank line', 'old 1\nx\n'],
    ['a carriage return', 'old 1\r\n\r\nx\n'],
    ['a proof line that is no hash', 'old 1\nAAAA\n\nx\n'],
    ['a proof line with a space', `old 1\n${HASH} \n\nx\n`],
    ['64 proof lines', `old 1\n${`${HASH}\n`.repeat(64)}\nx\n`],
  ] as const)
    it(`is refused with ${what}`, () =>
      isRefused(() => parseWitnessRequest(bytesOf(text)), 'request-malformed'));

  it('may have 63 proof lines', () => {
    const request = parseWitnessRequest(bytesOf(`old 1\n${`${HASH}\n`.repeat(63)}\nx\n`));
    assert.equal(request.proof.length, 63);
  });
});
