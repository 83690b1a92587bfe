import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { SourceRefused, SourceUnreadable } from '../../../src/cli/verify/source-refused.ts';
import { verifyConsistency } from '../../../src/tlog/consistency.ts';
import { actOf, record } from '../../support/acts.ts';
import { EVERY_EVENT } from '../../support/every-event.ts';
import { type MadeLog, makeLog } from '../../support/made-log.ts';
import { naiveRoot } from '../../support/naive-tree.ts';
import { sha256 } from '../../support/sha256.ts';
import { manipulate, type SignedLog } from '../../support/signed-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { itemsOf, readStore } from './sources.ts';

const ENTRIES = 600;

async function write(log: SignedLog): Promise<void> {
  await log.grow(ENTRIES);
  await record(log.store, actOf([EVERY_EVENT['hold.placed']]));
  await record(log.store, actOf([EVERY_EVENT['retention.erased']]));
  await log.sign();
}

/** What was erased after the last checkpoint. */
const ERASED = { ...EVERY_EVENT['retention.erased'], from: 2, to: 4 };

describe('a store file', () => {
  let made: MadeLog;
  let unsigned: MadeLog;

  before(async () => {
    made = await makeLog(write);
    unsigned = await makeLog(async (log) => {
      await write(log);
      await record(log.store, actOf([ERASED]));
      await log.grow(1);
    });
  });

  it('is read as the log up to its last checkpoint, contents and all', async (test) => {
    const { kept } = unsigned;
    const store = readStore(test, unsigned.putStore(test));
    const items = await itemsOf(store);
    assert.deepEqual(new Uint8Array(store.checkpoint), kept.note);
    assert.deepEqual(store.range, { from: 0, to: ENTRIES + 3 });
    assert.equal(items.length, ENTRIES + 3);
    assert.deepEqual(
      items.map(({ index, entry, content }) => ({ index, entry, content })),
      kept.entries.map((entry, index) => ({ index, entry, content: kept.contents.get(index) })),
    );
    assert.deepEqual(
      store.ahead.map(({ index, content }) => [index, content !== undefined]),
      [
        [ENTRIES + 1, true],
        [ENTRIES + 2, false],
      ],
    );
  });

  it('counts tags only if nothing was recorded since it was signed', async (test) => {
    assert.deepEqual(readStore(test, made.putStore(test)).tagKeys, made.kept.tagKeys);
    const later = readStore(test, unsigned.putStore(test)).tagKeys;
    assert.deepEqual(
      later,
      unsigned.kept.tagKeys.map(({ whose, name, key }) => ({ whose, name, key })),
    );
  });

  it('proves that it grew from any size it had', async (test) => {
    const { leaves, size } = made.kept;
    const store = readStore(test, made.putStore(test));
    const to = { size, root: naiveRoot(leaves) };
    for (const from of [1, 2, 255, 256, 257, 600, size]) {
      const proof = (await store.proveGrowth(from)) ?? assert.fail();
      const root = naiveRoot(leaves.slice(0, from));
      verifyConsistency(sha256, { from: { size: from, root }, to, proof });
    }
    assert.equal(await store.proveGrowth(size + 1), undefined);
    assert.equal(await store.proveGrowth(0), undefined);
  });

  it('says of what was erased since it was signed that this is why it is missing', async (test) => {
    const copy = unsigned.putStore(test);
    manipulate(copy, 'DELETE FROM contents WHERE idx IN (2, 3, 5)');
    const items = await itemsOf(readStore(test, copy));
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((index) => [items[index]?.content !== undefined, items[index]?.withheld]),
      [
        [true, undefined],
        [false, 'erased'],
        [false, 'erased'],
        [true, undefined],
        [false, undefined],
      ],
    );
  });

  it('is read as it was at one moment, while others write', async (test) => {
    const copy = made.putStore(test);
    const store = readStore(test, copy);
    const reading = store.items()[Symbol.asyncIterator]();
    await reading.next();
    manipulate(copy, 'DELETE FROM contents');
    const rest = await reading.next();
    assert.ok(rest.done !== true && rest.value[0]?.content !== undefined);
  });

  it('shows what is of another type as bytes, for others to refute', async (test) => {
    const copy = made.putStore(test);
    manipulate(
      copy,
      ...loosened('entries'),
      ...loosened('contents'),
      "UPDATE entries SET entry = 'größe' WHERE idx = 500",
      'UPDATE contents SET actor = 7 WHERE idx = 501',
      "UPDATE contents SET salts = 'x' WHERE idx = 502",
      'UPDATE contents SET action = NULL WHERE idx = 503',
    );
    const items = await itemsOf(readStore(test, copy));
    const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
    assert.equal(text(items[500]?.entry), 'größe');
    assert.equal(text(items[501]?.content?.sections.actor?.bytes), '7');
    assert.equal(text(items[502]?.content?.sections.action?.salt), 'x');
    assert.equal(items[503]?.content?.sections.action, undefined);
    assert.deepEqual(items[504]?.content, made.kept.contents.get(504));
  });

  it('is refused with an entry that is nothing', async (test) => {
    const copy = made.putStore(test);
    manipulate(copy, ...loosened('entries'), 'UPDATE entries SET entry = NULL WHERE idx = 500');
    await assert.rejects(itemsOf(readStore(test, copy)), refusal(/has to hold bytes/));
  });

  it('shows a content whose salt is cut off for others to refute', async (test) => {
    const copy = made.putStore(test);
    manipulate(copy, "UPDATE contents SET salts = x'00' WHERE idx = 5");
    const items = await itemsOf(readStore(test, copy));
    assert.equal(items[5]?.content?.sections.action?.salt.length, 1);
    assert.equal(items[5]?.content?.sections.actor?.salt.length, 0);
  });

  for (const [what, statements, why] of [
    ['without a checkpoint', ['DELETE FROM checkpoints'], /nothing in it was signed/],
    ['with a checkpoint that is none', ["UPDATE checkpoints SET note = x'00'"], /no checkpoint/],
    ['without a table', ['DROP TABLE subtrees'], /no table subtrees/],
    [
      'with a view in place of a table',
      ['DROP TABLE tag_keys', 'CREATE VIEW tag_keys AS SELECT 1'],
      /no table tag_keys/,
    ],
    [
      'with a tag key of nobody',
      [...loosened('tag_keys'), "UPDATE tag_keys SET whose = 'x'"],
      /nobody/,
    ],
    [
      'with an index that no number can hold',
      [
        'INSERT INTO subtrees VALUES (9, 0, zeroblob(32))',
        'UPDATE log_state SET size = 9223372036854775807',
      ],
      /too large/i,
    ],
  ] as const)
    it(`is refused ${what}`, async (test) => {
      const copy = made.putStore(test);
      manipulate(copy, ...statements);
      assert.throws(() => readStore(test, copy), refusal(why));
    });

  it('is refused if it is no database, or a damaged one', async (test) => {
    const folder = temporaryFolder(test);
    const text = join(folder, 'text.db');
    writeFileSync(text, 'not a database. '.repeat(300));
    assert.throws(() => readStore(test, text), refusal(/not a database/));
    const damaged = made.putStore(test);
    const bytes = readFileSync(damaged);
    writeFileSync(damaged, bytes.fill(0x41, 4096, bytes.length));
    assert.throws(() => readStore(test, damaged), refusal(/malformed/));
  });

  it('cannot be read where there is none', (test) => {
    const missing = join(temporaryFolder(test), 'missing.db');
    assert.throws(() => readStore(test, missing), SourceUnreadable);
    assert.throws(() => readStore(test, temporaryFolder(test)), /is no file$/);
  });

  function refusal(why: RegExp) {
    return (error: unknown): boolean => {
      assert.ok(error instanceof SourceRefused, String(error));
      assert.match(error.message, why);
      return true;
    };
  }
});

/** The same table without its types, as somebody else's program may have made it. */
function loosened(table: string): string[] {
  return [
    `CREATE TABLE loose AS SELECT * FROM ${table}`,
    `DROP TABLE ${table}`,
    `ALTER TABLE loose RENAME TO ${table}`,
  ];
}
