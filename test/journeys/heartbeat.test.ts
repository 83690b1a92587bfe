import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeEnvelope } from '../../src/audit/envelope.ts';
import { startProcess, until } from '../support/gateway-process.ts';
import { buildHouse } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';
import { TileClient } from '../support/tile-client.ts';

const ORIGIN = 'tests.sallyport.localhost/access';

describe('a gateway that nobody uses', () => {
  it('shows everybody that its log is alive', async () => {
    const log = { origin: ORIGIN, heartbeatEvery: '1s', checkpointEvery: '50ms' };
    const house = await buildHouse({ config: { log } });
    const gateway = await startProcess(house);
    try {
      const client = new TileClient(`${house.publicUrl}/log`);
      const { size: from } = await client.checkpoint(ORIGIN);
      await until('two heartbeats are published', async () => {
        const { size } = await client.checkpoint(ORIGIN);
        return size >= from + 2;
      });
      const { size } = await client.checkpoint(ORIGIN);
      const [earlier, last] = (await client.entries(size)).slice(-2).map(decodeEnvelope);
      assert.ok(earlier && last);
      assert.equal(last.kind, 21);
      assert.equal(
        new TextDecoder().decode(last.publicPayload),
        '{"event":"log.heartbeat","everyMs":1000}',
      );
      const betweenMs = last.time - earlier.time;
      assert.ok(betweenMs >= 999 && betweenMs < 3000, `after ${betweenMs} ms`);
      await gateway.stop();
      const { records } = await checkLog(house.databaseFile, { isStopped: true });
      assert.equal(records.at(-1)?.event, 'gateway.stopped');
    } finally {
      await gateway.kill();
      await house.close();
    }
  });
});
