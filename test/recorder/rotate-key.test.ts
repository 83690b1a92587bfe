import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { checkLog } from '../../src/recorder/check-log.ts';
import { readKeyChain } from '../../src/recorder/key-chain.ts';
import { LogRefused } from '../../src/recorder/log-refused.ts';
import { openPublisher } from '../../src/recorder/open-publisher.ts';
import type { Publisher } from '../../src/recorder/publisher.ts';
import { prepareRotation, rotateKey } from '../../src/recorder/rotate-key.ts';
import { formatVerifierKey, type VerifierKey } from '../../src/tlog/note-key.ts';
import { formatSignerKey } from '../../src/tlog/signer-key.ts';
import { verifyCheckpoint } from '../../src/tlog/verify-checkpoint.ts';
import { prepare, record } from '../support/acts.ts';
import { manipulate, openSignedLog, ORIGIN, type SignedLog } from '../support/signed-log.ts';
import { keyFor, verifyEd25519 } from '../tlog/ed25519.ts';

const OVERLAP = 3_600_000;

/** A log that is started and stopped, as a gateway does it, at times of the test's own. */
class Starts {
  readonly log: SignedLog;
  now = Date.now();

  constructor(log: SignedLog) {
    this.log = log;
  }

  static async open(test: TestContext): Promise<Starts> {
    const starts = new Starts(await openSignedLog(test));
    await starts.start();
    return starts;
  }

  /** One start: opens, hands on, grows and signs. */
  async start(): Promise<Publisher> {
    const publisher = await this.openPublisher();
    await rotateKey(this.log.places, this.log.recorder, publisher);
    await this.log.grow(3);
    await publisher.publish();
    return publisher;
  }

  openPublisher(): Promise<Publisher> {
    const { places, store } = this.log;
    const report = (): void => {};
    return openPublisher(places, { store, everyMs: 10, now: () => this.now, report });
  }

  async prepare(): Promise<VerifierKey> {
    const chain = await readKeyChain(this.log.store.reader, ORIGIN);
    const how = { overlapMs: OVERLAP, now: this.now };
    return (await prepareRotation(this.log.places, chain, how)).verifier;
  }

  async rotate(): Promise<{ old: VerifierKey; next: VerifierKey; publisher: Publisher }> {
    const [old] = (await this.openPublisher()).verifiers;
    const next = await this.prepare();
    return { old: old ?? assert.fail(), next, publisher: await this.start() };
  }

  has(suffix: string): boolean {
    return existsSync(this.log.places.keyFile + suffix);
  }
}

function signersOf(note: string): number {
  return note.split('\n').filter((line) => line.startsWith('— ')).length;
}

function accepts(key: VerifierKey, note: string): boolean {
  try {
    const trust = { origin: ORIGIN, logKeys: [key] };
    verifyCheckpoint(verifyEd25519, trust, new TextEncoder().encode(note));
    return true;
  } catch {
    return false;
  }
}

function isRefusal(sentence: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof LogRefused, String(error));
    assert.match(error.message, sentence);
    return true;
  };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a rotation of the log’s key', () => {
  it('is an entry, then two signatures until the overlap is over, then the new one alone', async (test) => {
    const starts = await Starts.open(test);
    const { log } = starts;
    const before = log.guard();
    const { old, next, publisher } = await starts.rotate();
    const during = log.guard();
    assert.equal(signersOf(before), 1);
    assert.equal(signersOf(during), 2);
    const lines = during.split('\n').filter((line) => line.startsWith('— '));
    assert.ok(accepts(old, before) && accepts(old, during) && accepts(next, during));
    assert.ok(!accepts(next, before));
    assert.equal(lines.length, 2);
    assert.deepEqual(
      publisher.verifiers.map(formatVerifierKey),
      [old, next].map(formatVerifierKey),
    );
    const { records } = await log.check();
    const { key, previousKey, overlapUntil } =
      records.find(({ event }) => event === 'log.key-rotated') ?? assert.fail();
    assert.deepEqual([key, previousKey], [next, old].map(formatVerifierKey));
    starts.now = Number(overlapUntil) - 1;
    await starts.start();
    assert.equal(signersOf(log.guard()), 2);
    starts.now += 1;
    await log.grow(1);
    await publisher.publish();
    assert.ok(signersOf(log.guard()) === 1 && accepts(next, log.guard()));
    assert.deepEqual(publisher.verifiers, [next]);
    rmSync(`${log.places.keyFile}.previous`);
    await starts.start();
    assert.deepEqual(await findings(log), []);
  });

  it('leaves the new key where the old one was, for its owner alone', async (test) => {
    const starts = await Starts.open(test);
    const { keyFile } = starts.log.places;
    const old = readFileSync(keyFile, 'utf8');
    const next = await starts.prepare();
    assert.equal(statSync(`${keyFile}.next`).mode & 0o777, 0o600);
    await starts.start();
    assert.equal(readFileSync(`${keyFile}.previous`, 'utf8'), old);
    assert.match(
      readFileSync(keyFile, 'utf8'),
      new RegExp(`\\+${next.id.toString(16).padStart(8, '0')}\\+`),
    );
    assert.ok(!starts.has('.next'));
    for (const suffix of ['', '.previous'])
      assert.equal(statSync(keyFile + suffix).mode & 0o777, 0o600);
  });

  it('can be followed by another once the overlap is over, and not before', async (test) => {
    const starts = await Starts.open(test);
    await starts.prepare();
    await assert.rejects(starts.prepare(), isRefusal(/is there already/));
    await starts.start();
    await assert.rejects(starts.prepare(), isRefusal(/both sign until .*: no third before that/));
    starts.now += 2 * OVERLAP;
    const { next } = await starts.rotate();
    assert.ok(accepts(next, starts.log.guard()));
    const chain = await readKeyChain(starts.log.store.reader, ORIGIN);
    assert.equal(chain.length, 2);
    assert.deepEqual(await findings(starts.log), []);
  });

  it('is refused before the log has a key', async (test) => {
    const log = await openSignedLog(test);
    await assert.rejects(new Starts(log).prepare(), isRefusal(/the first start makes it/));
  });

  it('is found by its index, however long the log is', async (test) => {
    const starts = await Starts.open(test);
    await starts.rotate();
    const { store } = starts.log;
    const [change] = await store.reader.keyChanges();
    assert.equal(change?.event, 'log.key-rotated');
    manipulate(starts.log.file, 'DROP INDEX key_changes');
    assert.deepEqual(await store.reader.keyChanges(), [change]);
  });
});

describe('a rotation that is broken off', () => {
  for (const [when, undo] of [
    ['after its entry', ({ keyFile }) => backTo(keyFile, 'entry')],
    ['between its files', ({ keyFile }) => backTo(keyFile, 'renamed')],
    ['before its last file is gone', ({ keyFile }) => backTo(keyFile, 'written')],
  ] as const satisfies readonly (readonly [string, (places: { keyFile: string }) => void])[])
    for (const isSigned of [true, false])
      it(`${when}, ${isSigned ? 'signed' : 'not yet signed'}, is gone on with at the next start`, async (test) => {
        const starts = await Starts.open(test);
        const { log } = starts;
        const guard = log.guard();
        const { old, next } = await starts.rotate();
        undo(log.places);
        if (!isSigned) {
          writeFileSync(log.places.guardFile, guard);
          manipulate(log.file, 'DELETE FROM checkpoints WHERE size > 4');
        }
        await starts.start();
        assert.ok(accepts(old, log.guard()) && accepts(next, log.guard()));
        assert.ok(!starts.has('.next') && starts.has('.previous') && starts.has(''));
        assert.equal((await readKeyChain(log.store.reader, ORIGIN)).length, 1, 'one entry');
      });
});

/** Puts the files back to where a crash would have left them. */
function backTo(keyFile: string, step: 'entry' | 'renamed' | 'written'): void {
  const line = readFileSync(keyFile, 'utf8');
  writeFileSync(`${keyFile}.next`, `${line}overlap 1h\n`, { mode: 0o600 });
  if (step !== 'written') rmSync(keyFile);
  if (step === 'entry') renameSync(`${keyFile}.previous`, keyFile);
}

describe('a key that the log has not named', () => {
  it('is refused where only the next one is left', async (test) => {
    const starts = await Starts.open(test);
    const { keyFile } = starts.log.places;
    await starts.prepare();
    rmSync(keyFile);
    await assert.rejects(starts.openPublisher(), isRefusal(/key file .* is missing/));
    renameSync(`${keyFile}.next`, keyFile);
    writeFileSync(keyFile, `${readFileSync(keyFile, 'utf8').split('\n')[0]}\n`);
    await assert.rejects(
      starts.openPublisher(),
      isRefusal(/is no checkpoint that the log's key has signed/),
    );
  });

  it('is refused where the old one was put aside as if the log had been handed on', async (test) => {
    const starts = await Starts.open(test);
    const { keyFile } = starts.log.places;
    renameSync(keyFile, `${keyFile}.previous`);
    writeFileSync(keyFile, `${formatSignerKey(keyFor(ORIGIN))}\n`);
    await assert.rejects(
      starts.openPublisher(),
      isRefusal(/is no checkpoint that the log's key has signed/),
    );
  });

  it('is refused where its announcement was slipped into the database and nothing has signed that', async (test) => {
    const starts = await Starts.open(test);
    const { log } = starts;
    const [old] = (await starts.openPublisher()).verifiers;
    const stranger = keyFor(ORIGIN);
    await record(log.store, {
      entries: [
        prepare({
          event: 'log.key-rotated',
          actor: { realm: 'gateway', subject: 'gateway' },
          key: formatVerifierKey(stranger.verifier),
          previousKey: formatVerifierKey(old ?? assert.fail()),
          overlapUntil: 1,
        }),
      ],
      changes: [],
      conditions: [],
    });
    await assert.rejects(starts.openPublisher(), isRefusal(/does not hold that key: put it back/));
    writeFileSync(log.places.keyFile, `${formatSignerKey(stranger)}\n`);
    await assert.rejects(
      starts.openPublisher(),
      isRefusal(/is no checkpoint that the log's key has signed/),
    );
  });

  it('is refused where it does not follow on the one before', async (test) => {
    const starts = await Starts.open(test);
    const { old } = await starts.rotate();
    await record(starts.log.store, {
      entries: [
        prepare({
          event: 'log.key-rotated',
          actor: { realm: 'gateway', subject: 'gateway' },
          key: formatVerifierKey(keyFor(ORIGIN).verifier),
          previousKey: formatVerifierKey(old),
          overlapUntil: 1,
        }),
      ],
      changes: [],
      conditions: [],
    });
    await assert.rejects(starts.openPublisher(), isRefusal(/in a way that no log writes/));
  });

  it('is refused as a third while two sign, and as one that has signed before', async (test) => {
    const starts = await Starts.open(test);
    const { keyFile } = starts.log.places;
    await starts.rotate();
    const third = `${formatSignerKey(keyFor(ORIGIN))}\noverlap 1h\n`;
    writeFileSync(`${keyFile}.next`, third, { mode: 0o600 });
    await assert.rejects(starts.openPublisher(), isRefusal(/a third key/));
    writeFileSync(`${keyFile}.next`, `${readFileSync(`${keyFile}.previous`, 'utf8')}overlap 1h\n`);
    await assert.rejects(starts.openPublisher(), isRefusal(/has signed this log before/));
  });
});

describe('during an overlap', () => {
  it('the old key has to be there', async (test) => {
    const starts = await Starts.open(test);
    await starts.rotate();
    rmSync(`${starts.log.places.keyFile}.previous`);
    await assert.rejects(starts.openPublisher(), isRefusal(/has to sign until .*put it back as/));
    starts.now += 2 * OVERLAP;
    await starts.start();
  });

  it('nobody else may read it, nor the next', async (test) => {
    const starts = await Starts.open(test);
    const { keyFile } = starts.log.places;
    await starts.prepare();
    chmodSync(`${keyFile}.next`, 0o644);
    await assert.rejects(starts.openPublisher(), isRefusal(/others may read .*\.next: chmod 600/));
    chmodSync(`${keyFile}.next`, 0o600);
    await starts.start();
    chmodSync(`${keyFile}.previous`, 0o640);
    await assert.rejects(starts.openPublisher(), isRefusal(/others may read .*\.previous/));
  });

  for (const [what, text] of [
    ['no overlap', 'PRIVATE'],
    ['an overlap that is none', 'overlap soon'],
  ] as const)
    it(`a next key with ${what} is refused`, async (test) => {
      const starts = await Starts.open(test);
      const { keyFile } = starts.log.places;
      copyFileSync(keyFile, `${keyFile}.next`);
      writeFileSync(`${keyFile}.next`, `${formatSignerKey(keyFor(ORIGIN))}\n${text}\n`);
      await assert.rejects(
        starts.openPublisher(),
        isRefusal(/does not say how long both keys sign/),
      );
    });
});

async function findings(log: SignedLog): Promise<string[]> {
  const lines: string[] = [];
  await checkLog(log.file, log.places, (line) => lines.push(line));
  return lines;
}

describe('a look at a log that was handed on', () => {
  it('finds a checkpoint that only the wrong key has signed, before and after', async (test) => {
    const starts = await Starts.open(test);
    const { log } = starts;
    await starts.rotate();
    assert.deepEqual(await findings(log), []);
    const [before, during] = log.stored();
    const cut = (note = ''): string => {
      const lines = note.split('\n');
      return [...lines.slice(0, 4), lines[5], ''].join('\n');
    };
    const hexOf = (note: string): string => Buffer.from(bytes(note)).toString('hex');
    manipulate(log.file, `UPDATE checkpoints SET note = x'${hexOf(cut(during))}' WHERE size > 4`);
    const [line = ''] = await findings(log);
    assert.match(line, /^the checkpoint of size \d+ is not one .*: no known key has signed/);
    assert.equal(signersOf(before ?? ''), 1);
  });
});
