import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { checkLog as checkStored } from '../../src/recorder/check-log.ts';
import type { KnownPerson } from '../../src/domain/change.ts';
import { readLogKey } from '../../src/recorder/log-key.ts';
import { LogRefused } from '../../src/recorder/log-refused.ts';
import {
  demandNoRecovery,
  type Recovered,
  recoverLog,
  type RecoveryStep,
  type RecoveryWish,
} from '../../src/recorder/recover-log.ts';
import { resumeLog } from '../../src/recorder/resume.ts';
import { record, settingUp, stage } from '../support/acts.ts';
import { checkLog } from '../support/log-checker.ts';
import { openLog } from '../support/open-log.ts';
import { manipulate, openSignedLog, ORIGIN, type SignedLog } from '../support/signed-log.ts';
import { accountId, accountRegistered } from '../support/specimens.ts';
import { RETENTION_MS } from '../support/store-suite.ts';
import { keyFor } from '../tlog/ed25519.ts';

const NEW_ORIGIN = 'log.example/2';
const STATEMENT = 'The disk was lost on Monday; what is here is from Sunday.';

const SAM: KnownPerson = {
  issuer: 'https://staff.example',
  subject: 'sam',
  realm: 'staff',
  name: 'Sam Support',
  email: undefined,
  verifiedEmail: 'sam@corp.example',
  lastSignInAt: 5,
};

/** A log of 25 entries with an account and a grant, of which the guard says 30 were signed; closed. */
async function loseLog(test: TestContext): Promise<SignedLog & { wish: RecoveryWish }> {
  const log = await openSignedLog(test);
  const act = settingUp(log.set);
  await record(log.store, { ...act, changes: [...act.changes, { put: 'person', person: SAM }] });
  await log.grow(20);
  await log.sign();
  const older = await copyOf(log);
  await log.grow(5);
  await log.sign();
  await log.close();
  for (const part of ['-wal', '-shm']) rmSync(log.file + part, { force: true });
  writeFileSync(log.file, older);
  return { ...log, wish: await wishFor(log) };
}

async function copyOf(log: SignedLog): Promise<Uint8Array> {
  const copy = `${log.file}.copy`;
  const db = new Database(log.file, { readonly: true });
  await db.backup(copy);
  db.close();
  const bytes = readFileSync(copy);
  rmSync(copy);
  return bytes;
}

async function wishFor(log: SignedLog): Promise<RecoveryWish> {
  const key = await readLogKey(log.places);
  return {
    places: { ...log.places, origin: NEW_ORIGIN, keyFile: `${log.places.keyFile}.2` },
    databaseFile: log.file,
    retentionMs: RETENTION_MS,
    statement: STATEMENT,
    previousKey: key?.verifier ?? assert.fail(),
    checkpoint: undefined,
  };
}

function filesBeside({ file }: SignedLog): string[] {
  return readdirSync(dirname(file)).filter((name) => !name.endsWith('.lock'));
}

function isRefusal(sentence: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof LogRefused, String(error));
    assert.match(error.message, sentence);
    return true;
  };
}

/** What a recovered log has to be, however it came about. */
async function assertRecovered(log: SignedLog & { wish: RecoveryWish }): Promise<void> {
  const { file, wish } = log;
  // Looking at a database without writing to it leaves an empty write-ahead log beside it.
  assert.deepEqual(
    readdirSync(dirname(file)).filter((name) => /recover|-wal|-shm|\.lock$/.test(name)),
    ['sallyport.db.lock'],
  );
  const { records } = await checkLog(file);
  const [first, second] = records;
  assert.equal(records.length, 2);
  const { event, origin, format, statement } = first ?? assert.fail();
  assert.deepEqual(
    { event, origin, format, statement },
    {
      event: 'log.recovered',
      origin: NEW_ORIGIN,
      format: 'sallyport-log/v1',
      statement: STATEMENT,
    },
  );
  assert.match(String(first?.['previous']), new RegExp(`^${ORIGIN}\n30\n`));
  assert.deepEqual([second?.event, second?.['account']], ['account.registered', 'acme']);
  const findings: string[] = [];
  await checkStored(file, wish.places, (line) => findings.push(line));
  assert.deepEqual(findings, []);
  assert.match(readFileSync(wish.places.guardFile, 'utf8'), new RegExp(`^${NEW_ORIGIN}\n2\n`));
  assert.equal((await checkLog(`${file}.epoch-30`)).size, 25, 'the old one is whole');
  assert.match(readFileSync(`${wish.places.guardFile}.epoch-30`, 'utf8'), /\n30\n/);
  demandNoRecovery(file);
}

describe('a log whose newest database is lost', () => {
  it('goes on as another, which says so, with accounts and people and nothing that lets in', async (test) => {
    const log = await loseLog(test);
    const recovered = await recoverLog(log.wish);
    const { accounts, oldSize, previous, signed } = recovered;
    assert.deepEqual(
      { accounts, oldSize, lost: previous.size, signed: signed.size },
      { accounts: 1, oldSize: 25, lost: 30, signed: 2 },
    );
    await assertRecovered(log);
    const next = await openLog(test, 'empty', { file: log.file });
    const { reader } = next.store;
    assert.equal((await reader.account(accountId('acme')))?.id, 'acme');
    assert.deepEqual(await reader.people('staff', 'sam@corp.example'), [SAM]);
    assert.equal(await reader.grant(log.set.grant.id), undefined);
    assert.equal(await reader.visit(log.set.visit.id), undefined);
    assert.equal(await reader.session(log.set.session.id), undefined);
    await resumeLog(next.recorder, next.store, NEW_ORIGIN);
    assert.equal((await reader.logState()).size, 2, 'it has begun already');
  });

  it('goes on without an old database too', async (test) => {
    const log = await loseLog(test);
    rmSync(log.file);
    const { accounts, oldSize, signed, movedTo } = await recoverLog(log.wish);
    assert.deepEqual(
      { accounts, oldSize, size: signed.size },
      { accounts: 0, oldSize: 0, size: 1 },
    );
    assert.deepEqual(movedTo, [`${log.wish.places.guardFile}.epoch-30`]);
  });

  it('carries over more accounts than go into one act', async (test) => {
    const log = await openSignedLog(test);
    for (let n = 0; n < 300; n += 1) {
      const account = accountId(`a-${n}`);
      const act = settingUp(stage(Date.now(), { account }), accountRegistered(account));
      await record(log.store, {
        ...act,
        entries: [act.entries[0]],
        changes: act.changes.slice(0, 1),
      });
    }
    await log.sign();
    await log.close();
    assert.equal((await recoverLog(await wishFor(log))).accounts, 300);
    assert.equal((await checkLog(log.file)).size, 301);
  });

  it('takes the last checkpoint it can find: given, guarded, or stored', async (test) => {
    const log = await loseLog(test);
    const guard = readFileSync(log.places.guardFile);
    rmSync(log.places.guardFile);
    assert.equal((await recoverLog({ ...log.wish, checkpoint: guard })).previous.size, 30);
    const stored = await loseLog(test);
    writeFileSync(stored.places.guardFile, 'damaged');
    assert.equal((await recoverLog(stored.wish)).previous.size, 25);
    assert.equal(readFileSync(`${stored.places.guardFile}.epoch-25`, 'utf8'), 'damaged');
  });
});

/** What is asked for in a way that is refused, and why. */
const REFUSED: readonly (readonly [
  string,
  (wish: RecoveryWish) => Partial<RecoveryWish>,
  RegExp,
])[] = [
  ['without a statement', () => ({ statement: ' \n' }), /--statement says what happened/],
  ['with one that is too long', () => ({ statement: 'x'.repeat(1001) }), /1 to 1000/],
  ['with control characters in it', () => ({ statement: 'a\u001b[2Jb' }), /--statement/],
  [
    'while the origin is still the old one',
    ({ places }) => ({ places: { ...places, origin: ORIGIN } }),
    /log\.origin is still log\.example\/1/,
  ],
  [
    'with the old key’s file',
    ({ places }) => ({ places: { ...places, keyFile: places.keyFile.replace(/\.2$/, '') } }),
    /holds the key of log\.example\/1: .*new log\.keyFile/,
  ],
  [
    'with another log’s key',
    () => ({ previousKey: keyFor('log.example/9').verifier }),
    /no checkpoint of log\.example\/9 is to be found/,
  ],
  [
    'with another key of that name',
    () => ({ previousKey: keyFor(ORIGIN).verifier }),
    /no checkpoint of log\.example\/1 is to be found/,
  ],
  [
    'with a checkpoint that was not signed',
    () => ({ checkpoint: new TextEncoder().encode('nothing') }),
    /the checkpoint that was given is none that this key has signed/,
  ],
];

describe('recovering a log is refused', () => {
  for (const [what, over, why] of REFUSED)
    it(what, async (test) => {
      const log = await loseLog(test);
      const before = filesBeside(log);
      await assert.rejects(recoverLog({ ...log.wish, ...over(log.wish) }), isRefusal(why));
      assert.deepEqual(filesBeside(log), before);
    });

  it('while a gateway runs on it', async (test) => {
    const log = await loseLog(test);
    await openLog(test, 'empty', { file: log.file });
    await assert.rejects(recoverLog(log.wish), isRefusal(/is in use .*stop the gateway first/));
  });

  it('a second time', async (test) => {
    const log = await loseLog(test);
    await recoverLog(log.wish);
    await assert.rejects(recoverLog(log.wish), isRefusal(/log\.origin is still log\.example\/2/));
    await assertRecovered(log);
    const places = { ...log.wish.places, keyFile: `${log.places.keyFile}.3` };
    await assert.rejects(
      recoverLog({ ...log.wish, places }),
      isRefusal(/log\.origin is still log\.example\/2/),
    );
  });

  it('where what is put aside would be put over something', async (test) => {
    const log = await loseLog(test);
    writeFileSync(`${log.file}.epoch-30`, 'precious');
    await assert.rejects(recoverLog(log.wish), isRefusal(/epoch-30 is there already/));
    assert.equal(readFileSync(`${log.file}.epoch-30`, 'utf8'), 'precious');
  });

  it('from a database that cannot be read', async (test) => {
    const log = await loseLog(test);
    writeFileSync(log.file, 'no database, but long enough to be taken for one'.repeat(30));
    await assert.rejects(recoverLog(log.wish), isRefusal(/cannot be read .*move it away yourself/));
  });
});

describe('a recovery that is broken off', () => {
  for (const step of ['begun', 'built', 'guard moved', 'database moved', 'in place'] as const)
    it(`when it has ${step}: no gateway starts over it, and the next run finishes`, async (test) => {
      const log = await loseLog(test);
      await breakOff(log.wish, step);
      if (['built', 'guard moved', 'database moved'].includes(step))
        assert.throws(() => demandNoRecovery(log.file), isRefusal(/broken off. Run .* once more/));
      const { accounts, previous } = await recoverLog(log.wish);
      assert.deepEqual([accounts, previous.size], [1, 30]);
      await assertRecovered(log);
    });

  it('is not finished under another name', async (test) => {
    const log = await loseLog(test);
    await breakOff(log.wish, 'built');
    const places = { ...log.wish.places, origin: 'log.example/3' };
    await assert.rejects(
      recoverLog({ ...log.wish, places }),
      isRefusal(/was made by another recovery/),
    );
    await assert.rejects(
      recoverLog({ ...log.wish, previousKey: keyFor(ORIGIN).verifier }),
      isRefusal(/goes on from a checkpoint that this key has not signed/),
    );
    assert.equal(statSync(log.file).isFile(), true);
    assert.ok(existsSync(log.places.guardFile));
  });

  it('when it was signed, but not yet kept in the database, is finished by any start', async (test) => {
    const log = await loseLog(test);
    await breakOff(log.wish, 'in place');
    const first: Recovered = await recoverLog(log.wish);
    manipulate(log.file, 'DELETE FROM checkpoints');
    const again = await recoverLog(log.wish);
    assert.deepEqual(Buffer.from(again.signed.note), Buffer.from(first.signed.note));
  });
});

async function breakOff(wish: RecoveryWish, at: RecoveryStep): Promise<void> {
  const passed = (step: RecoveryStep): void => {
    if (step === at) throw new Error(`the power went out when it was ${step}`);
  };
  await assert.rejects(recoverLog({ ...wish, passed }), /the power went out/);
}
