import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type GatewayProcess, startProcess, until } from '../support/gateway-process.ts';
import { RESERVE_BYTES } from '../../src/store/sqlite/reserve.ts';
import { buildHouse, enter, type House, readJson, Someone } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';
import { fill } from '../support/small-disk.ts';
import { mountTmpfs, needsMount, unmount } from '../support/tools.ts';

/** Room for the reserve twice, and for a log. */
const DISK = '150m';

describe('a gateway on a full disk, with its reserve', { skip: needsMount }, () => {
  let house: House;
  let folder: string;
  let gateway: GatewayProcess;
  let olga: Someone;
  let token: string;

  before(async () => {
    house = await buildHouse();
    folder = dirname(house.databaseFile);
    mountTmpfs(folder, DISK);
    gateway = await startProcess(house);
    olga = await Someone.signIn(house, 'owners', 'olga');
    const sam = await Someone.signIn(house, 'staff', 'sam');
    await olga.allow('acme');
    ({ token } = await sam.visit('acme'));
  });

  after(async () => {
    await gateway.kill();
    unmount(folder);
    await house.close();
  });

  it('records what ends and lets nothing new in, until there is room', async () => {
    await reserveIsMade();
    const underWay = await beginSlowRequest('/under-way');
    const room = fill(folder);
    await refusesAttempts();
    assert.equal(reserveSize(), 0);
    underWay.finish();
    assert.equal(await underWay.got, 200);
    await until('its end is recorded', async () => (await endsOf('/under-way')).length === 1);
    assert.deepEqual(await endsOf('/under-way'), ['access.finished']);
    const { id } = (await olga.call('GET', '/accounts/acme/grants')).body.items[0];
    const revoked = await olga.call('POST', `/grants/${id}/revocation`, {});
    assert.equal(revoked.status, 201, 'a permission can be ended');
    assert.equal((await ask('/healthz')).status, 200);
    const { status, text } = await ask('/readyz');
    assert.equal(status, 503);
    assert.match(text, /the disk is full/);
    assert.match((await ask('/metrics')).text, /^sallyport_able_to_record 0$/m);

    room();
    await until('it is ready', async () => (await ask('/readyz')).status === 200);
    assert.equal(reserveSize(), RESERVE_BYTES);
    await olga.allow('acme');
    await visitsAgain();
    const said = gateway.stderr.filter((line) => line.includes('THE DISK OF THE LOG IS FULL'));
    assert.equal(said.length, 1);
  });

  it('stops in order, though it finds the disk full only then, and begins again when there is room', async () => {
    const underWay = await beginSlowRequest('/last');
    const room = fill(folder);
    gateway.signal('SIGTERM');
    underWay.finish();
    assert.equal(await underWay.got, 200);
    assert.deepEqual(await gateway.ended, { code: 0, signal: null }, gateway.stderr.join('\n'));
    await assertStoppedInOrder();
    assert.deepEqual(await endsOf('/last'), ['access.finished']);

    gateway = await startProcess(house);
    await refusesAttempts();
    await gateway.stop();
    await assertStoppedInOrder();
    room();
    gateway = await startProcess(house);
    await visitsAgain();
    assert.equal(reserveSize(), RESERVE_BYTES);
    await gateway.stop();
    await assertStoppedInOrder();
  });

  async function visitsAgain(): Promise<void> {
    const sam = await Someone.signIn(house, 'staff', 'sam');
    ({ token } = await sam.visit('acme'));
    assert.equal((await enter(house, 'acme', token, '/again')).status, 200);
  }

  /** An access that has come through and waits for the application. */
  async function beginSlowRequest(path: string) {
    const answer = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    house.upstream.on(path, (_, response) => {
      asked.resolve();
      void answer.promise.then(() => response.end('done'));
    });
    const got = enter(house, 'acme', token, path).then(({ status }) => status);
    await asked.promise;
    return { finish: answer.resolve, got };
  }

  /** A few may still find a place in the WAL. */
  async function refusesAttempts(): Promise<void> {
    let hits = -1;
    await until('attempts are refused', async () => {
      hits = house.upstream.hits.length;
      const { status, text } = await enter(house, 'acme', token, '/new');
      if (status === 200) return false;
      assert.equal(status, 503, text);
      assert.match(readJson(text).type, /log-unavailable$/);
      return true;
    });
    assert.equal(house.upstream.hits.length, hits, 'it was sent without a record');
    await until('the reserve is freed', () => reserveSize() === 0);
    assert.equal((await enter(house, 'acme', token, '/new')).status, 503);
  }

  async function assertStoppedInOrder(): Promise<void> {
    const { records, size } = await checkLog(house.databaseFile, { isStopped: true });
    assert.equal(records.at(-1)?.event, 'gateway.stopped');
    const guard = readFileSync(`${house.databaseFile}.guard`, 'utf8');
    assert.equal(guard.split('\n')[1], String(size), 'the last checkpoint covers all of it');
  }

  async function endsOf(path: string): Promise<string[]> {
    const { records, attempts } = await checkLog(house.databaseFile);
    const attempt = attempts.find(({ request }) => request.path === path);
    return records.filter((one) => one['attempt'] === attempt?.index).map(({ event }) => event);
  }

  function reserveIsMade(): Promise<void> {
    return until('the reserve is made', () => reserveSize() === RESERVE_BYTES);
  }

  function reserveSize(): number | undefined {
    return statSync(`${house.databaseFile}.reserve`, { throwIfNoEntry: false })?.size;
  }

  function ask(path: string) {
    return Someone.stranger(house).browser.fetch(`${house.publicUrl}${path}`);
  }
});
