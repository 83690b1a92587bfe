import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { loopbackFetch } from '../../src/http/loopback-fetch.ts';
import { type GatewayProcess, runGateway, startProcess } from '../support/gateway-process.ts';
import { buildHouse, enter, type House, Someone } from '../support/house.ts';
import { headerOf } from '../support/lenient-upstream.ts';
import { checkLog } from '../support/log-checker.ts';

describe('a gateway that is started again', () => {
  let house: House;
  let gateway: GatewayProcess;
  let olga: Someone;
  let sam: Someone;
  let grant: { id: string };
  let token: string;

  before(async () => {
    house = await buildHouse();
    gateway = await startProcess(house);
    olga = await Someone.signIn(house, 'owners', 'olga');
    sam = await Someone.signIn(house, 'staff', 'sam');
    grant = await olga.allow('acme');
    ({ token } = await sam.visit('acme'));
  });

  after(async () => {
    await gateway.kill();
    await house.close();
  });

  it('goes on with the sign-ins, visits and grants there were, and with the same log', async () => {
    assert.equal((await enter(house, 'acme', token, '/before')).status, 200);
    const earlier = await checkLog(house.databaseFile);
    await restart();
    assert.equal((await sam.call('GET', '/me')).status, 200);
    assert.equal((await enter(house, 'acme', token, '/afterwards')).status, 200);
    const { records } = await checkLog(house.databaseFile);
    assert.deepEqual(records.slice(0, earlier.size), earlier.records);
    assert.equal(records.filter(({ event }) => event === 'log.begun').length, 1);
    assert.deepEqual(
      records.filter(({ event }) => event.startsWith('gateway.')).map(({ event }) => event),
      ['gateway.started', 'gateway.stopped', 'gateway.started'],
    );
  });

  it('still publishes the key of the assertions it gave out before', async () => {
    assert.equal((await enter(house, 'acme', token, '/with-an-assertion')).status, 200);
    const [hit] = house.upstream.hits.slice(-1);
    assert.ok(hit);
    await restart();
    const keys = createRemoteJWKSet(new URL(`${house.publicUrl}/.well-known/jwks.json`), {
      [customFetch]: loopbackFetch,
    });
    const assertion = headerOf(hit, 'Sallyport-Assertion') ?? '';
    const { payload } = await jwtVerify(assertion, keys, { issuer: house.publicUrl });
    assert.equal(payload.sub, 'sam');
  });

  it('does not forget that something has ended', async () => {
    const revoked = await olga.call('POST', `/grants/${grant.id}/revocation`, {});
    assert.equal(revoked.status, 201);
    // Whatever had been answered is on disk.
    await gateway.kill();
    gateway = await startProcess(house);
    assert.equal((await enter(house, 'acme', token, '/too-late')).status, 403);
    assert.equal((await olga.call('POST', `/grants/${grant.id}/revocation`, {})).status, 409);
    await gateway.stop();
    await checkLog(house.databaseFile, { isStopped: true });
  });

  it('refuses a database that a newer version has written', async () => {
    await gateway.stop();
    const db = new Database(house.databaseFile);
    db.prepare('INSERT INTO kysely_migration (name, timestamp) VALUES (?, ?)').run(
      '9999-from-the-future',
      new Date(0).toISOString(),
    );
    db.close();
    const refused = runGateway(house);
    assert.deepEqual(await refused.ended, { code: 1, signal: null });
    assert.equal(
      refused.stderr.at(-1),
      'sallyport cannot start: the database has a schema this version does not know',
    );
  });

  async function restart(): Promise<void> {
    await gateway.stop();
    gateway = await startProcess(house);
  }
});
