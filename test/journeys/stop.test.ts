import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { AuditRecord } from '../../src/audit/record.ts';
import {
  descendantsOf,
  type GatewayProcess,
  isRunning,
  npmStart,
  runGateway,
  startProcess,
  until,
} from '../support/gateway-process.ts';
import { buildHouse, enter, type House, Someone } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';

const STARTS = [
  { name: 'node bin/sallyport.js serve', start: startProcess },
  { name: 'npm start, whose whole group is told', start: npmStart },
] as const;

describe('a gateway that is told to stop', { concurrency: 2 }, () => {
  it('cuts what has not ended after ten seconds, and records that', () =>
    withGateway(startProcess, async (house, gateway) => {
      const slow = await beginSlowRequest(house);
      slow.answer.write('half');
      const begun = performance.now();
      gateway.signal('SIGTERM');
      assert.equal(await slow.got, undefined);
      assert.deepEqual(await gateway.ended, { code: 0, signal: null }, said(gateway));
      const tookMs = performance.now() - begun;
      assert.ok(tookMs > 9000 && tookMs < 12_500, `it took ${Math.round(tookMs)} ms`);
      const records = await assertStopped(house);
      assert.equal(endOf(records, '/slow')?.['cut'], 'shutdown');
    }));

  for (const { name, start } of STARTS)
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      it(`finishes what is under way, takes nothing new and exits 0 (${signal}, ${name})`, () =>
        withGateway(start, async (house, gateway) => {
          const slow = await beginSlowRequest(house);
          const family = [gateway.pid, ...descendantsOf(gateway.pid)];
          gateway.signal(signal);
          await until('it takes no new connection', async () => !(await takesConnections(house)));
          assert.ok(isRunning(gateway.pid), 'it did not wait for the request');
          slow.answer.end('done');
          assert.deepEqual(await slow.got, { status: 200, text: 'done', connection: 'close' });
          assert.deepEqual(await gateway.ended, { code: 0, signal: null }, said(gateway));
          for (const pid of family) assert.ok(!isRunning(pid), `process ${pid} is still there`);
          const records = await assertStopped(house);
          assert.equal(endOf(records, '/slow')?.['status'], 200);
          assert.equal(endOf(records, '/slow')?.['cut'], undefined);
        }));

  it('stops when only npm is told, as the first process of a container', () =>
    withGateway(npmStart, async (house, gateway) => {
      const family = descendantsOf(gateway.pid);
      assert.ok(family.length > 0);
      process.kill(gateway.pid, 'SIGTERM');
      await until('none of it is left', () => !family.some(isRunning));
      await gateway.ended;
      await assertStopped(house);
    }));

  it('stops in order though it is told in the moment it says that it listens', () =>
    withGateway(startProcess, async (house, gateway) => {
      await gateway.stop();
      for (let round = 0; round < 3; round += 1) {
        const next = runGateway(house);
        await until('it listens', () => next.stdout.length > 0);
        next.signal('SIGTERM');
        assert.deepEqual(await next.ended, { code: 0, signal: null });
      }
      await assertStopped(house);
    }));

  it('ends at once when it is told again more than a second later', () =>
    withGateway(startProcess, async (house, gateway) => {
      const slow = await beginSlowRequest(house);
      const first = performance.now();
      gateway.signal('SIGTERM');
      // A repetition within the second is the same wish.
      gateway.signal('SIGTERM');
      await until('more than a second has passed', () => performance.now() - first > 1100);
      assert.ok(isRunning(gateway.pid), 'it took a repetition for a second wish');
      const second = performance.now();
      gateway.signal('SIGTERM');
      assert.deepEqual(await gateway.ended, { code: 1, signal: null });
      assert.ok(performance.now() - second < 1000);
      assert.equal(await slow.got, undefined);
      // The next start says what this one could not.
      const next = await startProcess(house);
      await next.stop();
      const records = await assertStopped(house);
      assert.equal(endOf(records, '/slow')?.event, 'access.interrupted');
    }));
});

describe('a gateway that cannot start', { concurrency: 2 }, () => {
  it('says so when another one has its database open, which goes on unharmed', () =>
    withGateway(startProcess, async (house, gateway) => {
      const second = runGateway(house);
      assert.deepEqual(await second.ended, { code: 1, signal: null });
      const last = second.stderr.at(-1);
      assert.equal(last, `sallyport cannot start: another process has ${house.databaseFile} open`);
      assert.deepEqual(second.stdout, []);
      assert.ok(await takesConnections(house));
      await gateway.stop();
      const starts = (await assertStopped(house)).filter(
        ({ event }) => event === 'gateway.started',
      );
      assert.equal(starts.length, 1);
    }));

  it('says so when its address is taken', () =>
    withGateway(startProcess, async (house) => {
      const text = readFileSync(house.configFile, 'utf8')
        .replace('data/sallyport.db', 'beside/sallyport.db')
        .replace(/^log:\n/m, 'log:\n  keyFile: beside/log.key\n');
      const configFile = join(house.dir, 'beside.yaml');
      writeFileSync(configFile, text, { mode: 0o600 });
      const second = runGateway({ ...house, configFile });
      assert.deepEqual(await second.ended, { code: 1, signal: null });
      assert.match(second.stderr.at(-1) ?? '', /^sallyport cannot start: .*address already in use/);
    }));

  it('names every mistake of its configuration and exits 2', async () => {
    const house = await buildHouse({
      config: {
        publicUrl: 'http://sallyport.example.com',
        store: 'mysql://somewhere',
        session: { idle: 'half an hour' },
        sesion: {},
      },
      upstream: { paths: ['no-slash'] },
    });
    try {
      const gateway = runGateway(house);
      assert.deepEqual(await gateway.ended, { code: 2, signal: null });
      const text = gateway.stderr.join('\n');
      for (const path of ['publicUrl', 'store', 'session.idle', 'sesion', 'upstreams[0].paths[0]'])
        assert.ok(text.includes(`  ${path} (line `), `${path} is not named in:\n${text}`);
      assert.deepEqual(gateway.stdout, []);
    } finally {
      await house.close();
    }
  });
});

/** Runs a gateway for one test, and leaves nothing of it. */
async function withGateway(
  start: (house: House) => Promise<GatewayProcess>,
  work: (house: House, gateway: GatewayProcess) => Promise<void>,
): Promise<void> {
  const house = await buildHouse();
  try {
    const gateway = await start(house);
    try {
      await work(house, gateway);
    } finally {
      await gateway.kill();
    }
  } finally {
    await house.close();
  }
}

interface SlowRequest {
  /** Where the application would answer. */
  readonly answer: ServerResponse;
  /** What the client got in the end; `undefined` when the connection broke. */
  readonly got: Promise<{ status: number; text: string; connection: string | null } | undefined>;
}

/** A request that has come through to the application, which has not answered it. */
async function beginSlowRequest(house: House): Promise<SlowRequest> {
  const olga = await Someone.signIn(house, 'owners', 'olga');
  const sam = await Someone.signIn(house, 'staff', 'sam');
  await olga.allow('acme');
  const { token } = await sam.visit('acme');
  const asked = Promise.withResolvers<ServerResponse>();
  house.upstream.on('/slow', (_, response) => asked.resolve(response));
  const got = enter(house, 'acme', token, '/slow').then(
    ({ status, text, headers }) => ({ status, text, connection: headers.get('connection') }),
    () => undefined,
  );
  return { answer: await asked.promise, got };
}

async function takesConnections({ port }: House): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** The log verifies, every attempt has its end, and the stop is the last that was recorded. */
async function assertStopped(house: House): Promise<readonly AuditRecord[]> {
  const { records } = await checkLog(house.databaseFile, { isStopped: true });
  assert.equal(records.at(-1)?.event, 'gateway.stopped');
  return records;
}

function endOf(records: readonly AuditRecord[], path: string): AuditRecord | undefined {
  const attempt = records.find(
    ({ event, request }) =>
      event === 'access.attempted' && (request as { path: string }).path === path,
  );
  return records.find((record) => record['attempt'] === attempt?.index);
}

function said({ stdout, stderr }: GatewayProcess): string {
  return [...stdout, ...stderr].join('\n');
}
