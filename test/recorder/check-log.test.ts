import assert from 'node:assert/strict';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { checkLog, type LogCheck } from '../../src/recorder/check-log.ts';
import { LogRefused } from '../../src/recorder/log-refused.ts';
import { decodeEntryBundle } from '../../src/tlog/entry-bundle.ts';
import { hashLeaf } from '../../src/tlog/hash.ts';
import { record, settingUp } from '../support/acts.ts';
import { hex, sha256 } from '../support/sha256.ts';
import { manipulate, openSignedLog, type SignedLog } from '../support/signed-log.ts';

async function look(log: SignedLog): Promise<LogCheck & { readonly lines: string[] }> {
  const lines: string[] = [];
  const check = await checkLog(log.file, log.places, (line) => lines.push(line));
  assert.equal(check.findings, lines.length);
  return { ...check, lines };
}

/** 304 entries, signed at 1, 255 and 304. */
async function openGrown(test: TestContext): Promise<SignedLog> {
  const log = await openSignedLog(test);
  await log.sign();
  await record(log.store, settingUp(log.set));
  await log.grow(250);
  await log.sign();
  await log.grow(49);
  await log.sign();
  return log;
}

/** What somebody who owns the file might do to it, and what is said of that. */
const MANIPULATIONS: readonly (readonly [RegExp, string, ...string[]])[] = [
  [
    /^entry 7: its leaf hash is not that of its bytes$/,
    "UPDATE entries SET entry = CAST(substr(entry, 1, 87) || x'00' AS BLOB) WHERE idx = 7",
  ],
  [
    /^entry 7: its leaf hash is not that of its bytes$/,
    'UPDATE entries SET leaf = zeroblob(32) WHERE idx = 7',
  ],
  [
    /^the checkpoint of size 255 does not commit to the entries that are there$/,
    "UPDATE entries SET entry = x'00', leaf = x'96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7' WHERE idx = 7",
  ],
  [
    /^entry 7: its content is not the one it commits to$/,
    'UPDATE contents SET action = CAST(\'{"event":"nothing"}\' AS BLOB) WHERE idx = 7',
  ],
  [
    /^entry 7: its content is missing, and nothing says that it was erased/,
    'DELETE FROM contents WHERE idx = 7',
  ],
  [
    /^entry 0: it is public and has content too$/,
    "INSERT INTO contents (idx, salts) VALUES (0, x'')",
  ],
  [
    /^entry 7 is missing: nothing behind can be compared with what was signed$/,
    'DELETE FROM contents WHERE idx = 7',
    'DELETE FROM entries WHERE idx = 7',
  ],
  [/^content 7 is of an entry that is not there$/, 'DELETE FROM entries WHERE idx = 7'],
  [
    /^the guard stands at 304, and the database holds 300 entries: it is an older one$/,
    'DELETE FROM contents WHERE idx >= 300',
    'DELETE FROM entries WHERE idx >= 300',
  ],
  [/^subtree 1\/0 is not the root of its leaves$/, 'UPDATE subtrees SET hash = zeroblob(32)'],
  [/^level 1 of the tree has 0 subtrees, and 1 are full$/, 'DELETE FROM subtrees'],
  [
    /^level 1 of the tree has 2 subtrees, and 1 are full$/,
    'INSERT INTO subtrees VALUES (1, 1, zeroblob(32))',
  ],
  [
    /^the edge of the tree is not that of its entries$/,
    'UPDATE log_state SET edge = zeroblob(length(edge))',
  ],
  [
    /^the log says it has 303 entries, and its last is 303$/,
    'UPDATE log_state SET size = size - 1',
  ],
  [/^the log says its last time is 1, and that is \d+$/, 'UPDATE log_state SET last_time = 1'],
  [
    /^account acme: 9 entries were counted, \d are there in their order$/,
    "UPDATE tag_keys SET next = 9 WHERE whose = 'account'",
  ],
  [
    /^actor .*: \d+ entries were counted, 0 are there in their order$/,
    "UPDATE tag_keys SET key = zeroblob(32) WHERE whose = 'actor'",
  ],
  [
    /^the checkpoint of size 255 is not one that the log's key has signed: /,
    "UPDATE checkpoints SET note = CAST(replace(CAST(note AS TEXT), '255', '254') AS BLOB) WHERE size = 255",
  ],
  [
    /^the checkpoint of size 254 is not one that the log's key has signed: it is of another size$/,
    'UPDATE checkpoints SET size = 254 WHERE size = 255',
  ],
  [
    /^the checkpoint of size 999 /,
    'INSERT INTO checkpoints SELECT 999, note, published_at FROM checkpoints WHERE size = 304',
  ],
];

describe('a look at the whole log', () => {
  it('finds nothing in one that is as it was written, beside the one who writes it', async (test) => {
    const log = await openGrown(test);
    const { entries, checkpoints, lines } = await look(log);
    assert.deepEqual({ entries, checkpoints, lines }, { entries: 304, checkpoints: 4, lines: [] });
    await log.grow(3);
    assert.deepEqual((await look(log)).lines, [], 'what is not signed yet is no finding');
  });

  it('finds nothing in an empty one', async (test) => {
    const log = await openSignedLog(test);
    await log.sign();
    assert.deepEqual((await look(log)).lines, []);
  });

  for (const [sentence, ...statements] of MANIPULATIONS)
    it(`finds ${statements.join('; ').slice(0, 70)}`, async (test) => {
      const log = await openGrown(test);
      manipulate(log.file, ...statements);
      const { lines } = await look(log);
      assert.ok(
        lines.some((line) => sentence.test(line)),
        `${sentence.source}:\n${lines.join('\n')}`,
      );
    });

  it('finds a time that runs backwards', async (test) => {
    const log = await openGrown(test);
    const bundle = await log.store.reader.entryBundle(0, 8);
    const entry = decodeEntryBundle(bundle, 8).at(-1) ?? assert.fail();
    new DataView(entry.buffer, entry.byteOffset).setBigUint64(8, 1n);
    const leaf = hex(hashLeaf(sha256, entry));
    manipulate(
      log.file,
      `UPDATE entries SET entry = x'${hex(entry)}', leaf = x'${leaf}' WHERE idx = 7`,
    );
    const { lines } = await look(log);
    assert.ok(lines.includes('entry 7: it is older than the one before'), lines.join('\n'));
  });

  it('finds two entries that change places', async (test) => {
    const log = await openGrown(test);
    manipulate(
      log.file,
      'UPDATE entries SET idx = 5000 WHERE idx = 7',
      'UPDATE entries SET idx = 7 WHERE idx = 8',
      'UPDATE entries SET idx = 8 WHERE idx = 5000',
    );
    const { lines } = await look(log);
    assert.ok(lines.some((line) => line.startsWith('entry 7: its content is not')));
    assert.ok(lines.some((line) => line.startsWith('the checkpoint of size 255 does not commit')));
    assert.ok(lines.includes('3 checkpoints in all do not commit to these entries'));
  });

  it('finds a guard that is missing, damaged, or another log’s', async (test) => {
    const log = await openGrown(test);
    const guard = log.guard();
    rmSync(log.places.guardFile);
    assert.deepEqual((await look(log)).lines, [
      'the guard file is missing, and the log has been signed',
    ]);
    writeFileSync(log.places.guardFile, 'damaged');
    assert.deepEqual((await look(log)).lines, ['the guard is no checkpoint']);
    writeFileSync(log.places.guardFile, guard.replace('304', '303'));
    assert.match((await look(log)).lines.join('\n'), /^the guard is not one that .* has signed/);
    const other = await openSignedLog(test);
    await other.grow(303);
    await other.sign();
    copyFileSync(other.places.guardFile, log.places.guardFile);
    assert.match((await look(log)).lines.join('\n'), /^the guard is not one that .* has signed/);
  });

  it('says that it cannot verify signatures without the key, and checks the rest', async (test) => {
    const log = await openGrown(test);
    rmSync(log.places.keyFile);
    manipulate(log.file, 'DELETE FROM contents WHERE idx = 7');
    const { lines, checkpoints } = await look(log);
    assert.equal(checkpoints, 0);
    assert.deepEqual(lines, [
      `the key file ${log.places.keyFile} is missing: no signature can be verified`,
      'entry 7: its content is missing, and nothing says that it was erased when its time was over',
    ]);
  });

  it('refuses a log of another name, and a file that holds none', async (test) => {
    const log = await openGrown(test);
    Object.assign(log.places, { origin: 'log.example/2' });
    assert.match((await look(log)).lines.join('\n'), /the log in the database is log\.example\/1/);
    const none = `${log.file}.none`;
    for (const bytes of [
      '',
      'no database at all, and long enough to be looked at as one'.repeat(20),
    ]) {
      writeFileSync(none, bytes);
      await assert.rejects(
        checkLog(none, log.places, () => {}),
        LogRefused,
      );
    }
  });
});
