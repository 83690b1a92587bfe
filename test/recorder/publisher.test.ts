import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { LogRefused } from '../../src/recorder/log-refused.ts';
import type { Publisher } from '../../src/recorder/publisher.ts';
import { hex } from '../support/sha256.ts';
import { manipulate, openSignedLog, ORIGIN, type SignedLog } from '../support/signed-log.ts';
import { until } from '../support/until.ts';

const text = (note: Uint8Array | undefined): string => new TextDecoder().decode(note);

describe('the publisher', () => {
  it('signs what is stored: in the database, in the guard, and for those who follow', async (test) => {
    const log = await openSignedLog(test);
    await log.grow(299);
    const publisher = await log.open();
    const heard: { size: number; guard: string; stored: string[] }[] = [];
    publisher.onPublished(({ size }) =>
      heard.push({ size, guard: log.guard(), stored: log.stored() }),
    );
    await publisher.publish();
    const { size, rootHash } = await log.check();
    const note = text(publisher.published?.note);
    assert.equal(size, 300);
    assert.equal(publisher.published?.size, size);
    assert.equal(hex(publisher.published.root), rootHash);
    assert.ok(note.startsWith(`${ORIGIN}\n300\n`));
    assert.deepEqual(heard, [{ size, guard: note, stored: [note] }]);
    assert.deepEqual(publisher.health(), { able: true });
    assert.equal(statSync(log.places.guardFile).mode & 0o777, 0o600);
    assert.equal(statSync(log.places.keyFile).mode & 0o777, 0o600);
  });

  it('signs one size once, and another process signs it in the same words', async (test) => {
    const log = await openSignedLog(test);
    const [one, other] = [await log.open(), await log.open()];
    await Promise.all([one.publish(), one.publish()]);
    await other.publish();
    await one.publish();
    assert.equal(log.stored().length, 1);
    assert.equal(text(one.published?.note), text(other.published?.note));
    assert.equal(text(one.published?.note), log.stored()[0]);
  });

  it('never lets a smaller checkpoint follow a larger one, whoever signs', async (test) => {
    const log = await openSignedLog(test);
    await log.sign();
    await log.grow(5);
    await log.sign();
    const sizes = log.stored().map((note) => Number(note.split('\n')[1]));
    assert.deepEqual(sizes, [1, 6]);
    const [note] = log.stored();
    await log.store.keep({
      do: 'keep-checkpoint',
      checkpoint: { size: 3, note: new TextEncoder().encode(note), publishedAt: 1 },
    });
    assert.equal(log.stored().length, 2);
  });

  it('signs by itself whenever the log has grown, and nothing while it has not', async (test) => {
    const log = await openSignedLog(test);
    const publisher = await log.open(5);
    publisher.start();
    await until('the first is signed', () => publisher.published?.size === 1);
    for (let size = 11; size < 50; size += 10) {
      await log.grow(10);
      await until(`size ${size} is signed`, () => publisher.published?.size === size);
    }
    const { length } = log.stored();
    await publisher.publish();
    assert.equal(log.stored().length, length);
  });

  it('signs what is left when it is closed, and nothing after that', async (test) => {
    const log = await openSignedLog(test);
    const publisher = await log.open(3_600_000);
    publisher.start();
    await until('the first is signed', () => publisher.published?.size === 1);
    await log.grow(3);
    await publisher.close();
    assert.equal(publisher.published?.size, 4);
    await log.grow(3);
    assert.equal(log.stored().length, 2);
  });

  it('goes on from the last checkpoint at the next start, and reads what was before it back too', async (test) => {
    const log = await openSignedLog(test);
    await log.grow(520);
    await log.sign();
    await log.grow(600);
    const next = await log.open();
    assert.equal(next.published?.size, 521);
    assert.deepEqual(next.progress, { checked: 0, of: 521 });
    await next.publish();
    assert.equal(next.published?.size, 1121);
    assert.equal(hex(next.published.root), (await log.check()).rootHash);
    await next.checkWhole();
    assert.deepEqual(next.progress, { checked: 521, of: 521 });
    assert.deepEqual(log.reports, [{ is: 'checked', entries: 521 }]);
  });

  it('takes the guard for the last checkpoint if the database does not have it yet', async (test) => {
    const log = await openSignedLog(test);
    await log.sign();
    await log.grow(3);
    await log.sign();
    const guard = log.guard();
    manipulate(log.file, 'DELETE FROM checkpoints WHERE size = 4');
    assert.equal(text((await log.open()).published?.note), guard);
  });
});

/** What somebody who owns the file might do to a log of 300 entries, at entry `:n`. */
const MANIPULATIONS: readonly (readonly [string, ...string[]])[] = [
  [
    'an entry',
    "UPDATE entries SET entry = CAST(substr(entry, 1, 87) || x'00' AS BLOB) WHERE idx = :n",
  ],
  [
    'the time of an entry',
    "UPDATE entries SET entry = CAST(substr(entry, 1, 15) || x'ff' || substr(entry, 17) AS BLOB) WHERE idx = :n",
  ],
  ['an entry that is none', "UPDATE entries SET entry = x'00' WHERE idx = :n"],
  ['a leaf', 'UPDATE entries SET leaf = zeroblob(32) WHERE idx = :n'],
  [
    'the words of a record',
    'UPDATE contents SET action = CAST(\'{"event":"log.read"}\' AS BLOB) WHERE idx = :n',
  ],
  ['a salt', 'UPDATE contents SET salts = zeroblob(length(salts)) WHERE idx = :n'],
  ['a section that is taken away', 'UPDATE contents SET actor = NULL WHERE idx = :n'],
  ['a section that is added', "UPDATE contents SET reason = CAST('{}' AS BLOB) WHERE idx = :n"],
  ['a record that is taken away', 'DELETE FROM contents WHERE idx = :n'],
  ['a record of a public entry', "INSERT INTO contents (idx, salts) VALUES (0, x'')"],
  [
    'an entry that is taken away',
    'DELETE FROM contents WHERE idx = :n',
    'DELETE FROM entries WHERE idx = :n',
  ],
  [
    'two entries that change places',
    'UPDATE entries SET idx = 5000 WHERE idx = :n',
    'UPDATE entries SET idx = :n WHERE idx = :n + 1',
    'UPDATE entries SET idx = :n + 1 WHERE idx = 5000',
  ],
  [
    'the last entries',
    'DELETE FROM contents WHERE idx >= 250',
    'DELETE FROM entries WHERE idx >= 250',
  ],
  ['a subtree', 'UPDATE subtrees SET hash = zeroblob(32)'],
  ['a subtree that is taken away', 'DELETE FROM subtrees'],
  ['the edge', 'UPDATE log_state SET edge = zeroblob(length(edge))'],
  ['the size', 'UPDATE log_state SET size = size - 1'],
  ['the shape of the edge', "UPDATE log_state SET edge = x''"],
];

describe('behind the gateway’s back', () => {
  for (const [what, ...statements] of MANIPULATIONS) {
    const at = (n: number) => statements.map((one) => one.replaceAll(':n', String(n)));

    it(`${what}: a start refuses it or never signs over it`, async (test) => {
      const log = await openSignedLog(test);
      await log.grow(289);
      await log.sign();
      await log.grow(10);
      const guard = log.guard();
      manipulate(log.file, ...at(7));
      await assertNeverSigned(log, guard, log.open);
    });

    // The one public entry is the first: it is signed long before.
    if (what === 'a record of a public entry') continue;
    it(`${what}: a running gateway that has not signed it yet never does`, async (test) => {
      const log = await openSignedLog(test);
      await log.grow(200);
      const publisher = await log.sign();
      await log.grow(99);
      const guard = log.guard();
      manipulate(log.file, ...at(270));
      await assertNeverSigned(log, guard, () => Promise.resolve(publisher));
    });
  }

  it('an entry that was signed long ago: signing goes on from the guard, until it is found', async (test) => {
    const log = await openSignedLog(test);
    await log.grow(3000);
    await log.sign();
    manipulate(log.file, 'UPDATE contents SET salts = zeroblob(length(salts)) WHERE idx = 2500');
    const next = await log.open();
    await log.grow(3);
    await next.publish();
    assert.equal(next.published?.size, 3004, 'the root that was signed commits to what was before');
    await next.checkWhole();
    assert.deepEqual(log.reports, [
      { is: 'flawed', why: 'entry 2500: its content is not the one it commits to' },
    ]);
    assert.ok(!next.health().able);
    const guard = log.guard();
    await log.grow(3);
    await next.publish();
    assert.equal(log.guard(), guard);
  });

  it('tiles of what was signed that lead to another root are refused at the start', async (test) => {
    const log = await openSignedLog(test);
    await log.grow(599);
    await log.sign();
    manipulate(log.file, 'UPDATE subtrees SET hash = zeroblob(32) WHERE position = 1');
    await assert.rejects(log.open(), isRefusal(/does not go on from the 600 entries/));
  });

  it('another log of the same name and size is refused', async (test) => {
    const log = await openSignedLog(test);
    await log.grow(20);
    await log.sign();
    const other = await openSignedLog(test);
    await other.grow(30);
    Object.assign(other.places, log.places);
    await assert.rejects(other.open(), isRefusal(/does not go on from the 21 entries/));
  });
});

/** However often it is tried: the guard and the database keep what they had. */
async function assertNeverSigned(
  log: SignedLog,
  guard: string,
  open: () => Promise<Publisher>,
): Promise<void> {
  const stored = log.stored().length;
  let publisher: Publisher | undefined;
  try {
    publisher = await open();
  } catch (error) {
    assert.ok(error instanceof LogRefused, String(error));
  }
  await publisher?.checkWhole();
  await publisher?.publish();
  await log.grow(1).catch(() => undefined);
  await publisher?.publish();
  assert.equal(log.guard(), guard);
  assert.equal(log.stored().length, stored);
  if (publisher === undefined) return;
  assert.deepEqual(
    log.reports.map(({ is }) => is),
    ['flawed'],
  );
  const health = publisher.health();
  assert.ok(!health.able);
  assert.match(health.why, /the stored log is not what was written: /);
}

function isRefusal(sentence: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof LogRefused, String(error));
    assert.match(error.message, sentence);
    return true;
  };
}

describe('hindered', () => {
  it('it tries again until it can, and says so once', async (test) => {
    const log = await openSignedLog(test);
    const publisher = await log.open(5);
    manipulate(log.file, 'ALTER TABLE checkpoints RENAME TO away');
    publisher.start();
    await until('it is said', () => log.reports.length > 0);
    await until('the store goes on', () => log.store.health().able);
    assert.equal(publisher.published, undefined);
    assert.ok(existsSync(log.places.guardFile), 'the guard comes first');
    manipulate(log.file, 'ALTER TABLE away RENAME TO checkpoints');
    await until('it is signed', () => publisher.published !== undefined);
    await until('that is said too', () => log.reports.length > 1);
    assert.deepEqual(
      log.reports.map(({ is }) => is),
      ['hindered', 'free-again'],
    );
    assert.deepEqual(publisher.health(), { able: true });
  });
});
