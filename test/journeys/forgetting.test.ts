import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/http/log.ts';
import type { Foundation } from '../../src/main-foundation.ts';
import { type RunningGateway, startGateway } from '../../src/main-gateway.ts';
import { Retention } from '../../src/recorder/retention.ts';
import { planConsistency, verifyConsistency } from '../../src/tlog/consistency.ts';
import { fulfil } from '../../src/tlog/tile-plan.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { age } from '../support/forgetting.ts';
import { buildHouse, enter, type House, Someone } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';
import { sha256 } from '../support/sha256.ts';
import { DAY, HOUR, NOON } from '../support/specimens.ts';
import { TileClient } from '../support/tile-client.ts';
import { until } from '../support/until.ts';

const ORIGIN = 'tests.sallyport.localhost/access';
const WORD = 'zebra-crossing';

describe('what happened is forgotten', () => {
  let house: House;
  let gateway: RunningGateway;
  let retention: Retention;
  let foundation: Foundation;
  let olga: Someone;
  let aaron: Someone;
  let ada: Someone;
  let token: string;
  let access: number;

  before(async () => {
    const log = { origin: ORIGIN, retention: '1ms', checkpointEvery: '50ms' };
    house = await buildHouse({ config: { log } });
    await open();
    olga = await Someone.signIn(house, 'owners', 'olga');
    aaron = await Someone.signIn(house, 'staff', 'aaron');
    ada = await Someone.signIn(house, 'staff', 'ada');
    const sam = await Someone.signIn(house, 'staff', 'sam');
    await olga.allow('acme');
    ({ token } = await sam.visit('acme'));
    access = await visit();
  });

  after(async () => {
    await retention.close();
    await gateway.stop(1000);
    await house.close();
  });

  /** The gateway's own waits a day: beside it stands one whose day is over. */
  async function open(): Promise<void> {
    const config = readConfig({ file: house.configFile, env: {} });
    gateway = await startGateway(config, createLogger({ level: 'silent' }), async (built) => {
      foundation = built;
    });
    const clock = new FakeClock(NOON);
    retention = new Retention({
      store: foundation.store,
      recorder: foundation.recorder,
      clock,
      retentionMs: config.log.retentionMs,
      report: () => undefined,
    });
    clock.pass(DAY);
  }

  /** The index of the access; its end is recorded too. */
  async function visit(): Promise<number> {
    const { status, headers } = await enter(house, 'acme', token, `/${WORD}`);
    assert.equal(status, 200);
    const index = Number(headers.get('sallyport-record'));
    await until('it has its end', async () => {
      const ends = { event: 'access.finished', order: 'desc', limit: 1 } as const;
      const [end] = await foundation.recorder.search(ends);
      return end?.['attempt'] === index;
    });
    return index;
  }

  async function forget(): Promise<void> {
    await age(foundation.store);
    await foundation.recorder.search({ order: 'desc', limit: 1 });
    await retention.run();
  }

  const found = async (who: Someone): Promise<number> =>
    (await who.call('GET', `/records?account=acme&path=/${WORD}`)).body.items.length;

  it('unless it is held', async () => {
    const moment = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
    const wish = {
      account: 'acme',
      from: moment(-1),
      to: moment(1),
      case: 'C-7',
      until: moment(2),
    };
    const held = await ada.call('POST', '/holds', wish);
    assert.equal(held.status, 201, JSON.stringify(held.body));
    await forget();
    assert.equal((await aaron.call('GET', `/records/${access}`)).body.event, 'access.attempted');
    assert.equal(await found(olga), 1);
    const lifted = await ada.call('POST', `/holds/${held.body.id}/lifting`);
    assert.equal(lifted.status, 201);
  });

  it('on time: of an access nothing is left but that there was one', async () => {
    const client = new TileClient(`${house.publicUrl}/log`);
    const earlier = await client.checkpoint(ORIGIN);
    await forget();
    const { body } = await aaron.call('GET', `/records/${access}`);
    assert.deepEqual([body.index, body.event, Object.keys(body).length], [access, 'erased', 3]);
    assert.equal((await olga.call('GET', `/records/${access}`)).status, 404);
    assert.equal(await found(aaron), 0);
    assert.equal(await found(olga), 0);
    await until('it is signed', async () => (await client.checkpoint(ORIGIN)).size > earlier.size);
    const later = await client.checkpoint(ORIGIN);
    const plan = planConsistency(sha256, earlier.size, later.size);
    verifyConsistency(sha256, { from: earlier, to: later, proof: await fulfil(plan, client.tile) });
  });

  it('so that its words are in no file, once the questions of auditors are forgotten too', async () => {
    await forget();
    for (const end of ['', '-wal', '-shm'])
      assert.equal(readFileSync(house.databaseFile + end).includes(WORD), false, end);
  });

  it('while what is in force goes on, and the visit with it', async () => {
    await visit();
    await checkLog(house.databaseFile);
  });

  it('and the gateway starts again, and signs', async () => {
    await retention.close();
    await gateway.stop(1000);
    await checkLog(house.databaseFile, { isStopped: true });
    await open();
    await visit();
    const client = new TileClient(`${house.publicUrl}/log`);
    const { size } = await foundation.store.reader.logState();
    await until('it is signed', async () => (await client.checkpoint(ORIGIN)).size >= size);
    assert.equal((await client.ask('../readyz')).status, 200);
  });
});
