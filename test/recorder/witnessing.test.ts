import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { PublishedLog } from '../../src/recorder/published-log.ts';
import type { Publisher } from '../../src/recorder/publisher.ts';
import { Witness } from '../../src/recorder/witness.ts';
import type { WitnessDial } from '../../src/recorder/witness-exchange.ts';
import { WitnessState } from '../../src/recorder/witness-state.ts';
import {
  Witnessing,
  type WitnessingReport,
  type WitnessingTiming,
} from '../../src/recorder/witnessing.ts';
import { parseCheckpoint } from '../../src/tlog/checkpoint.ts';
import { signText } from '../../src/tlog/note.ts';
import { formatSignature, splitNote } from '../../src/tlog/note-form.ts';
import type { VerifierKey } from '../../src/tlog/note-key.ts';
import { makeQuorum, type Quorum } from '../../src/tlog/quorum.ts';
import { verifyCheckpoint } from '../../src/tlog/verify-checkpoint.ts';
import { parseWitnessRequest } from '../../src/tlog/witness-request.ts';
import { manipulate, openSignedLog, ORIGIN, type SignedLog } from '../support/signed-log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import {
  type Answer,
  cosignAt,
  down,
  endless,
  hang,
  refusing,
  seconds,
  TREE_SIZE,
} from '../support/witness-doubles.ts';
import { keyFor, signerFor, verifyEd25519 } from '../tlog/ed25519.ts';

const NAMES = ['w.example/1', 'w.example/2', 'w.example/3'] as const;
/** The key that signs the log; there is but one in these tests. */
function newestKey({ verifiers }: Publisher): VerifierKey {
  const [key] = verifiers;
  assert.ok(key);
  return key;
}

const keyOf = (name: string): VerifierKey => keyFor(name, 'cosignature').verifier;
/** `key` of the policy and of the link have to be the same object, as they are when a file was read. */
const KEYS = new Map(NAMES.map((name) => [name, keyOf(name)]));
const keyNamed = (name: (typeof NAMES)[number]) => KEYS.get(name) ?? assert.fail(name);

/** A true witness, which answers the log it is told to. */
async function trueWitness(
  test: TestContext,
  name: string,
  logKey: VerifierKey,
  folder = join(temporaryFolder(test), 'state'),
): Promise<Answer & { close(): void }> {
  const key = keyFor(name, 'cosignature');
  const state = await WitnessState.open(folder, key.verifier, [logKey.name]);
  test.after(() => state.close());
  const now = (): number => Date.now();
  const witness = new Witness({ key, logKeys: [logKey], state, now, report: () => {} });
  const answer: Answer = async (body) => {
    const { status, type, body: text } = await witness.answer(body);
    return new Response(text, { status, headers: { 'Content-Type': type } });
  };
  return Object.assign(answer, { close: () => state.close() });
}

const FAST: Partial<WitnessingTiming> = {
  requestWithinMs: 300,
  firstPauseMs: 5,
  longestPauseMs: 20,
  warnAfterMs: 60_000,
};

interface Following {
  readonly witnessing: Witnessing;
  readonly reports: WitnessingReport[];
  readonly asked: Map<string, number[]>;
  /** What somebody outside is served. */
  served(): Uint8Array;
}

async function follow(
  test: TestContext,
  log: SignedLog,
  publisher: Publisher,
  answers: Partial<Record<(typeof NAMES)[number], Answer>>,
  { threshold = 1, timing = {} }: { threshold?: number; timing?: Partial<WitnessingTiming> } = {},
): Promise<Following> {
  const names = NAMES.filter((name) => answers[name] !== undefined);
  const reports: WitnessingReport[] = [];
  const asked = new Map<string, number[]>(names.map((name) => [name, []]));
  const dial: WitnessDial = async (url, { body, signal, redirect, method }) => {
    assert.deepEqual([redirect, method], ['error', 'POST']);
    const name = NAMES.find((one) => url === `https://${one}/add-checkpoint`) ?? assert.fail(url);
    const { text } = splitNote(parseWitnessRequest(body).checkpoint);
    asked.get(name)?.push(parseCheckpoint(text).size);
    return (answers[name] ?? assert.fail(name))(body, signal);
  };
  const witnessing = await Witnessing.start({
    store: log.store,
    publisher,
    witnesses: names.map((name) => ({ key: keyNamed(name), url: `https://${name}` })),
    quorum: makeQuorum(threshold, names.map(keyNamed)),
    dial,
    now: () => Date.now(),
    report: (report) => reports.push(report),
    timing: { ...FAST, ...timing },
  });
  test.after(() => witnessing.close());
  const shown = new PublishedLog(log.store, publisher, witnessing);
  return { witnessing, reports, asked, served: () => shown.checkpoint() ?? assert.fail() };
}

function verify(publisher: Publisher, note: Uint8Array, quorum?: Quorum) {
  const trust = { origin: ORIGIN, logKeys: publisher.verifiers, quorum };
  return verifyCheckpoint(verifyEd25519, trust, note);
}

const witnessedBy = ({ witnessed }: Witnessing): number | undefined => witnessed?.size;

const troubles = (reports: readonly WitnessingReport[]): string[] =>
  reports.flatMap((report) =>
    report.is === 'troubled' ? [`${report.witness}: ${report.why}`] : [],
  );

describe('what the publisher signs', () => {
  it('is cosigned by true witnesses, and served so, while the guard stays as it was', async (test) => {
    const log = await openSignedLog(test);
    const publisher = await log.open();
    const answers = {
      'w.example/1': await trueWitness(test, NAMES[0], newestKey(publisher)),
      'w.example/2': await trueWitness(test, NAMES[1], newestKey(publisher)),
    };
    const { witnessing, served, reports } = await follow(test, log, publisher, answers, {
      threshold: 2,
    });
    assert.equal(witnessedBy(witnessing), undefined);
    const quorum = makeQuorum(2, [keyNamed(NAMES[0]), keyNamed(NAMES[1])]);
    for (const entries of [1, 4, 300]) {
      await log.grow(entries);
      await publisher.publish();
      const { size } = publisher.published ?? assert.fail();
      await until('it is witnessed', () => witnessing.witnessed?.size === size);
      const verified = verify(publisher, served(), quorum);
      assert.equal(verified.size, size);
      assert.equal(verified.signatures.length, 3);
      assert.equal(splitNote(served()).text, splitNote(publisher.published?.note ?? served()).text);
      assert.deepEqual(Buffer.from(witnessing.witnessed?.note ?? []), Buffer.from(served()));
      assert.ok(Math.abs((witnessing.witnessed?.since ?? 0) - Date.now()) < 60_000);
      assert.equal(log.guard(), Buffer.from(publisher.published?.note ?? []).toString());
    }
    assert.deepEqual(reports, []);
    assert.deepEqual(witnessing.sizes(), [
      { witness: NAMES[0], size: 306 },
      { witness: NAMES[1], size: 306 },
    ]);
    await log.check();
  });

  it('is served plain until somebody has cosigned it, and with each line as it comes', async (test) => {
    const log = await openSignedLog(test);
    const publisher = await log.open();
    const gate = Promise.withResolvers<void>();
    const second = await trueWitness(test, NAMES[1], newestKey(publisher));
    const { witnessing, served } = await follow(
      test,
      log,
      publisher,
      {
        'w.example/1': await trueWitness(test, NAMES[0], newestKey(publisher)),
        'w.example/2': async (body, signal) => {
          await gate.promise;
          return second(body, signal);
        },
      },
      { threshold: 2, timing: { requestWithinMs: 10_000 } },
    );
    await publisher.publish();
    assert.deepEqual(served(), publisher.published?.note);
    await until('one has cosigned', () => splitNote(served()).signatures.length === 2);
    assert.equal(witnessedBy(witnessing), undefined);
    gate.resolve();
    await until('both have', () => splitNote(served()).signatures.length === 3);
    assert.equal(witnessing.witnessed?.size, 1);
  });

  it('is still witnessed after a restart, without asking again', async (test) => {
    const log = await openSignedLog(test);
    const publisher = await log.open();
    const answers = { 'w.example/1': await trueWitness(test, NAMES[0], newestKey(publisher)) };
    const first = await follow(test, log, publisher, answers);
    await log.grow(5);
    await publisher.publish();
    await until('it is witnessed', () => first.witnessing.witnessed?.size === 6);
    await until('it is kept', () => keptLines(log).length === 1);
    const before = first.witnessing.witnessed;
    await first.witnessing.close();

    const next = await log.open();
    const second = await follow(test, log, next, {
      'w.example/1': () => assert.fail('it was asked'),
    });
    assert.deepEqual(second.witnessing.witnessed, before);
    assert.equal(splitNote(second.served()).signatures.length, 2);
    assert.deepEqual(second.witnessing.sizes(), [{ witness: NAMES[0], size: 6 }]);
    assert.deepEqual(second.asked.get(NAMES[0]), []);
  });

  it('is not witnessed by lines that somebody has put into the database', async (test) => {
    const log = await openSignedLog(test);
    const publisher = await log.open();
    await publisher.publish();
    const line = formatSignature(signText('other\n', signerFor(NAMES[0], 'cosignature'), 1));
    for (const forged of [
      line,
      '',
      'x',
      formatSignature(signText('other\n', signerFor('nobody', 'cosignature'), 1)),
    ])
      await log.store.keep({ do: 'keep-cosignature', size: 1, line: forged });
    const { witnessing, served } = await follow(test, log, publisher, { 'w.example/1': hang });
    assert.equal(witnessedBy(witnessing), undefined);
    assert.deepEqual(served(), publisher.published?.note);
  });

  it('goes on from the size that a witness names', async (test) => {
    const log = await openSignedLog(test);
    const publisher = await log.open();
    const folder = join(temporaryFolder(test), 'state');
    const witness = await trueWitness(test, NAMES[0], newestKey(publisher), folder);
    await log.grow(3);
    await publisher.publish();
    const first = await follow(test, log, publisher, { 'w.example/1': witness });
    await until('it is witnessed', () => first.witnessing.witnessed?.size === 4);
    await first.witnessing.close();

    // The log has forgotten what it was answered; then the witness has forgotten everything.
    manipulate(log.file, 'DELETE FROM cosignatures');
    await log.grow(5);
    await publisher.publish();
    const second = await follow(test, log, publisher, { 'w.example/1': witness });
    await until('it is witnessed', () => second.witnessing.witnessed?.size === 9);
    assert.deepEqual(second.asked.get(NAMES[0]), [9, 9]);
    await second.witnessing.close();

    const anew = await trueWitness(test, NAMES[0], newestKey(publisher));
    const third = await follow(test, log, publisher, { 'w.example/1': anew });
    await log.grow(1);
    await publisher.publish();
    await until('it is witnessed', () => third.witnessing.witnessed?.size === 10);
    assert.deepEqual(troubles(third.reports), []);
  });

  it('is asked for again where an answer was lost behind it', async (test) => {
    const log = await openSignedLog(test);
    const publisher = await log.open();
    const answers = [refusing(409, '1\n', TREE_SIZE), refusing(503), cosignAt(NAMES[0], seconds)];
    const answer: Answer = (body, signal) => (answers.shift() ?? assert.fail())(body, signal);
    await publisher.publish();
    const { witnessing, reports } = await follow(test, log, publisher, { 'w.example/1': answer });
    await until('it is witnessed', () => witnessing.witnessed?.size === 1);
    assert.deepEqual(troubles(reports), ['w.example/1: it answered 503']);
    assert.deepEqual(witnessing.sizes(), [{ witness: NAMES[0], size: 1 }]);
  });

  it('is cosigned by slow witnesses together, however fast the log grows', async (test) => {
    const log = await openSignedLog(test);
    const publisher = await log.open();
    const late = async (name: string, ms: number): Promise<Answer> => {
      const witness = await trueWitness(test, name, newestKey(publisher));
      return async (body, signal) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return witness(body, signal);
      };
    };
    const answers = {
      'w.example/1': await late(NAMES[0], 40),
      'w.example/2': await late(NAMES[1], 65),
    };
    const { witnessing, asked } = await follow(test, log, publisher, answers, { threshold: 2 });
    const sizes = new Set<number>();
    for (let round = 0; round < 60 && sizes.size < 4; round += 1) {
      await log.grow(1);
      await publisher.publish();
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (witnessing.witnessed !== undefined) sizes.add(witnessing.witnessed.size);
    }
    assert.ok(sizes.size >= 4, `witnessed: ${[...sizes]}`);
    assert.ok((asked.get(NAMES[0])?.length ?? 0) < 30, 'not every checkpoint is sent to the slow');
  });
});

describe('two logs with one key', () => {
  it('are found out: the second is not cosigned, and both notes are kept', async (test) => {
    const log = await openSignedLog(test);
    const other = await openSignedLog(test);
    const publisher = await log.open();
    copyFileSync(log.places.keyFile, other.places.keyFile);
    const forked = await other.open();
    const folder = join(temporaryFolder(test), 'state');
    const witness = await trueWitness(test, NAMES[0], newestKey(publisher), folder);
    await log.grow(4);
    await publisher.publish();
    const { witnessing } = await follow(test, log, publisher, { 'w.example/1': witness });
    await until('the first is witnessed', () => witnessing.witnessed?.size === 5);

    await other.grow(4);
    await forked.publish();
    const second = await follow(test, other, forked, { 'w.example/1': witness });
    await until('it is told', () => troubles(second.reports).length > 0);
    assert.match(troubles(second.reports).join(), /another root of this size \(409\)/);
    await other.grow(4);
    await forked.publish();
    await until('it is told', () => troubles(second.reports).length > 1);
    assert.match(troubles(second.reports).join(), /the log does not go on .* \(422\)/);
    assert.equal(witnessedBy(second.witnessing), undefined);
    const [file = '', ...more] = readdirSync(join(folder, 'evidence'));
    assert.deepEqual(more, []);
    const evidence = readFileSync(join(folder, 'evidence', file), 'utf8');
    for (const note of [log.stored()[0], other.stored()[0]]) {
      const [origin, size, root] = note?.split('\n') ?? assert.fail();
      assert.ok(evidence.includes(`${origin}\n${size}\n${root}\n`));
    }
  });
});

function keptLines(log: SignedLog): string[] {
  const db = new Database(log.file, { readonly: true });
  try {
    return db.prepare<[], string>('SELECT line FROM cosignatures').pluck().all();
  } finally {
    db.close();
  }
}

describe('a witness that does not do what it should', () => {
  for (const [what, says, answer] of [
    ['is down', /connect refused/, down],
    ['is slow', /did not answer in time/, hang],
    ['answers for ever', /does not end/, endless],
    [
      'lies',
      /signature of a known key is wrong/,
      cosignAt(NAMES[0], seconds, (text) => `x${text}`),
    ],
    ['names another size for ever', /each time/, refusing(409, '0\n', TREE_SIZE)],
    ['names a size beyond the log', /size 99, larger than 1/, refusing(409, '99\n', TREE_SIZE)],
  ] satisfies readonly (readonly [string, RegExp, Answer])[])
    it(`and ${what} stops no signing, no other witness, and is told of once`, async (test) => {
      const log = await openSignedLog(test);
      const publisher = await log.open();
      const good = await trueWitness(test, NAMES[2], newestKey(publisher));
      const answers = { 'w.example/1': answer, 'w.example/3': good };
      const { witnessing, reports, asked, served } = await follow(test, log, publisher, answers);
      await publisher.publish();
      await until('the other has cosigned', () => witnessing.witnessed?.size === 1);
      await until('it is told', () => troubles(reports).length > 0);
      await until('it is asked again', () => (asked.get(NAMES[0])?.length ?? 0) > 1);
      assert.match(troubles(reports).join(), says);
      assert.deepEqual(
        verify(publisher, served(), makeQuorum(1, [keyNamed(NAMES[2])])).signatures.length,
        2,
      );
      await log.grow(2);
      await publisher.publish();
      assert.equal(publisher.published?.size, 3);
      await until('the other has cosigned', () => witnessing.witnessed?.size === 3);
      assert.deepEqual(publisher.health(), { able: true });
      const told = reports.filter(({ is }) => is === 'troubled' || is === 'free-again');
      assert.ok(told.length <= 2, JSON.stringify(told));
      assert.deepEqual(
        keptLines(log).filter((line) => !line.startsWith(`— ${NAMES[2]} `)),
        [],
      );
      const stopping = performance.now();
      await witnessing.close();
      assert.ok(performance.now() - stopping < 3000);
    });

  it('holds the others up once at most where the quorum cannot be reached without it', async (test) => {
    const log = await openSignedLog(test);
    const publisher = await log.open();
    const answers = {
      'w.example/1': hang,
      'w.example/2': await trueWitness(test, NAMES[1], newestKey(publisher)),
    };
    const { asked, witnessing } = await follow(test, log, publisher, answers, { threshold: 2 });
    for (let round = 0; round < 5; round += 1) {
      await log.grow(1);
      await publisher.publish();
      const { size } = publisher.published ?? assert.fail();
      await until('the other is asked', () => asked.get(NAMES[1])?.includes(size) ?? false);
    }
    assert.equal(witnessedBy(witnessing), undefined);
  });

  it('is told of once, and once more when it cosigns again', async (test) => {
    const log = await openSignedLog(test);
    const publisher = await log.open();
    const good = await trueWitness(test, NAMES[0], newestKey(publisher));
    let isDown = true;
    const answer: Answer = (body, signal) =>
      isDown ? new Response('', { status: 503 }) : good(body, signal);
    const { reports, asked, witnessing } = await follow(
      test,
      log,
      publisher,
      { 'w.example/1': answer },
      { timing: { warnAfterMs: 30 } },
    );
    await publisher.publish();
    await until('it was asked often', () => (asked.get(NAMES[0])?.length ?? 0) > 6);
    await until('it is missed', () => reports.some(({ is }) => is === 'unwitnessed'));
    await log.grow(1);
    await publisher.publish();
    isDown = false;
    await until('it is witnessed', () => witnessing.witnessed?.size === 2);
    await until('all is told', () => reports.length >= 4);
    assert.deepEqual(
      new Set(reports.map(({ is }) => is)),
      new Set(['troubled', 'unwitnessed', 'free-again', 'witnessed-again']),
    );
    assert.equal(reports.length, 4);
    assert.deepEqual(reports.at(-1), { is: 'witnessed-again', size: 2 });
  });
});
