import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { Witness, type WitnessAnswer, type WitnessReport } from '../../src/recorder/witness.ts';
import { WitnessRefused } from '../../src/recorder/witness-refused.ts';
import { WitnessState } from '../../src/recorder/witness-state.ts';
import {
  judgeSubmission,
  readSubmission,
  SubmissionRefused,
} from '../../src/recorder/witness-submission.ts';
import { formatCheckpoint } from '../../src/tlog/checkpoint.ts';
import { openNote, signNote } from '../../src/tlog/note.ts';
import { splitNote } from '../../src/tlog/note-form.ts';
import { parseVerifierKey, type VerifierKey } from '../../src/tlog/note-key.ts';
import { parseWitnessRequest } from '../../src/tlog/witness-request.ts';
import { leavesOf, SmallLog } from '../support/small-log.ts';
import { sha256 } from '../support/sha256.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { allFlips, flipBit } from '../tlog/bits.ts';
import { keyFor, signerFor, verifyEd25519 } from '../tlog/ed25519.ts';
import { VECTORS } from '../vectors/log-vectors.ts';

const NOW = 1_900_000_000_000;
const KEY = keyFor('w.example/w1', 'cosignature');
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const log = new SmallLog('log.example/1', leavesOf(20));
/** The same key, and other leaves from the fourth on. */
const fork = new SmallLog('log.example/1', leavesOf(20, 3));
const stranger = new SmallLog('stranger.example', leavesOf(20));

interface Stage {
  readonly folder: string;
  readonly reports: readonly WitnessReport[];
  send(body: Uint8Array): Promise<WitnessAnswer>;
  /** Ends the witness, as a crash would, and starts another on what is on disk. */
  restart(logKeys?: readonly VerifierKey[]): Promise<void>;
  close(): void;
}

async function stage(
  test: TestContext,
  logKeys: readonly VerifierKey[] = [log.key],
): Promise<Stage> {
  const folder = join(temporaryFolder(test), 'state');
  const reports: WitnessReport[] = [];
  const open = async (keys: readonly VerifierKey[]) => {
    const origins = keys.map(({ name }) => name);
    const state = await WitnessState.open(folder, KEY.verifier, origins);
    const report = (told: WitnessReport): void => void reports.push(told);
    return {
      state,
      witness: new Witness({ key: KEY, logKeys: keys, state, now: () => NOW, report }),
    };
  };
  let running = await open(logKeys);
  test.after(() => running.state.close());
  return {
    folder,
    reports,
    send: (body) => running.witness.answer(body),
    restart: async (keys = logKeys) => {
      running.state.close();
      running = await open(keys);
    },
    close: () => running.state.close(),
  };
}

/** The answer cosigns this text, and nothing else does. */
function assertCosigned(answer: WitnessAnswer, text: string): void {
  assert.equal(answer.status, 200, answer.body);
  const note = openNote(verifyEd25519, [KEY.verifier], bytesOf(`${text}\n${answer.body}`));
  assert.equal(note.text, text);
  assert.deepEqual(
    note.signatures.map(({ time }) => time),
    [NOW / 1000],
  );
}

describe('a witness', () => {
  it('cosigns a log from its first checkpoint on, as long as it only grows', async (test) => {
    const { send } = await stage(test);
    for (const [from, to] of [
      [0, 3],
      [3, 4],
      [4, 11],
      [11, 11],
      [11, 20],
    ] as const)
      assertCosigned(await send(log.request(from, to)), log.text(to));
  });

  it('answers as in the exchange that was recorded', async (test) => {
    const { log_vkey, steps } = VECTORS.witness_exchange;
    const { send } = await stage(test, [parseVerifierKey(sha256, log_vkey)]);
    for (const { body, status, response } of steps) {
      const answer = await send(bytesOf(body));
      assert.equal(answer.status, status);
      if (status === 200)
        assertCosigned(answer, splitNote(parseWitnessRequest(bytesOf(body)).checkpoint).text);
      else assert.deepEqual(answer, { status, type: 'text/x.tlog.size', body: response });
    }
  });

  it('passes over the signatures of others, and never remembers them', async (test) => {
    const { send, folder, restart } = await stage(test);
    const lines = Array.from({ length: 99 }, (_, n) => signerFor(`someone.example/${n}`));
    const note = signNote(log.text(5), [signerFor(log.origin), ...lines]);
    assertCosigned(await send(log.request(0, 5, { note })), log.text(5));
    const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.checkpoint'));
    assert.doesNotMatch(readFileSync(join(folder, file), 'utf8'), /someone/);
    await restart();
    assertCosigned(await send(log.request(5, 6)), log.text(6));
  });

  it('cosigns extension lines with the rest', async (test) => {
    const { send } = await stage(test);
    const text = `${log.text(5)}an extension\n`;
    const note = signNote(text, [signerFor(log.origin)]);
    assertCosigned(await send(log.request(0, 5, { note })), text);
  });

  it('takes any of the keys of a log, while one is being changed', async (test) => {
    const { send, restart } = await stage(test);
    assertCosigned(await send(log.request(0, 5)), log.text(5));
    const seed = signerFor('another-seed');
    const key = { ...log.key, id: 7, publicKey: seed.key.publicKey };
    await restart([log.key, key]);
    const note = signNote(log.text(6), [{ key, sign: seed.sign }]);
    assertCosigned(await send(log.request(5, 6, { note })), log.text(6));
    await restart([key]);
    assertCosigned(
      await send(log.request(6, 7, { note: signNote(log.text(7), [{ key, sign: seed.sign }]) })),
      log.text(7),
    );
  });

  const empty = formatCheckpoint({ origin: log.origin, size: 0, root: sha256(new Uint8Array()) });
  const notEmpty = formatCheckpoint({ origin: log.origin, size: 0, root: new Uint8Array(32) });
  const signed = (text: string) => signNote(text, [signerFor(log.origin)]);

  it('cosigns the empty tree, and goes on from there', async (test) => {
    const { send } = await stage(test);
    assertCosigned(await send(log.request(0, 0, { note: signed(empty) })), empty);
    assertCosigned(await send(log.request(0, 4)), log.text(4));
  });

  for (const [what, status, body] of [
    ['nothing', 400, new Uint8Array()],
    ['no request', 400, bytesOf('old x\n\n')],
    ['a note without signatures', 400, bytesOf(`old 5\n\n${log.text(5)}`)],
    ['a checkpoint without a root', 400, log.request(5, 6, { note: signed(`${log.origin}\n6\n`) })],
    ['a note that is no text', 400, log.request(5, 6, { note: Uint8Array.of(0xff, 10, 10, 0xff) })],
    ['a log it does not know', 404, stranger.request(0, 5)],
    [
      'a log it does not know that pretends',
      403,
      log.request(5, 6, { note: signNote(log.text(6), [signerFor(stranger.origin)]) }),
    ],
    [
      'its own signature alone',
      403,
      log.request(5, 6, {
        note: signNote(log.text(6), [signerFor('w.example/w1', 'cosignature')], 1),
      }),
    ],
    [
      'the signature of another note',
      403,
      log.request(5, 6, {
        note: bytesOf(`${log.text(6)}\n${textOf(log.note(7)).split('\n\n')[1]}`),
      }),
    ],
    ['an old size that is larger', 400, log.request(7, 6, { proof: [] })],
    [
      'an old size that is larger, though it is the right one',
      400,
      log.request(5, 4, { proof: [] }),
    ],
    ['a proof of nothing', 422, log.request(5, 8, { proof: [] })],
    ['the proof of another size', 422, log.request(5, 8, { proof: log.proof(5, 9) })],
    [
      'a proof that is too long',
      422,
      log.request(5, 8, { proof: [...log.proof(5, 8), new Uint8Array(32)] }),
    ],
    ['a proof of the same size', 422, log.request(5, 5, { proof: [new Uint8Array(32)] })],
    ['another log with this log’s key', 422, fork.request(5, 8)],
    ['another root at the same size', 409, fork.request(5, 5)],
  ] as const)
    it(`answers ${status} to ${what}, and remembers nothing of it`, async (test) => {
      const { send } = await stage(test);
      assertCosigned(await send(log.request(0, 5)), log.text(5));
      const answer = await send(body);
      assert.equal(answer.status, status, answer.body);
      assert.equal(answer.type, 'text/plain; charset=utf-8');
      assertCosigned(await send(log.request(5, 6)), log.text(6));
    });

  for (const [what, body] of [
    ['a proof from nothing', log.request(0, 5, { proof: [new Uint8Array(32)] })],
    ['another root of the empty tree', log.request(0, 0, { note: signed(notEmpty) })],
  ] as const)
    it(`answers 422 to ${what}`, async (test) => {
      const { send } = await stage(test);
      assert.equal((await send(body)).status, 422);
      assertCosigned(await send(log.request(0, 5)), log.text(5));
    });

  it('says which size it has cosigned, to whoever has another', async (test) => {
    const { send } = await stage(test);
    const conflict = (size: number) => ({
      status: 409,
      type: 'text/x.tlog.size',
      body: `${size}\n`,
    });
    assert.deepEqual(await send(log.request(3, 5)), conflict(0));
    await send(log.request(0, 5));
    for (const [from, to] of [
      [0, 5],
      [4, 6],
      [0, 3],
      [6, 9],
    ] as const)
      assert.deepEqual(await send(log.request(from, to)), conflict(5));
  });

  it('cosigns one of two that come at once, and never goes back', async (test) => {
    const { send } = await stage(test);
    await send(log.request(0, 5));
    const sizes = [9, 6, 7, 20, 6];
    const answers = await Promise.all(sizes.map((to) => send(log.request(5, to))));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 409, 409, 409, 409],
    );
    assert.equal((await send(log.request(5, 20))).body, '9\n');
  });

  it('keeps each log apart', async (test) => {
    const { send } = await stage(test, [log.key, stranger.key]);
    const answers = await Promise.all([send(log.request(0, 5)), send(stranger.request(0, 9))]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200],
    );
    assert.equal((await send(log.request(0, 5))).body, '5\n');
    assert.equal((await send(stranger.request(0, 5))).body, '9\n');
  });
});

describe('what a witness remembers', () => {
  it('is there after a restart', async (test) => {
    const { send, restart } = await stage(test);
    await send(log.request(0, 5));
    await restart();
    assert.equal((await send(fork.request(0, 5))).body, '5\n');
    assert.equal((await send(fork.request(5, 8))).status, 422);
    assertCosigned(await send(log.request(5, 8)), log.text(8));
    await restart();
    assert.equal((await send(log.request(5, 8))).body, '8\n');
  });

  it('is on disk before the answer: without it nothing is cosigned', async (test) => {
    const { send, folder } = await stage(test);
    await send(log.request(0, 5));
    const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.checkpoint'));
    const path = join(folder, file);
    const kept = readFileSync(path);
    rmSync(path);
    mkdirSync(path);
    await assert.rejects(send(log.request(5, 8)));
    rmSync(path, { recursive: true });
    writeFileSync(path, kept);
    assert.equal((await send(log.request(8, 9))).body, '5\n');
    assertCosigned(await send(log.request(5, 8)), log.text(8));
  });

  it('belongs to one process', async (test) => {
    const { folder } = await stage(test);
    await assert.rejects(WitnessState.open(folder, KEY.verifier, []), WitnessRefused);
  });

  for (const [what, damage] of [
    ['is damaged', (note: string) => note.replace('\n5\n', '\n4\n')],
    ['is cut off', (note: string) => note.slice(0, 60)],
    ['is empty', () => ''],
    ['was not cosigned by it', () => textOf(log.note(5))],
    [
      'is another log’s',
      () => textOf(signNote(stranger.text(5), [signerFor('w.example/w1', 'cosignature')], 1)),
    ],
  ] as const)
    it(`is refused if it ${what}`, async (test) => {
      const { send, folder, restart } = await stage(test);
      await send(log.request(0, 5));
      const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.checkpoint'));
      writeFileSync(join(folder, file), damage(readFileSync(join(folder, file), 'utf8')));
      await assert.rejects(restart(), /was damaged, or the key is another/);
    });

  it('holds two roots of one size as evidence, each pair once', async (test) => {
    const { send, folder, reports, restart } = await stage(test);
    await send(log.request(0, 5));
    assert.equal((await send(fork.request(0, 5))).body, '5\n', 'found whatever the old size is');
    assert.equal((await send(fork.request(5, 5))).status, 409);
    await restart();
    await send(fork.request(5, 5));
    const files = readdirSync(join(folder, 'evidence'));
    assert.equal(files.length, 1);
    assert.equal(reports.length, 1);
    const [report] = reports;
    assert.equal(report?.file, join(folder, 'evidence', files[0] ?? ''));
    assert.deepEqual([report.origin, report.size], [log.origin, 5]);
    const kept = readFileSync(report.file, 'utf8');
    assert.ok(kept.startsWith(log.text(5)));
    assert.ok(kept.endsWith(`\n\n${textOf(fork.note(5))}`));
    assert.equal(statSync(report.file).mode & 0o777, 0o600);
    const another = new SmallLog(log.origin, leavesOf(20, 2));
    await send(another.request(5, 5));
    assert.equal(readdirSync(join(folder, 'evidence')).length, 2);
    assertCosigned(await send(log.request(5, 6)), log.text(6));
  });

  it('holds no more evidence than convicts', async (test) => {
    const { send, folder } = await stage(test);
    await send(log.request(0, 1));
    for (let n = 0; n < 105; n += 1)
      await send(new SmallLog(log.origin, [`other ${n}`]).request(0, 1));
    assert.equal(readdirSync(join(folder, 'evidence')).length, 100);
  });
});

describe('one bit that is changed on the way', () => {
  const last = { size: 3, root: splitRoot(3), note: log.note(3) };
  const request = log.request(3, 13);

  it('is never cosigned as anything else', () => {
    assert.doesNotThrow(() => judgeSubmission(last, readSubmission([log.key], request)));
    let cosigned = 0;
    for (const changed of allFlips(request)) {
      try {
        const submission = readSubmission([log.key], changed);
        judgeSubmission(last, submission);
        assert.equal(submission.text, log.text(13));
        cosigned += 1;
      } catch (error) {
        assert.ok(error instanceof SubmissionRefused, String(error));
      }
    }
    assert.equal(cosigned, 0);
  });

  it('is refused by the whole witness, or makes no difference', async (test) => {
    const { send } = await stage(test);
    await send(log.request(0, 3));
    const note = signNote(log.text(13), [signerFor(log.origin), signerFor('someone.example')]);
    const body = log.request(3, 13, { note });
    const bits = fc.integer({ min: 0, max: body.length * 8 - 1 });
    await fc.assert(
      fc.asyncProperty(bits, async (bit) => {
        const answer = await send(flipBit(body, bit));
        if (answer.status === 200) assertCosigned(answer, log.text(13));
        else assert.ok([400, 403, 404, 409, 422].includes(answer.status));
      }),
      { numRuns: 200 },
    );
  });
});

function splitRoot(size: number): Uint8Array {
  return Buffer.from(log.text(size).split('\n')[2] ?? '', 'base64');
}
