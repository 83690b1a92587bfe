import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { assertDurable, bringUpToDate, openForWriting } from '../../src/store/sqlite/database.ts';
import { Writer } from '../../src/store/sqlite/writer.ts';
import { GATEWAY } from '../../src/domain/event.ts';
import { actOf, newInstance, remark } from '../support/acts.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { checkLog } from '../support/log-checker.ts';
import { newDatabase } from '../support/new-database.ts';
import { accountRegistered, ACME, HOUR, NOON } from '../support/specimens.ts';

/** A log of 300 entries, and a connection to its file as an injected statement would have it. */
async function filled(test: TestContext): Promise<{ file: string; db: Database.Database }> {
  const file = await newDatabase(test);
  const clock = new FakeClock(NOON);
  const writer = new Writer({ file, instance: newInstance(), retentionMs: 1, clock });
  writer.commit(Array.from({ length: 300 }, () => remark()));
  writer.close();
  const db = new Database(file);
  test.after(() => db.close());
  db.exec('PRAGMA recursive_triggers = ON');
  return { file, db };
}

describe('the schema refuses', () => {
  for (const statement of [
    "UPDATE entries SET entry = x'00' WHERE idx = 5",
    'UPDATE entries SET idx = idx + 1000',
    'UPDATE entries SET leaf = leaf',
    'UPDATE OR REPLACE entries SET idx = 1 WHERE idx = 2',
    'DELETE FROM entries WHERE idx = 299',
    'DELETE FROM entries',
    "REPLACE INTO entries VALUES (5, x'00', zeroblob(32))",
    "INSERT OR REPLACE INTO entries VALUES (299, x'00', zeroblob(32))",
    "INSERT INTO entries VALUES (5, x'00', zeroblob(32)) ON CONFLICT (idx) DO UPDATE SET entry = x'00'",
    "UPDATE contents SET action = x'7b7d' WHERE idx = 5",
    'UPDATE contents SET salts = zeroblob(48)',
    'DELETE FROM contents WHERE idx = 5',
    "REPLACE INTO contents VALUES (5, x'7b7d', NULL, NULL, NULL, NULL, zeroblob(16))",
    "INSERT OR REPLACE INTO contents (idx, salts) VALUES (5, x'')",
    'UPDATE subtrees SET hash = zeroblob(32)',
    'DELETE FROM subtrees',
    'REPLACE INTO subtrees VALUES (1, 0, zeroblob(32))',
  ])
    it(statement, async (test) => {
      const { file, db } = await filled(test);
      assert.throws(() => db.exec(statement), /append-only|at the end of the log/);
      await checkLog(file);
    });

  for (const statement of [
    "REPLACE INTO entries VALUES (5, x'00', zeroblob(32))",
    "REPLACE INTO contents VALUES (5, x'7b7d', NULL, NULL, NULL, NULL, zeroblob(16))",
    'REPLACE INTO subtrees VALUES (1, 0, zeroblob(32))',
    "REPLACE INTO checkpoints VALUES (7, x'00', 2)",
    "INSERT OR REPLACE INTO checkpoints VALUES (6, x'00', 2)",
  ])
    it(`${statement}, on a connection without recursive triggers too`, async (test) => {
      const { file, db } = await filled(test);
      db.exec("PRAGMA recursive_triggers = OFF; INSERT INTO checkpoints VALUES (7, x'01', 1)");
      assert.throws(() => db.exec(statement), /append-only|at the end of the log/);
      await checkLog(file);
    });

  for (const statement of [
    "UPDATE checkpoints SET note = x'00'",
    'UPDATE checkpoints SET size = 9',
    'DELETE FROM checkpoints',
    "INSERT INTO checkpoints VALUES (0, x'00', 1)",
    "INSERT INTO checkpoints VALUES (6, x'00', 1)",
    "INSERT INTO checkpoints VALUES (7, x'00', 1)",
    "INSERT OR IGNORE INTO checkpoints VALUES (7, x'00', 1)",
  ])
    it(`${statement}, where one of size 7 was signed`, async (test) => {
      const { db } = await filled(test);
      db.exec("INSERT INTO checkpoints VALUES (7, x'01', 1)");
      assert.throws(() => db.exec(statement));
      assert.deepEqual(db.prepare('SELECT * FROM checkpoints').raw().all(), [
        [7, Buffer.from([1]), 1],
      ]);
    });

  for (const statement of [
    "UPDATE cosignatures SET line = 'y'",
    'UPDATE cosignatures SET size = 9',
    'DELETE FROM cosignatures',
    "INSERT INTO cosignatures VALUES (0, 'x')",
    'INSERT INTO cosignatures VALUES (8, NULL)',
  ])
    it(`${statement}, where one of size 7 is kept`, async (test) => {
      const { db } = await filled(test);
      db.exec("INSERT INTO cosignatures VALUES (7, 'x')");
      assert.throws(() => db.exec(statement));
      assert.deepEqual(db.prepare('SELECT * FROM cosignatures').raw().all(), [[7, 'x']]);
    });

  for (const [what, statement] of [
    ['an entry that leaves a gap', "INSERT INTO entries VALUES (301, x'00', zeroblob(32))"],
    ['an entry before the end', "INSERT INTO entries VALUES (299, x'00', zeroblob(32))"],
    ['an entry before the first', "INSERT INTO entries VALUES (-1, x'00', zeroblob(32))"],
    ['an entry without a place', "INSERT INTO entries VALUES (NULL, x'00', zeroblob(32))"],
    ['an entry at a fraction', "INSERT INTO entries VALUES (300.5, x'00', zeroblob(32))"],
    ['a leaf that is no hash', "INSERT INTO entries VALUES (300, x'00', zeroblob(31))"],
    ['an entry of text', "INSERT INTO entries VALUES (300, 'text', zeroblob(32))"],
    [
      'content of an entry that is not there',
      "INSERT INTO contents (idx, salts) VALUES (300, x'')",
    ],
    ['a second state', "INSERT INTO log_state VALUES (2, 0, x'', 0)"],
  ] as const)
    it(what, async (test) => {
      const { file, db } = await filled(test);
      db.exec('PRAGMA foreign_keys = ON');
      assert.throws(() => db.exec(statement));
      await checkLog(file);
    });
});

/** Entries 0 to 9 are due, 10 to 19 are not, 20 is never; 5 is of acme, the others of nobody. */
async function filledWithDue(test: TestContext): Promise<{ file: string; db: Database.Database }> {
  const file = await newDatabase(test);
  const clock = new FakeClock(NOON);
  const writer = new Writer({ file, instance: newInstance(), retentionMs: HOUR, clock });
  const acme = actOf([accountRegistered()], [ACME_ACCOUNT]);
  writer.commit(Array.from({ length: 10 }, (_, n) => (n === 5 ? acme : remark())));
  clock.pass(HOUR);
  writer.commit(Array.from({ length: 10 }, () => remark()));
  writer.commit([
    actOf([
      { event: 'policy.loaded', actor: GATEWAY, policy: 'sha256:00', model: 'm', rules: 'r' },
    ]),
  ]);
  writer.close();
  const db = new Database(file);
  test.after(() => db.close());
  db.exec('PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF');
  return { file, db };
}

const ACME_ACCOUNT = {
  put: 'account',
  account: { id: ACME, name: undefined, registeredAt: NOON },
} as const;
const hold = (account: string, from: number, to: number, until: number) =>
  `INSERT INTO holds VALUES ('h', ${account}, ${from}, ${to}, ${until}, NULL, '{}')`;
const LATER = NOON + 2 * HOUR;

describe('a content leaves the table', () => {
  const countLeft = (db: Database.Database) =>
    db.prepare<[], number>('SELECT count(*) FROM contents').pluck().get();

  for (const [what, ...statements] of [
    ['when its time has come', 'DELETE FROM contents WHERE idx = 5'],
    ['with all others that are due', 'DELETE FROM contents WHERE idx < 10'],
    [
      'when the hold on it has ended',
      hold('NULL', 0, LATER, NOON + HOUR),
      'DELETE FROM contents WHERE idx = 5',
    ],
    [
      'when the hold on it was lifted',
      hold('NULL', 0, LATER, LATER),
      'UPDATE holds SET lifted_at = 1',
      'DELETE FROM contents WHERE idx = 5',
    ],
    [
      'when the hold is on another account',
      hold("'acme'", 0, LATER, LATER),
      'DELETE FROM contents WHERE idx = 4',
    ],
    [
      'when the hold is on an earlier time',
      hold('NULL', 0, NOON, LATER),
      'DELETE FROM contents WHERE idx = 5',
    ],
    [
      'when the hold is on a later time',
      hold('NULL', NOON + 1, LATER, LATER),
      'DELETE FROM contents WHERE idx = 5',
    ],
  ] as const)
    it(what, async (test) => {
      const { db } = await filledWithDue(test);
      const before = countLeft(db) ?? 0;
      for (const statement of statements) db.exec(statement);
      assert.ok((countLeft(db) ?? before) < before);
    });

  for (const [what, ...statements] of [
    ['before its time', 'DELETE FROM contents WHERE idx = 10'],
    ['if it has none', 'DELETE FROM contents WHERE idx = 20'],
    ['together with one whose time has not come', 'DELETE FROM contents'],
    [
      'before its time, whatever the state says of the time',
      `UPDATE log_state SET last_time = ${LATER}`,
      'DELETE FROM contents WHERE idx = 10',
    ],
    [
      'under a hold on everything',
      hold('NULL', 0, LATER, LATER),
      'DELETE FROM contents WHERE idx = 4',
    ],
    [
      'under a hold on its account',
      hold("'acme'", NOON, NOON + 1, NOON + HOUR + 1),
      'DELETE FROM contents WHERE idx = 5',
    ],
    [
      'by being replaced',
      "REPLACE INTO contents VALUES (5, x'7b7d', NULL, NULL, NULL, NULL, zeroblob(16))",
    ],
    ['by being overwritten', "UPDATE contents SET action = x'7b7d' WHERE idx = 5"],
    ['with its entry', 'DELETE FROM entries WHERE idx = 5'],
    ['because its hold is deleted', hold('NULL', 0, LATER, LATER), 'DELETE FROM holds'],
    [
      'because its hold is shortened',
      hold('NULL', 0, LATER, LATER),
      'UPDATE holds SET until_at = 1, lifted_at = 1',
    ],
    [
      'because its hold is moved',
      hold("'acme'", 0, LATER, LATER),
      'UPDATE holds SET account = NULL, lifted_at = 1',
    ],
    [
      'because its hold is placed anew',
      hold('NULL', 0, LATER, LATER),
      hold('NULL', 0, 1, LATER).replace('INSERT', 'REPLACE'),
    ],
  ] as const)
    it(`not ${what}`, async (test) => {
      const { file, db } = await filledWithDue(test);
      for (const statement of statements.slice(0, -1)) db.exec(statement);
      assert.throws(
        () => db.exec(statements.at(-1) ?? ''),
        /append-only|is appended|a hold|has not ended/,
      );
      assert.equal(countLeft(db), 21);
      db.exec(`UPDATE log_state SET last_time = ${NOON + HOUR}`);
      await checkLog(file);
    });

  it('for good: nothing takes its place', async (test) => {
    const { db } = await filledWithDue(test);
    db.exec('CREATE TEMP TABLE kept AS SELECT * FROM contents; DELETE FROM contents WHERE idx = 5');
    assert.throws(
      () => db.exec('INSERT INTO contents SELECT * FROM kept WHERE idx = 5'),
      /at the end of the log/,
    );
  });

  it('and the checker of the log sees that nothing says so', async (test) => {
    const { file, db } = await filledWithDue(test);
    db.exec('DELETE FROM contents WHERE idx = 5');
    await assert.rejects(checkLog(file), /entry 5: its content is missing/);
  });
});

describe('the connection that writes', () => {
  it('keeps the triggers from being walked past, and loses nothing in a power cut', async (test) => {
    const db = openForWriting(await newDatabase(test));
    test.after(() => db.close());
    const settings = [
      ['journal_mode', 'wal'],
      ['synchronous', 2],
      ['recursive_triggers', 1],
      ['secure_delete', 1],
      ['trusted_schema', 0],
      ['foreign_keys', 1],
    ] as const;
    for (const [name, value] of settings)
      assert.equal(db.pragma(name, { simple: true }), value, name);
  });

  it('is refused when a commit would not be on disk', async (test) => {
    const db = openForWriting(await newDatabase(test));
    test.after(() => db.close());
    assert.doesNotThrow(() => assertDurable(db));
    for (const weaker of ['OFF', 'NORMAL']) {
      db.pragma(`synchronous = ${weaker}`);
      assert.throws(() => assertDurable(db), /not durable/);
    }
    db.pragma('synchronous = FULL');
    db.pragma('journal_mode = DELETE');
    assert.throws(() => assertDurable(db), /not durable: journal_mode delete/);
  });
});

describe('the schema', () => {
  it('is brought up to date once; a second time changes nothing', async (test) => {
    const { file } = await filled(test);
    await bringUpToDate(file);
    assert.equal((await checkLog(file)).size, 300);
  });

  it('of a newer version is refused, and the file is left alone', async (test) => {
    const { file, db } = await filled(test);
    db.exec("INSERT INTO kysely_migration VALUES ('9999-from-the-future', '2030-01-01T00:00:00Z')");
    await assert.rejects(bringUpToDate(file), /a schema this version does not know/);
    assert.equal((await checkLog(file)).size, 300);
  });
});
