import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loopbackFetch } from '../../src/http/loopback-fetch.ts';
import { runProgram } from '../cli/run-program.ts';
import { runGateway } from '../support/gateway-process.ts';
import { buildHouse, type House, openGateway } from '../support/house.ts';
import { manipulate } from '../support/signed-log.ts';
import { TileClient } from '../support/tile-client.ts';
import { until } from '../support/until.ts';

const ORIGIN = 'tests.sallyport.localhost/access';
const LAUNCHER = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url));

/** What an operator meets who starts a gateway on files that are not what was signed. */
describe('a log that is not what was signed', () => {
  let house: House;
  let client: TileClient;
  let guardFile: string;

  beforeEach(async () => {
    house = await buildHouse({ config: { log: { origin: ORIGIN, checkpointEvery: '1s' } } });
    client = new TileClient(`${house.publicUrl}/log`);
    guardFile = join(house.dir, 'data/sallyport.db.guard');
  });

  afterEach(() => house.close());

  async function runOnce(): Promise<void> {
    const gateway = await openGateway(house);
    await gateway.stop(1000);
  }

  /** What is in the write-ahead log belongs to the database. */
  function copyStore(name: string): void {
    for (const part of ['', '-wal'])
      if (existsSync(house.databaseFile + part))
        copyFileSync(house.databaseFile + part, join(house.dir, name + part));
  }

  function removeStore(): void {
    for (const part of ['', '-wal', '-shm']) rmSync(house.databaseFile + part, { force: true });
  }

  function putBack(name: string): void {
    removeStore();
    for (const part of ['', '-wal'])
      if (existsSync(join(house.dir, name + part)))
        copyFileSync(join(house.dir, name + part), house.databaseFile + part);
  }

  async function assertRefusedToStart(sentence: RegExp): Promise<void> {
    const running = runGateway(house);
    const late = setTimeout(() => void running.kill(), 20_000);
    const { code } = await running.ended;
    clearTimeout(late);
    assert.equal(code, 2, running.stderr.join('\n'));
    assert.match(running.stderr.join('\n'), sentence);
    assert.deepEqual(running.stdout, []);
  }

  async function sallyport(...words: string[]): Promise<{ code: number | null; stdout: string }> {
    return runProgram(process.execPath, [LAUNCHER, ...words, '--config', house.configFile]).ended;
  }

  it('an older copy of the database is refused, and the newest is taken again', async () => {
    await runOnce();
    copyStore('older');
    await runOnce();
    copyStore('newest');
    putBack('older');
    await assertRefusedToStart(/it is an older one.*Put the newest database back/);
    removeStore();
    await assertRefusedToStart(/holds 0 entries/);
    putBack('newest');
    await runOnce();
  });

  it('a guard that is missing is asked for, and can be put back', async () => {
    const gateway = await openGateway(house);
    await until('it is signed', async () => (await client.ask('checkpoint')).status === 200);
    const kept = join(house.dir, 'kept-checkpoint');
    writeFileSync(kept, await client.bytes('checkpoint'));
    const vkey = await client.text('vkey');
    await gateway.stop(1000);
    assert.equal((await sallyport('log', 'key', 'show')).stdout, vkey);

    rmSync(guardFile);
    await assertRefusedToStart(/guard file .* is missing/);
    const restored = await sallyport('log', 'guard', 'restore', '--checkpoint', kept);
    assert.equal(restored.code, 0);
    await runOnce();
    const refused = await sallyport('log', 'guard', 'restore', '--checkpoint', kept);
    assert.equal(refused.code, 2, 'it never goes back');

    writeFileSync(guardFile, 'damaged');
    await assertRefusedToStart(/the guard file .* is no checkpoint/);
  });

  it('what was changed while it was stopped is found after the start, and nothing is signed from then on', async () => {
    await runOnce();
    manipulate(
      house.databaseFile,
      'UPDATE contents SET action = CAST(\'{"event":"nothing"}\' AS BLOB) WHERE idx = 1',
    );
    const checked = await sallyport('log', 'check');
    assert.equal(checked.code, 1);
    assert.match(checked.stdout, /^entry 1: its content is not the one it commits to\n1 finding: /);
    const gateway = await openGateway(house);
    await assertNotReady(/entry 1: its content is not the one it commits to/);
    const guard = readFileSync(guardFile, 'utf8');
    const metrics = await (await client.ask('../metrics')).text();
    assert.match(metrics, /^sallyport_log_sound 0$/m);
    assert.match(metrics, /^sallyport_log_check_entries [1-9]/m);
    const stranger = await loopbackFetch(`${house.accountUrl('acme')}/users`);
    await stranger.arrayBuffer();
    await gateway.stop(1000);
    assert.equal(readFileSync(guardFile, 'utf8'), guard);
  });

  it('what is sound is read back whole, and the metrics say how far that is', async () => {
    await runOnce();
    const gateway = await openGateway(house);
    await until('all of it was read back', async () => {
      const metrics = await (await client.ask('../metrics')).text();
      const [, of] = /^sallyport_log_check_entries (\d+)$/m.exec(metrics) ?? [];
      const [, checked] = /^sallyport_log_checked_entries (\d+)$/m.exec(metrics) ?? [];
      return Number(of) > 0 && checked === of && /^sallyport_log_sound 1$/m.test(metrics);
    });
    await gateway.stop(1000);
  });

  it('what is changed under a running gateway is never signed over, and makes it not ready', async () => {
    const gateway = await openGateway(house);
    await until('it is signed', async () => (await client.ask('checkpoint')).status === 200);
    const before = await client.checkpoint(ORIGIN);
    const stranger = await loopbackFetch(`${house.accountUrl('acme')}/users`);
    await stranger.arrayBuffer();
    manipulate(
      house.databaseFile,
      `UPDATE entries SET entry = CAST(substr(entry, 1, 87) || x'00' AS BLOB) WHERE idx >= ${before.size}`,
    );
    await assertNotReady(
      new RegExp(`entry ${before.size}: its leaf hash is not that of its bytes`),
    );
    assert.deepEqual(await client.checkpoint(ORIGIN), before);
    await gateway.stop(1000);
    assert.match(readFileSync(guardFile, 'utf8'), new RegExp(`^${ORIGIN}\n${before.size}\n`));
  });

  async function assertNotReady(sentence: RegExp): Promise<void> {
    await until(`it is not ready, and says ${sentence.source}`, async () => {
      const answer = await client.ask('../readyz');
      return sentence.test(await answer.text()) && answer.status === 503;
    });
  }
});
