import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseVerifierKey, type VerifierKey } from '../../src/tlog/note-key.ts';
import { verifyCheckpoint } from '../../src/tlog/verify-checkpoint.ts';
import { runProgram } from '../cli/run-program.ts';
import { type GatewayProcess, runGateway, startProcess } from '../support/gateway-process.ts';
import { buildHouse, type House } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';
import { sha256 } from '../support/sha256.ts';
import { TileClient } from '../support/tile-client.ts';
import { until } from '../support/until.ts';
import { verifyEd25519 } from '../tlog/ed25519.ts';

const ORIGIN = 'tests.sallyport.localhost/access';
const LAUNCHER = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url));

/** A key is followed by another, while those who verify learn of it one after the other. */
describe('a rotation of the log’s key', () => {
  let house: House;
  let client: TileClient;
  let keyFile: string;
  let gateway: GatewayProcess;
  let old: VerifierKey;
  let next: VerifierKey;

  before(async () => {
    house = await buildHouse({ config: { log: { origin: ORIGIN, checkpointEvery: '100ms' } } });
    client = new TileClient(`${house.publicUrl}/log`);
    keyFile = join(house.dir, 'data/log.key');
    gateway = await startProcess(house);
    [old] = await keys();
  });

  after(async () => {
    await gateway.kill();
    await house.close();
  });

  async function sallyport(...words: string[]) {
    return runProgram(process.execPath, [LAUNCHER, ...words, '--config', house.configFile]).ended;
  }

  async function keys(): Promise<[VerifierKey, ...VerifierKey[]]> {
    const lines = (await client.text('vkey')).trimEnd().split('\n');
    const [first, ...rest] = lines.map((line) => parseVerifierKey(sha256, line));
    return [first ?? assert.fail(), ...rest];
  }

  /** Whether somebody who knows only this key believes the log as it is now. */
  async function believes(key: VerifierKey): Promise<boolean> {
    try {
      const trust = { origin: ORIGIN, logKeys: [key] };
      return verifyCheckpoint(verifyEd25519, trust, await client.bytes('checkpoint')).size > 0;
    } catch {
      return false;
    }
  }

  async function restart(): Promise<void> {
    await gateway.stop();
    const size = Number(readFileSync(`${house.databaseFile}.guard`, 'utf8').split('\n')[1]);
    gateway = await startProcess(house);
    await until('it has signed since', async () => (await client.checkpoint(ORIGIN)).size > size);
  }

  async function assertRefusedToStart(sentence: RegExp): Promise<void> {
    const running = runGateway(house);
    const { code } = await running.ended;
    assert.equal(code, 2, running.stderr.join('\n'));
    assert.match(running.stderr.join('\n'), sentence);
  }

  it('is made ready beside a running gateway, which goes on with the old key', async () => {
    await until('it is signed', async () => (await client.ask('checkpoint')).status === 200);
    const made = await sallyport('log', 'key', 'rotate', '--overlap', '30d');
    assert.equal(made.code, 0, made.stderr);
    next = parseVerifierKey(sha256, made.stdout.split('\n')[0] ?? '');
    assert.ok((await believes(old)) && !(await believes(next)));
    assert.deepEqual(await keys(), [old]);
    assert.equal((await sallyport('log', 'key', 'show')).stdout, await client.text('vkey'));
    const twice = await sallyport('log', 'key', 'rotate');
    assert.equal(twice.code, 2);
    assert.match(twice.stderr, /is there already/);
  });

  it('refuses a start that has nothing but the key that follows', async () => {
    await gateway.stop();
    renameSync(keyFile, `${keyFile}.away`);
    await assertRefusedToStart(/key file .* is missing/);
    const [line] = readFileSync(`${keyFile}.next`, 'utf8').split('\n');
    writeFileSync(keyFile, `${line}\n`, { mode: 0o600 });
    await assertRefusedToStart(/no checkpoint that the log's key has signed/);
    rmSync(keyFile);
    renameSync(`${keyFile}.away`, keyFile);
    gateway = await startProcess(house);
  });

  it('is believed from the next start on by who knows either key', async () => {
    await until('the new key signs', () => believes(next));
    assert.ok(await believes(old));
    assert.deepEqual(await keys(), [old, next]);
    assert.equal((await sallyport('log', 'key', 'show')).stdout, await client.text('vkey'));
    const rotate = await sallyport('log', 'key', 'rotate');
    assert.equal(rotate.code, 2);
    assert.match(rotate.stderr, /both sign until/);
    await restart();
    assert.ok((await believes(next)) && (await believes(old)));
  });

  it('is in the log, for everybody, and what was signed before still holds', async () => {
    const { size } = await client.checkpoint(ORIGIN);
    const payloads = (await client.entries(size))
      .filter((entry) => entry[4] === 17)
      .map((entry) => JSON.parse(new TextDecoder().decode(entry.subarray(88))));
    assert.deepEqual(
      payloads.map(({ event, key, previousKey }) => [event, key, previousKey]),
      [['log.key-rotated', ...(await client.text('vkey')).trimEnd().split('\n').toReversed()]],
    );
    const checked = await sallyport('log', 'check');
    assert.equal(checked.code, 0, checked.stdout);
  });

  it('needs the old key until the overlap is over', async () => {
    await gateway.stop();
    renameSync(`${keyFile}.previous`, `${keyFile}.away`);
    await assertRefusedToStart(/has to sign until .*: put it back/);
    renameSync(`${keyFile}.away`, `${keyFile}.previous`);
    assert.ok(!existsSync(`${keyFile}.next`));
    gateway = await startProcess(house);
    await gateway.stop();
    await checkLog(house.databaseFile, { isStopped: true });
    gateway = await startProcess(house);
  });
});

describe('an overlap that is over', () => {
  it('leaves the new key alone, and the old one may go', async () => {
    const house = await buildHouse({
      config: { log: { origin: ORIGIN, checkpointEvery: '50ms' } },
    });
    const client = new TileClient(`${house.publicUrl}/log`);
    const keyFile = join(house.dir, 'data/log.key');
    const rotate = ['log', 'key', 'rotate', '--overlap', '1ms', '--config', house.configFile];
    try {
      await (await startProcess(house)).stop();
      assert.equal((await runProgram(process.execPath, [LAUNCHER, ...rotate]).ended).code, 0);
      await (await startProcess(house)).stop();
      rmSync(`${keyFile}.previous`);
      const gateway = await startProcess(house);
      const note = await client.text('checkpoint');
      assert.equal(note.split('\n').filter((line) => line.startsWith('— ')).length, 1);
      assert.equal((await client.text('vkey')).trimEnd().split('\n').length, 1);
      await client.checkpoint(ORIGIN);
      await gateway.stop();
    } finally {
      await house.close();
    }
  });
});
