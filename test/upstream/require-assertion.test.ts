import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import express from 'express';
import { request } from 'undici';
import {
  type AssertionRequirement,
  recordIndexOf,
  requireAssertion,
} from '../../src/upstream/index.ts';
import { AUDIENCE, ISSUER, makeGatewayDouble } from './gateway-double.ts';

const gateway = await makeGatewayDouble();
const requirement: AssertionRequirement = {
  issuer: ISSUER,
  audience: AUDIENCE,
  keys: gateway.keys,
};
const servers: Server[] = [];

after(() => {
  for (const server of servers) server.close().closeAllConnections();
});

async function serve(more: Partial<AssertionRequirement> = {}): Promise<string> {
  const app = express();
  app.use(requireAssertion({ ...requirement, ...more }));
  app.get('/{*path}', (req, res) => {
    res.json({ ...req.sallyport, record: recordIndexOf(req) ?? null });
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  // A TCP server that listens has an AddressInfo.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

/** Headers as a flat list, so that one may be sent twice. */
async function ask(url: string, headers: string[] = []): Promise<Answer> {
  const answer = await request(url, { headers });
  const body = (await answer.body.json()) as Record<string, unknown>;
  return { status: answer.statusCode, headers: answer.headers, body };
}

describe('requireAssertion', () => {
  it('lets a request pass with what the gateway vouches for', async () => {
    const url = await serve();
    const answer = await ask(url, [
      'Sallyport-Assertion',
      await gateway.assert({ scope: 'write' }),
      'Sallyport-Record',
      '4711',
    ]);
    assert.equal(answer.status, 200);
    assert.equal(answer.body['subject'], 'staff-17');
    assert.equal(answer.body['scope'], 'write');
    assert.equal(answer.body['record'], 4711);
  });

  it('answers 401 and no data without an assertion', async () => {
    const answer = await ask(await serve());
    assert.equal(answer.status, 401);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['www-authenticate'], 'Sallyport');
    assert.equal(answer.body['title'], 'No assertion, no data');
    assert.equal(answer.body['status'], 401);
    assert.equal(answer.body['reason'], 'missing');
  });

  it('refuses two assertions, even two good ones', async () => {
    const token = await gateway.assert();
    const twice = ['Sallyport-Assertion', token, 'sallyport-assertion', token];
    const answer = await ask(await serve(), twice);
    assert.equal(answer.status, 401);
    assert.equal(answer.body['reason'], 'repeated');
  });

  it('refuses two assertions that a proxy has folded into one header', async () => {
    const token = await gateway.assert();
    const answer = await ask(await serve(), ['Sallyport-Assertion', `${token}, ${token}`]);
    assert.equal(answer.status, 401);
    assert.equal(answer.body['reason'], 'malformed');
  });

  it('does not take an assertion from any other place', async () => {
    const token = await gateway.assert();
    const url = await serve();
    for (const headers of [
      ['Authorization', `Bearer ${token}`],
      ['Sallyport_Assertion', token],
      ['X-Sallyport-Assertion', token],
      ['Cookie', `Sallyport-Assertion=${token}`],
    ]) {
      assert.equal((await ask(`${url}/?Sallyport-Assertion=${token}`, headers)).status, 401);
    }
  });

  it('refuses an assertion for another account than the address names', async () => {
    const url = await serve({ accountOf: (req) => req.url?.split('/')[1] });
    const headers = ['Sallyport-Assertion', await gateway.assert()];
    assert.equal((await ask(`${url}/acme/users`, headers)).status, 200);
    const other = await ask(`${url}/globex/users`, headers);
    assert.equal(other.status, 401);
    assert.equal(other.body['reason'], 'account');
  });

  it('refuses when the account header is missing, repeated or names another account', async () => {
    const url = await serve({ accountHeader: 'X-Account' });
    const headers = ['Sallyport-Assertion', await gateway.assert()];
    assert.equal((await ask(url, [...headers, 'X-Account', 'acme'])).status, 200);
    for (const named of [
      [],
      ['X-Account', 'globex'],
      ['X-Account', ''],
      ['X-Account', 'acme', 'x-account', 'acme'],
    ]) {
      const answer = await ask(url, [...headers, ...named]);
      assert.equal(answer.status, 401);
      assert.equal(answer.body['reason'], 'account');
    }
  });

  it('refuses when address and header name two accounts', async () => {
    const url = await serve({ accountOf: () => 'acme', accountHeader: 'X-Account' });
    const headers = ['Sallyport-Assertion', await gateway.assert(), 'X-Account', 'globex'];
    assert.equal((await ask(url, headers)).body['reason'], 'account');
  });

  it('answers 503 while the keys cannot be fetched', async () => {
    const { keys: _, ...remote } = requirement;
    const app = requireAssertion({
      ...remote,
      fetch: async () => {
        throw new Error('connection refused');
      },
    });
    const server = createServer((req, res) => app(req, res, () => res.end('data')));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const answer = await ask(`http://127.0.0.1:${port}`, [
      'Sallyport-Assertion',
      await gateway.assert(),
    ]);
    assert.equal(answer.status, 503);
    assert.equal(answer.body['reason'], 'keys-unavailable');
  });

  it('shows no record index that is not a plain number sent once', async () => {
    const url = await serve();
    const token = await gateway.assert();
    for (const record of ['', '-1', '1e3', '0x10', '1, 2', '9'.repeat(30)]) {
      const headers = ['Sallyport-Assertion', token, 'Sallyport-Record', record];
      assert.equal((await ask(url, headers)).body['record'], null);
    }
  });
});
