import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { type GatewayProcess, startProcess, until } from '../support/gateway-process.ts';
import { buildHouse, enter, type House, readJson, Someone } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';

const IDLE_MS = 2000;
const ABSOLUTE_MS = 3000;

describe('a sign-in', { concurrency: 2 }, () => {
  describe('that nobody uses', { concurrency: 1 }, () => {
    let house: House;
    let gateway: GatewayProcess;
    let sam: Someone;
    let token: string;
    let lastUse: number;

    before(async () => {
      ({ house, gateway } = await open({ idle: `${IDLE_MS}ms`, recheck: '1s' }));
      const olga = await Someone.signIn(house, 'owners', 'olga');
      await olga.allow('acme');
      sam = await Someone.signIn(house, 'staff', 'sam');
      ({ token } = await sam.visit('acme'));
    });

    after(() => close(house, gateway));

    it('is kept alive by requests inside a visit alone', async () => {
      const begun = performance.now();
      while (performance.now() - begun < 1.5 * IDLE_MS) {
        lastUse = performance.now();
        assert.equal((await enter(house, 'acme', token, '/working')).status, 200);
        await pause(100);
      }
      lastUse = performance.now();
      assert.equal((await sam.call('GET', '/me')).status, 200);
    });

    it('ends after the idle limit, and with it its visit, though nobody did anything', async () => {
      // No request may ask whether it has ended: that would be a use.
      await until('it has idled out', () => lastSeenAt(house) + IDLE_MS < Date.now());
      const idleMs = performance.now() - lastUse;
      // Stamps come four times in a limit, so it may end that much early.
      assert.ok(idleMs > IDLE_MS / 2 && idleMs < IDLE_MS + 1000, `${Math.round(idleMs)} ms`);
      assert.equal((await enter(house, 'acme', token, '/too-late')).status, 401);
      assert.equal((await sam.call('GET', '/me')).status, 401);
    });

    it('is not revived by what comes late', async () => {
      const seenAt = lastSeenAt(house);
      const late = Array.from({ length: 20 }, (_, at) =>
        at % 2 === 0 ? sam.call('GET', '/me') : enter(house, 'acme', token, `/late/${at}`),
      );
      for (const { status } of await Promise.all(late)) assert.equal(status, 401);
      const problem = await enter(house, 'acme', token, '/still-too-late');
      assert.match(readJson(problem.text).type, /sign-in-required$/);
      assert.equal(lastSeenAt(house), seenAt);
      const targets = house.upstream.hits.map(({ target }) => target);
      assert.deepEqual(
        targets.filter((target) => target !== '/working'),
        [],
      );
    });
  });

  describe('that is used without a pause', { concurrency: 1 }, () => {
    let house: House;
    let gateway: GatewayProcess;

    before(async () => {
      const limits = { idle: `${ABSOLUTE_MS}ms`, absolute: `${ABSOLUTE_MS}ms`, recheck: '1s' };
      ({ house, gateway } = await open(limits));
    });

    after(() => close(house, gateway));

    it('ends at the absolute limit', async () => {
      const sam = await Someone.signIn(house, 'staff', 'sam');
      const signedInAt = performance.now();
      const olga = await Someone.signIn(house, 'owners', 'olga');
      await olga.allow('acme');
      const { token } = await sam.visit('acme');
      house.upstream.on('/stream', (_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: open\n\n');
      });
      const stream = enter(house, 'acme', token, '/stream').then(
        () => 'whole',
        () => performance.now(),
      );
      let status = 200;
      await until('it has ended', async () => {
        ({ status } = await enter(house, 'acme', token, '/working'));
        return status !== 200;
      });
      const aliveMs = performance.now() - signedInAt;
      assert.equal(status, 401);
      assert.ok(aliveMs > ABSOLUTE_MS - 1000 && aliveMs < ABSOLUTE_MS + 1000, `${aliveMs} ms`);
      assert.equal((await sam.call('GET', '/me')).status, 401);
      const cutAt = await stream;
      assert.ok(typeof cutAt === 'number', 'the stream looked like a whole answer');
      assert.ok(
        cutAt - signedInAt < ABSOLUTE_MS + 1000,
        `the stream lasted ${cutAt - signedInAt} ms`,
      );
    });
  });
});

async function open(session: Record<string, string>) {
  const house = await buildHouse({ config: { session } });
  return { house, gateway: await startProcess(house) };
}

async function close(house: House, gateway: GatewayProcess): Promise<void> {
  await gateway.stop();
  await checkLog(house.databaseFile, { isStopped: true });
  await house.close();
}

/** When the sign-in of the only employee was last seen in use, as it is stored. */
function lastSeenAt({ databaseFile }: House): number {
  const db = new Database(databaseFile, { readonly: true });
  try {
    const rows = db
      .prepare<[], { last_seen_at: number }>(
        "SELECT last_seen_at FROM sessions WHERE subject = 'sam'",
      )
      .all();
    assert.equal(rows.length, 1);
    return rows[0]?.last_seen_at ?? 0;
  } finally {
    db.close();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
