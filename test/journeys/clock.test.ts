import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { decodeEnvelope } from '../../src/audit/envelope.ts';
import type { AuditRecord } from '../../src/audit/record.ts';
import { Browser } from '../support/browser.ts';
import { FakeWallClock } from '../support/fake-wall-clock.ts';
import { type GatewayProcess, startProcess, until } from '../support/gateway-process.ts';
import { buildHouse, enter, type House, Someone } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';
import { HOUR, MINUTE } from '../support/specimens.ts';
import { needsFaketime } from '../support/tools.ts';

const SECOND = 1000;
/** Twice the time in which an idle gateway looks at its clock. */
const NOTICED_WITHIN = 10 * SECOND;

interface Scene {
  readonly house: House;
  readonly clock: FakeWallClock;
  readonly gateway: GatewayProcess;
  readonly olga: Someone;
  readonly sam: Someone;
}

describe('a gateway whose clock is set', { skip: needsFaketime, concurrency: 2 }, () => {
  it('back: what has ended stays ended, and what lives ends after the time it was given', () =>
    withGateway(async (scene) => {
      const { house, clock, olga, sam } = scene;
      await olga.allow('acme', { duration: '1s' });
      const over = await sam.visit('acme');
      await until('it has expired', async () => (await statusOf(scene, over.token)) === 403);
      const issued = performance.now();
      await olga.allow('acme', { duration: '6s' });
      const short = await sam.visit('acme');
      assert.equal(await statusOf(scene, short.token), 200);
      const sizeBefore = (await checkLog(house.databaseFile)).size;

      clock.set(-2 * HOUR);
      assert.equal(await statusOf(scene, over.token), 403, 'its visit had ended');
      assert.equal(await statusOf(scene, short.token), 200);
      await until('it ends', async () => (await statusOf(scene, short.token)) === 403);
      const livedMs = performance.now() - issued;
      assert.ok(livedMs > 5 * SECOND && livedMs < 8 * SECOND, `it lived ${livedMs} ms`);

      const steps = await stepsOf(scene, 1);
      assert.ok(isAbout(steps[0], -2 * HOUR));
      assertClampedFrom(house, sizeBefore);
      assert.match(await metricsOf(house), /^sallyport_log_ahead_seconds 7[12]\d\d/m);
    }));

  it('forward: it notices while idle, ends early what ends by time, and goes on', () =>
    withGateway(async (scene) => {
      const { house, clock, gateway, olga, sam } = scene;
      await olga.allow('acme', { duration: '1h' });
      const visit = await sam.visit('acme');
      const [used, unused] = [await sam.visit('acme'), await sam.visit('acme')];
      assert.equal(await statusOf(scene, visit.token), 200);
      assert.match((await cookieOf(used.url)) ?? '', /sallyport-visit=/);

      clock.set(2 * HOUR);
      const steps = await stepsOf(scene, 1);
      assert.ok(isAbout(steps[0], 2 * HOUR));
      assert.equal(await statusOf(scene, visit.token), 401);
      assert.match(await metricsOf(house), /^sallyport_clock_steps_total 1$/m);

      clock.set(0);
      assert.equal((await stepsOf(scene, 2)).length, 2);
      assert.equal(await statusOf(scene, visit.token), 401, 'the visit is over');
      assert.equal((await sam.call('GET', '/me')).status, 401, 'the sign-in has idled out');
      assert.equal(await cookieOf(unused.url), undefined, 'the code is too old');
      const alarms = gateway.stderr.filter((line) => line.includes('THE CLOCK WAS SET'));
      assert.equal(alarms.length, 2, 'one line a step');

      const [owner, staff] = await signIn(house);
      const wish = { account: 'acme', purpose: 'a test' };
      assert.equal((await staff.call('POST', '/visits', wish)).status, 403, 'nobody is let in');
      await owner.allow('acme');
      const { token } = await staff.visit('acme');
      assert.equal(await statusOf(scene, token), 200, 'it goes on');
      const ready = await sam.browser.fetch(`${house.publicUrl}/readyz`);
      assert.equal(ready.status, 200);
    }));

  it('by less than five minutes says nothing, and is held against the log all the same', () =>
    withGateway(async (scene) => {
      const { house, clock, olga, sam } = scene;
      await olga.allow('acme');
      const { token } = await sam.visit('acme');
      const { size } = await checkLog(house.databaseFile);
      clock.set(-4 * MINUTE);
      assert.equal(await statusOf(scene, token), 200);
      assertClampedFrom(house, size);
      clock.set(0);
      assert.equal(await statusOf(scene, token), 200);
      assert.deepEqual(await stepsOf(scene, 0), []);
    }));

  it('back while it is stopped: the next start says so, and revives nothing', () =>
    withGateway(async (scene) => {
      const { house, clock, gateway, olga, sam } = scene;
      await olga.allow('acme', { duration: '1s' });
      const { token } = await sam.visit('acme');
      await until('it has expired', async () => (await statusOf(scene, token)) === 403);
      await gateway.stop();
      const sizeBefore = (await checkLog(house.databaseFile, { isStopped: true })).size;
      clock.set(-3 * HOUR);
      const next = await startProcess(house, clock);
      try {
        assert.equal(await statusOf(scene, token), 403);
        assert.equal((await sam.call('GET', '/me')).status, 200, 'who is signed in stays so');
        const steps = await stepsOf(scene, 1);
        assert.ok(isAbout(steps[0], -3 * HOUR));
        assertClampedFrom(house, sizeBefore);
        assert.ok(next.stderr.some((line) => line.includes('THE CLOCK WAS SET BACK by')));
        await next.stop();
      } finally {
        await next.kill();
      }
    }));
});

/** Runs a gateway under a clock of its own for one test; whatever happened, its log must keep its promises. */
async function withGateway(work: (scene: Scene) => Promise<void>): Promise<void> {
  const house = await buildHouse();
  try {
    const clock = new FakeWallClock(house.dir);
    const gateway = await startProcess(house, clock);
    try {
      const [olga, sam] = await signIn(house);
      await work({ house, clock, gateway, olga, sam });
      await gateway.stop();
      await checkLog(house.databaseFile, { isStopped: true });
    } finally {
      await gateway.kill();
    }
  } finally {
    await house.close();
  }
}

function signIn(house: House): Promise<[olga: Someone, sam: Someone]> {
  return Promise.all([
    Someone.signIn(house, 'owners', 'olga'),
    Someone.signIn(house, 'staff', 'sam'),
  ]);
}

async function statusOf({ house }: Scene, token: string): Promise<number> {
  return (await enter(house, 'acme', token, '/asked')).status;
}

/** The steps in the log, once there are so many. */
async function stepsOf({ house }: Scene, count: number): Promise<number[]> {
  const read = async (): Promise<readonly AuditRecord[]> =>
    (await checkLog(house.databaseFile)).records.filter(({ event }) => event === 'clock.stepped');
  await until('the steps are recorded', async () => (await read()).length >= count, NOTICED_WITHIN);
  return (await read()).map((record) => Number(record['stepMs']));
}

function isAbout(stepMs: number | undefined, expected: number): boolean {
  return stepMs !== undefined && Math.abs(stepMs - expected) < 5 * SECOND;
}

/** From some entry on, at `from` or later, every entry says that the clock stood behind the log, and none before. */
function assertClampedFrom({ databaseFile }: House, from: number): void {
  const db = new Database(databaseFile, { readonly: true });
  try {
    const entries = db.prepare<[], Uint8Array>('SELECT entry FROM entries ORDER BY idx').pluck();
    const flags = entries.all().map((entry) => decodeEnvelope(entry).isClockClamped);
    const first = flags.indexOf(true);
    assert.ok(first >= from, `entry ${first} is the first of them`);
    assert.ok(flags.slice(first).every(Boolean));
  } finally {
    db.close();
  }
}

async function metricsOf(house: House): Promise<string> {
  return (await Someone.stranger(house).browser.fetch(`${house.publicUrl}/metrics`)).text;
}

/** What a browser that follows the address with the code is given. */
async function cookieOf(url: string): Promise<string | undefined> {
  const answer = await new Browser().fetch(url, {
    headers: { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' },
  });
  return answer.headers.get('set-cookie') ?? undefined;
}
