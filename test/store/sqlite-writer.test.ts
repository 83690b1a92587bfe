import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { decodeEnvelope } from '../../src/audit/envelope.ts';
import { Writer, type WriterOptions } from '../../src/store/sqlite/writer.ts';
import type { Act, Settled } from '../../src/store/store.ts';
import { asRecorded, attempt, newInstance, remark, settingUp, stage } from '../support/acts.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { checkLog } from '../support/log-checker.ts';
import { newDatabase } from '../support/new-database.ts';
import { HOUR, MINUTE, NOON } from '../support/specimens.ts';

interface Desk {
  readonly file: string;
  readonly clock: FakeClock;
  readonly writer: Writer;
  open(over?: Partial<WriterOptions>): Writer;
  /** Commits one act alone and tells its time. */
  timeOf(act: Act, writer?: Writer): number;
  isClamped(index: number): boolean;
}

async function desk(test: TestContext): Promise<Desk> {
  const file = await newDatabase(test);
  const clock = new FakeClock(NOON);
  const open = (over: Partial<WriterOptions> = {}): Writer => {
    const writer = new Writer({ file, instance: newInstance(), retentionMs: HOUR, clock, ...over });
    test.after(() => writer.close());
    return writer;
  };
  const writer = open();
  return {
    file,
    clock,
    writer,
    open,
    timeOf: (act, by = writer) => asRecorded(only(by.commit([act]))).at,
    isClamped: (index) => decodeEnvelope(entryOf(file, index)).isClockClamped,
  };
}

function only(settled: readonly Settled[]): Settled {
  const [first, second] = settled;
  assert.ok(first !== undefined && second === undefined);
  return first;
}

function entryOf(file: string, index: number): Uint8Array {
  const db = new Database(file, { readonly: true });
  try {
    const entry = db.prepare<[number], Uint8Array>('SELECT entry FROM entries WHERE idx = ?');
    return entry.pluck().get(index) ?? new Uint8Array();
  } finally {
    db.close();
  }
}

describe('the time of the log', () => {
  it('is the wall clock while that runs forwards', async (test) => {
    const { clock, timeOf, isClamped } = await desk(test);
    assert.equal(timeOf(remark()), NOON);
    clock.pass(MINUTE);
    assert.equal(timeOf(remark()), NOON + MINUTE);
    assert.equal(isClamped(0), false);
    assert.equal(isClamped(1), false);
  });

  it('goes on from the last entry when the wall clock is set back, and the entry says so', async (test) => {
    const { file, clock, timeOf, isClamped } = await desk(test);
    timeOf(remark());
    clock.set(NOON - 2 * HOUR);
    assert.equal(timeOf(remark()), NOON);
    clock.pass(MINUTE);
    assert.equal(timeOf(remark()), NOON + MINUTE);
    assert.deepEqual([0, 1, 2].map(isClamped), [false, true, true]);
    await checkLog(file);
  });

  it('follows the wall clock forwards, and stays there when it comes back', async (test) => {
    const { file, clock, timeOf, isClamped } = await desk(test);
    clock.set(NOON + 2 * HOUR);
    assert.equal(timeOf(remark()), NOON + 2 * HOUR);
    clock.set(NOON);
    clock.pass(MINUTE);
    assert.equal(timeOf(remark()), NOON + 2 * HOUR + MINUTE);
    clock.set(NOON + 3 * HOUR);
    assert.equal(timeOf(remark()), NOON + 3 * HOUR);
    assert.deepEqual([0, 1, 2].map(isClamped), [false, true, false]);
    await checkLog(file);
  });

  it('does not call a rounding difference a clock set back', async (test) => {
    const { clock, timeOf, isClamped } = await desk(test);
    timeOf(remark());
    clock.set(NOON - 50);
    assert.equal(timeOf(remark()), NOON);
    clock.set(NOON - 51);
    assert.equal(timeOf(remark()), NOON);
    assert.deepEqual([1, 2].map(isClamped), [false, true]);
  });

  it('does not run backwards over a restart with the clock set back', async (test) => {
    const { clock, timeOf, writer, open } = await desk(test);
    timeOf(remark());
    writer.close();
    clock.set(NOON - HOUR);
    const next = open();
    assert.equal(timeOf(remark(), next), NOON);
    clock.pass(10);
    assert.equal(timeOf(remark(), next), NOON + 10);
  });

  it('judges expiry: a clock set back revives no grant', async (test) => {
    const { clock, writer } = await desk(test);
    const set = stage(NOON, { expiresAt: NOON + MINUTE });
    asRecorded(only(writer.commit([settingUp(set)])));
    asRecorded(only(writer.commit([attempt(set)])));
    clock.pass(MINUTE);
    assert.equal(only(writer.commit([attempt(set)])).outcome, 'refused', 'expiry is exclusive');
    asRecorded(only(writer.commit([remark()])));
    clock.set(NOON);
    assert.equal(only(writer.commit([attempt(set)])).outcome, 'refused');
  });

  it('judges expiry even when nothing was recorded since the clock was right', async (test) => {
    const { clock, writer } = await desk(test);
    const set = stage(NOON, { expiresAt: NOON + MINUTE });
    asRecorded(only(writer.commit([settingUp(set)])));
    clock.pass(2 * MINUTE);
    clock.set(NOON);
    assert.equal(only(writer.commit([attempt(set)])).outcome, 'refused');
  });

  it('is one for all acts of a batch', async (test) => {
    const { writer } = await desk(test);
    const times = writer.commit([remark(), remark(), remark()]).map((one) => asRecorded(one).at);
    assert.deepEqual(times, [NOON, NOON, NOON]);
  });
});

describe('the writer', () => {
  it('writes in WAL mode and syncs every commit', async (test) => {
    const { file, writer } = await desk(test);
    writer.commit([remark()]);
    const db = new Database(file);
    test.after(() => db.close());
    assert.equal(db.pragma('journal_mode', { simple: true }), 'wal');
  });

  it('leaves nothing behind when a whole batch is refused', async (test) => {
    const { file, writer } = await desk(test);
    const set = stage(NOON);
    assert.deepEqual(
      writer.commit([attempt(set), attempt(set)]).map(({ outcome }) => outcome),
      ['refused', 'refused'],
    );
    assert.equal((await checkLog(file)).size, 0);
  });

  it('goes on after acts that failed, with tags and tree unharmed', async (test) => {
    const { file, writer } = await desk(test);
    const set = stage(NOON);
    const orphan = { ...remark(), changes: [{ put: 'grant', grant: set.grant }] } as const;
    const outcomes = writer.commit([remark(), orphan, remark(), orphan]);
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['recorded', 'failed', 'recorded', 'failed'],
    );
    writer.commit([remark()]);
    assert.equal((await checkLog(file)).size, 3);
  });

  it('sees what another instance appended in between', async (test) => {
    const { file, writer, open } = await desk(test);
    const other = open();
    for (let n = 0; n < 3; n += 1) {
      writer.commit([remark('x', 'ann'), remark('x', 'bob')]);
      other.commit([remark('x', 'bob')]);
    }
    assert.equal((await checkLog(file)).size, 9);
  });

  it('writes 66,000 entries, and every tile hash once', { timeout: 60_000 }, async (test) => {
    const { file, writer } = await desk(test);
    const one = remark();
    const batch = Array.from({ length: 1000 }, () => one);
    for (let n = 0; n < 66; n += 1) writer.commit(batch);
    const db = new Database(file, { readonly: true });
    test.after(() => db.close());
    const levels = db.prepare('SELECT level, count(*) AS n FROM subtrees GROUP BY level').all();
    assert.deepEqual(levels, [
      { level: 1, n: 257 },
      { level: 2, n: 1 },
    ]);
  });
});

describe('the writer refuses', () => {
  it('a file that is not there', async (test) => {
    const { open, file, writer } = await desk(test);
    writer.close();
    rmSync(file);
    assert.throws(() => open(), /ENOENT/);
  });

  it('to go on when its file was removed', async (test) => {
    const { file, writer } = await desk(test);
    rmSync(file);
    assert.throws(() => writer.commit([remark()]), /ENOENT/);
    assert.throws(() => writer.checkFile(), /ENOENT/);
  });

  it('to go on when its file was replaced', async (test) => {
    const { file, writer } = await desk(test);
    copyFileSync(file, `${file}.copy`);
    rmSync(file);
    copyFileSync(`${file}.copy`, file);
    assert.throws(() => writer.commit([remark()]), /replaced/);
    assert.throws(() => writer.keep([{ do: 'sweep', at: 0 }]), /replaced/);
  });

  it('a log that is shorter than its state says', async (test) => {
    const { file, writer, open } = await desk(test);
    writer.commit([remark(), remark()]);
    writer.close();
    tamper(file, 'DROP TRIGGER entries_no_delete', 'DELETE FROM entries WHERE idx = 1');
    assert.throws(() => open(), /has 2 entries, but its last has index 0/);
  });

  it('a log whose last entry was changed', async (test) => {
    const { file, writer, open } = await desk(test);
    writer.commit([remark()]);
    writer.close();
    tamper(
      file,
      'DROP TRIGGER entries_no_update',
      "UPDATE entries SET entry = CAST(substr(entry, 1, 87) || x'00' AS BLOB)",
    );
    assert.throws(() => open(), /leaf hash of entry 0/);
  });

  it('a log that does not go on from where this process left it', async (test) => {
    const { file, writer, open } = await desk(test);
    writer.commit([remark()]);
    writer.close();
    copyFileSync(file, `${file}.old`);
    const later = open();
    later.commit([remark()]);
    const { tip } = later;
    later.close();
    assert.doesNotThrow(() => open({ tip }).close());
    copyFileSync(`${file}.old`, file);
    assert.throws(() => open({ tip }), /entry 1, which was recorded, is not in the database/);
    const forked = open();
    forked.commit([remark()]);
    forked.close();
    assert.throws(() => open({ tip }), /entry 1, which was recorded, is not in the database/);
  });
});

function tamper(file: string, ...statements: readonly string[]): void {
  const db = new Database(file);
  try {
    db.exec('PRAGMA foreign_keys = OFF');
    for (const statement of statements) db.exec(statement);
  } finally {
    db.close();
  }
}
