import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatCheckpoint } from '../../src/tlog/checkpoint.ts';
import { signNote } from '../../src/tlog/note.ts';
import { formatVerifierKey } from '../../src/tlog/note-key.ts';
import type { KeptLog } from '../support/kept-log.ts';
import { type MadeLog, makeLog } from '../support/made-log.ts';
import { naiveRoot } from '../support/naive-tree.ts';
import { sha256 } from '../support/sha256.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { serveTiles } from '../support/tile-server.ts';
import { keyFor, signerFor } from '../tlog/ed25519.ts';
import { naiveConsistency } from '../tlog/naive-proof.ts';
import { type Ending, runProgram } from './run-program.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url));
const ORIGIN = 'log.example/1';
/** The key signs whatever it is given here, as a log that lies does. */
const SIGNER = signerFor(ORIGIN);
const VKEY = formatVerifierKey(keyFor(ORIGIN).verifier);
const SIZE = 300;

const diff = (...words: string[]): Promise<Ending> =>
  runProgram(process.execPath, [LAUNCHER, 'log', 'diff', ...words]).ended;

describe('sallyport log diff', () => {
  let made: MadeLog;
  let leaves: KeptLog['leaves'];
  let fork: KeptLog['leaves'];

  before(async () => {
    made = await makeLog(async (log) => {
      await log.grow(SIZE - 1);
      await log.sign();
    });
    ({ leaves } = made.kept);
    fork = leaves.map((leaf, n) => (n < 100 ? leaf : sha256(leaf)));
  });

  function note(size: number, of = leaves, signer = SIGNER): Uint8Array {
    const root = naiveRoot(of.slice(0, size));
    return signNote(formatCheckpoint({ origin: ORIGIN, size, root }), [signer]);
  }

  /** The files of two checkpoints and the key, as words. */
  function words(test: TestContext, first: Uint8Array, second: Uint8Array): string[] {
    const folder = temporaryFolder(test);
    const [one, other] = [join(folder, 'one'), join(folder, 'other')];
    writeFileSync(one, first);
    writeFileSync(other, second);
    return [one, other, '--key', VKEY];
  }

  const published = (test: TestContext, of = leaves): Promise<string> =>
    serveTiles(test, { ...made.kept, leaves: of, note: note(SIZE, of) });

  it('finds nothing wrong with a checkpoint and itself', async (test) => {
    const { code, stdout } = await diff(...words(test, note(9), note(9)));
    assert.equal(code, 0);
    assert.match(stdout, /^0: verified: both are of the same 9 entries\n$/);
  });

  it('finds two roots for one size, and writes them down as evidence', async (test) => {
    const [one, other] = [note(200), note(200, fork)];
    const out = join(temporaryFolder(test), 'evidence.json');
    const { code, stdout } = await diff(...words(test, one, other), '--out', out);
    assert.equal(code, 3);
    assert.match(stdout, /^3: evidence of misbehaviour: two roots were signed for size 200\n/);
    const evidence = JSON.parse(readFileSync(out, 'utf8'));
    assert.equal(evidence.format, 'sallyport-evidence/v1');
    assert.deepEqual(
      evidence.checkpoints.map((text: string) => Buffer.from(text)),
      [Buffer.from(one), Buffer.from(other)],
    );
  });

  it('never writes over earlier evidence, and says what it found all the same', async (test) => {
    const out = join(temporaryFolder(test), 'evidence.json');
    writeFileSync(out, 'earlier');
    const { code, stderr } = await diff(
      ...words(test, note(9), note(9, leaves.map(sha256))),
      '--out',
      out,
    );
    assert.equal(code, 3);
    assert.match(stderr, /EEXIST/);
    assert.equal(readFileSync(out, 'utf8'), 'earlier');
  });

  it('cannot decide over two sizes with nothing at hand', async (test) => {
    const { code, stdout } = await diff(...words(test, note(50), note(200)));
    assert.equal(code, 1);
    assert.match(stdout, /^1: cannot decide: .* is missing\n$/);
  });

  it('sees growth by a proof, and none by another', async (test) => {
    const file = join(temporaryFolder(test), 'proof');
    const prove = (from: number): void =>
      writeFileSync(
        file,
        naiveConsistency(leaves.slice(0, 200), from)
          .map((hash) => `${Buffer.from(hash).toString('base64')}\n`)
          .join(''),
      );
    prove(50);
    assert.equal((await diff(...words(test, note(50), note(200)), '--proof', file)).code, 0);
    prove(51);
    const { code, stdout } = await diff(...words(test, note(50), note(200)), '--proof', file);
    assert.equal(code, 1);
    assert.match(stdout, /says nothing about the log/);
  });

  it('sees growth in the published log', async (test) => {
    const address = await published(test);
    const { code, stdout } = await diff(...words(test, note(50), note(257)), '--url', address);
    assert.equal(code, 0, stdout);
  });

  it('finds a checkpoint that the published log does not contain, with the proof of it', async (test) => {
    const address = await published(test);
    const out = join(temporaryFolder(test), 'evidence.json');
    const given = words(test, note(50), note(257, fork));
    const { code, stdout } = await diff(...given, '--url', address, '--out', out);
    assert.equal(code, 3, stdout);
    const evidence = JSON.parse(readFileSync(out, 'utf8'));
    assert.deepEqual(
      evidence.checkpoints.map((text: string) => text.split('\n')[1]),
      ['257', String(SIZE)],
    );
    assert.equal(evidence.growth.from.size, 257);
    assert.ok(evidence.growth.proof.length > 0);
  });

  it('looks into a store file, which its own key has signed', async (test) => {
    const store = made.putStore(test);
    const own = Buffer.from(made.kept.note);
    const folder = temporaryFolder(test);
    const file = join(folder, 'own');
    writeFileSync(file, own);
    const { code, stdout } = await diff(file, file, '--key', made.vkey, '--store', store);
    assert.equal(code, 0, stdout);
  });

  it('refuses a log at hand that the key has not signed', async (test) => {
    const given = words(test, note(50), note(200));
    const { code, stderr } = await diff(...given, '--store', made.putStore(test));
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^not verified: the log at hand: [^\n]+\n$/);
  });

  it('refuses checkpoints that the key has not signed', async (test) => {
    const other = note(9, leaves, signerFor('other.example/1'));
    for (const bad of [other, Buffer.from('no note'), new Uint8Array()]) {
      const { code, stdout, stderr } = await diff(...words(test, note(9), bad));
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^not verified: [^\n]+\n$/);
    }
  });

  it('ends with 64 and 66 as verify does', async (test) => {
    const [one = '', other = ''] = words(test, note(9), note(9));
    assert.equal((await diff(one, other)).code, 64);
    assert.equal((await diff(one)).code, 64);
    assert.equal((await diff(one, '/nowhere/note', '--key', VKEY)).code, 66);
    const both = ['--url', 'http://127.0.0.1:9', '--store', '/nowhere'];
    assert.equal((await diff(one, other, '--key', VKEY, ...both)).code, 64);
  });
});
