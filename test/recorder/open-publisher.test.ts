import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { LogRefused } from '../../src/recorder/log-refused.ts';
import { restoreGuard } from '../../src/recorder/restore-guard.ts';
import { formatSignerKey } from '../../src/tlog/signer-key.ts';
import { openSignedLog, ORIGIN, type SignedLog } from '../support/signed-log.ts';
import { keyFor } from '../tlog/ed25519.ts';

async function assertRefused(log: Pick<SignedLog, 'open'>, sentence: RegExp): Promise<void> {
  await assert.rejects(log.open(), (error) => {
    assert.ok(error instanceof LogRefused, String(error));
    assert.match(error.message, sentence);
    return true;
  });
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a start', () => {
  it('makes the key of a log that was never signed, and finds it again', async (test) => {
    const log = await openSignedLog(test);
    const { verifiers } = await log.sign();
    const line = readFileSync(log.places.keyFile, 'utf8');
    assert.ok(line.startsWith(`PRIVATE+KEY+${ORIGIN}+`) && line.endsWith('\n'));
    assert.deepEqual((await log.open()).verifiers, verifiers);
    assert.equal(readFileSync(log.places.keyFile, 'utf8'), line);
  });

  it('takes a log that was written before anything was signed', async (test) => {
    const log = await openSignedLog(test);
    await log.grow(10);
    assert.equal((await log.sign()).published?.size, 11);
  });

  it('is refused without the guard once something was signed', async (test) => {
    const log = await openSignedLog(test);
    await log.sign();
    rmSync(log.places.guardFile);
    await assertRefused(log, /guard file .* is missing.*log guard restore/);
    assert.ok(!existsSync(log.places.guardFile));
  });

  for (const [what, damage] of [
    ['empty', () => ''],
    ['cut short', (note) => note.slice(0, -30)],
    ['no text', () => '\u0000\u0001'],
    ['of another size', (note) => note.replace('\n11\n', '\n10\n')],
    ['of another root', (note) => note.replace(/\n11\n./, '\n11\n!')],
    ['unsigned', (note) => `${note.split('\n\n')[0]}\n`],
    ['of another log', (note) => note.replaceAll(ORIGIN, 'log.example/2')],
  ] as const satisfies readonly (readonly [string, (note: string) => string])[])
    it(`is refused with a guard that is ${what}`, async (test) => {
      const log = await openSignedLog(test);
      await log.grow(10);
      await log.sign();
      writeFileSync(log.places.guardFile, damage(log.guard()));
      await assertRefused(log, /the guard file .* is no checkpoint that the log's key has signed/);
    });

  it('is refused with an older database, and with an empty one', async (test) => {
    const log = await openSignedLog(test);
    await log.grow(10);
    await log.sign();
    const older = await openSignedLog(test);
    await older.grow(5);
    for (const file of ['keyFile', 'guardFile'] as const)
      copyFileSync(log.places[file], older.places[file]);
    await assertRefused(older, /holds 6 entries, but 11 were signed: it is an older one/);
  });

  it('is refused without the key, or with another, once something was signed', async (test) => {
    const log = await openSignedLog(test);
    await log.sign();
    const { keyFile } = log.places;
    rmSync(keyFile);
    await assertRefused(log, /key file .* is missing/);
    assert.ok(!existsSync(keyFile), 'no new one is made');
    writeFileSync(keyFile, `${formatSignerKey(keyFor(ORIGIN))}\n`);
    await assertRefused(log, /no checkpoint that the log's key has signed/);
    writeFileSync(keyFile, `${formatSignerKey(keyFor('log.example/2'))}\n`);
    await assertRefused(
      log,
      /holds the key of log\.example\/2, but log\.origin is log\.example\/1/,
    );
    writeFileSync(keyFile, `${formatSignerKey(keyFor(ORIGIN, 'cosignature'))}\n`);
    await assertRefused(log, /holds no key that signs a log/);
    writeFileSync(keyFile, 'garbage');
    await assertRefused(log, /holds no key that signs a log/);
  });
});

describe('a guard put back', () => {
  it('lets the log go on where it stood', async (test) => {
    const log = await openSignedLog(test);
    await log.sign();
    const kept = log.guard();
    rmSync(log.places.guardFile);
    assert.equal((await restoreGuard(log.places, bytes(kept))).size, 1);
    await log.grow(1);
    assert.equal((await log.sign()).published?.size, 2);
  });

  it('takes the place of a damaged one, and of an older one', async (test) => {
    const log = await openSignedLog(test);
    await log.sign();
    const older = log.guard();
    await log.grow(1);
    await log.sign();
    const newer = log.guard();
    writeFileSync(log.places.guardFile, 'damaged');
    await restoreGuard(log.places, bytes(newer));
    assert.equal(log.guard(), newer);
    writeFileSync(log.places.guardFile, older);
    await restoreGuard(log.places, bytes(newer));
    assert.equal(log.guard(), newer);
  });

  it('never goes back behind one that is whole, and is a checkpoint of this log', async (test) => {
    const log = await openSignedLog(test);
    await log.sign();
    const older = log.guard();
    await log.grow(1);
    await log.sign();
    await assert.rejects(restoreGuard(log.places, bytes(older)), /does not go back to 1/);
    for (const note of ['', 'x', older.replace('\n1\n', '\n9\n')])
      await assert.rejects(restoreGuard(log.places, bytes(note)), LogRefused);
    rmSync(log.places.keyFile);
    await assert.rejects(restoreGuard(log.places, bytes(older)), /key file .* is missing/);
  });
});
