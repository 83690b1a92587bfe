import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { type RunningExampleApp, startExampleApp } from '../../src/demo/app/start-example-app.ts';
import { loopbackFetch } from '../../src/http/loopback-fetch.ts';
import { makeGatewayDouble } from '../upstream/gateway-double.ts';

const gateway = await makeGatewayDouble('EdDSA');
const keyServer = createServer((request, response) => {
  const isKeySet = request.url === '/.well-known/jwks.json';
  response.writeHead(isKeySet ? 200 : 404).end(JSON.stringify(gateway.jwks));
});
let issuer: string;
let app: RunningExampleApp;

before(async () => {
  keyServer.listen(0, '127.0.0.1');
  await once(keyServer, 'listening');
  issuer = `http://sallyport.localhost:${(keyServer.address() as AddressInfo).port}`;
});

after(() => {
  keyServer.close().closeAllConnections();
});

beforeEach(async () => {
  app = await startExampleApp({ port: 0, issuer, audience: 'console', fetch: loopbackFetch });
});

afterEach(() => app.close());

async function vouch(claims: Record<string, unknown> = {}): Promise<Record<string, string>> {
  const assertion = await gateway.assert({ iss: issuer, ...claims });
  return { 'Sallyport-Assertion': assertion, 'Sallyport-Record': '4711' };
}

async function get(path: string, claims: Record<string, unknown> = {}): Promise<Response> {
  return fetch(app.url + path, { headers: await vouch(claims) });
}

async function post(
  path: string,
  claims: Record<string, unknown>,
  form: Record<string, string>,
): Promise<Response> {
  const headers = await vouch(claims);
  const body = new URLSearchParams(form);
  return fetch(app.url + path, { method: 'POST', headers, body, redirect: 'manual' });
}

describe('Example Console without an assertion', () => {
  it('serves nothing at any address, not even a stylesheet', async () => {
    for (const path of [
      '/',
      '/users',
      '/invoices/1042',
      '/settings',
      '/live/events',
      '/api/users',
      '/assets/console.css',
      '/nowhere',
    ]) {
      const answer = await fetch(app.url + path);
      assert.equal(answer.status, 401, path);
      assert.equal(answer.headers.get('content-type'), 'application/problem+json');
      assert.match(await answer.text(), /No assertion, no data/);
    }
  });

  it('changes nothing', async () => {
    const answer = await fetch(`${app.url}/settings`, { method: 'POST', body: 'name=Mine' });
    assert.equal(answer.status, 401);
  });

  it('opens no WebSocket', async () => {
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/live/socket`);
    const [, answer] = await once(socket, 'unexpected-response');
    assert.equal(answer.statusCode, 401);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    socket.on('error', () => undefined);
    socket.terminate();
  });

  it("believes neither another application's assertion nor another gateway's", async () => {
    assert.equal((await get('/users', { aud: 'billing' })).status, 401);
    assert.equal((await get('/users', { iss: 'http://other.localhost' })).status, 401);
  });
});

describe('Example Console with an assertion', () => {
  it('shows the account the assertion names, and to whom it thinks it is talking', async () => {
    const text = await (await get('/users')).text();
    assert.match(text, /Ines Moreau/);
    assert.doesNotMatch(text, /Marisol Vega|Priya Raman/);
    for (const fact of ['Sam Support', 'sam@example.com', 'look only', 'grant-1', '4711']) {
      assert.ok(text.includes(fact), fact);
    }
  });

  it('keeps accounts apart that use the same invoice number', async () => {
    const texts = ['acme', 'globex', 'initech'].map(async (account) =>
      (await get('/invoices/1042', { account })).text(),
    );
    const [acme, globex, initech] = await Promise.all(texts);
    assert.match(acme ?? '', /Tachograph/);
    assert.match(globex ?? '', /spectrometers/);
    assert.match(initech ?? '', /Payslips/);
  });

  it('has every page it links to', async () => {
    for (const path of [
      '/',
      '/users',
      '/users/ines',
      '/invoices',
      '/alerts',
      '/live',
      '/settings',
    ]) {
      const answer = await get(path);
      assert.equal(answer.status, 200, path);
      const text = await answer.text();
      for (const [, link = ''] of text.matchAll(/(?:href|src|action)="([^"]*)"/g)) {
        assert.ok(link.startsWith('/'), `${link} leaves the origin`);
        const isForm = text.includes(`action="${link}"`);
        if (!isForm) assert.equal((await get(link)).status, 200, link);
      }
    }
  });

  it('sends a policy under which its own pages work: nothing inline', async () => {
    const answer = await get('/live');
    assert.match(answer.headers.get('content-security-policy') ?? '', /script-src 'self';/);
    assert.doesNotMatch(await answer.text(), /<script(?! src)|<style| style=| on[a-z]+=/);
  });

  it('escapes what visitors have written', async () => {
    const name = '<script>alert("1")</script>';
    const contactEmail = 'a@b.example';
    const saved = await post('/settings', { scope: 'write' }, { name, contactEmail });
    assert.equal(saved.status, 303);
    const text = await (await get('/settings')).text();
    assert.ok(!text.includes('<script>alert'));
    assert.ok(text.includes('&#60;script&#62;'));
  });

  it('answers programs', async () => {
    for (const [path, count] of [
      ['/api/users', 6],
      ['/api/invoices', 4],
      ['/api/alerts', 3],
    ] as const) {
      const body = (await (await get(path)).json()) as { account: string; items: unknown[] };
      assert.equal(body.account, 'acme');
      assert.equal(body.items.length, count);
    }
  });

  it('searches by POST in a visit that only looks', async () => {
    const headers = { ...(await vouch()), 'Content-Type': 'application/json' };
    const body = JSON.stringify({ q: 'TACHO' });
    const answer = await fetch(`${app.url}/api/search`, { method: 'POST', headers, body });
    const { items } = (await answer.json()) as { items: { path: string }[] };
    assert.deepEqual(
      items.map((item) => item.path),
      ['/invoices/1042'],
    );
  });

  it('knows nothing of an account that is not its customer', async () => {
    assert.equal((await get('/users', { account: 'hooli' })).status, 404);
    assert.equal((await get('/api/users', { account: 'hooli' })).status, 404);
    assert.equal((await get('/users', { account: '__proto__' })).status, 404);
  });

  it('has no page for what the account does not have', async () => {
    for (const path of ['/invoices/1', '/invoices/01042', '/users/marisol', '/nowhere']) {
      assert.equal((await get(path)).status, 404, path);
    }
  });
});

describe('changes in Example Console', () => {
  it('are refused in a visit that only looks', async () => {
    const form = { name: 'Other', contactEmail: 'a@b.example' };
    assert.equal((await post('/settings', {}, form)).status, 403);
    assert.equal((await post('/users/ines/role', {}, { role: 'viewer' })).status, 403);
    assert.match(await (await get('/settings')).text(), /Acme Haulage/);
  });

  it('stay within the account', async () => {
    const answer = await post('/users/lena/role', { scope: 'write' }, { role: 'viewer' });
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get('location'), '/users/lena');
    assert.match(await (await get('/users/lena')).text(), /<option selected>viewer/);
    const stranger = await post('/users/marisol/role', { scope: 'write' }, { role: 'viewer' });
    assert.equal(stranger.status, 404);
  });

  it('are refused when they make no sense', async () => {
    const scope = 'write';
    assert.equal((await post('/users/ines/role', { scope }, { role: 'owner' })).status, 422);
    assert.equal((await post('/settings', { scope }, { name: '' })).status, 422);
    const form = { name: 'x', contactEmail: 'nobody' };
    assert.equal((await post('/settings', { scope }, form)).status, 422);
  });
});

describe('live connections of Example Console', () => {
  it('deliver ticks of the account by WebSocket', async () => {
    const headers = await vouch({ account: 'globex' });
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/live/socket`, { headers });
    const [message] = await once(socket, 'message');
    const { account, count } = JSON.parse(String(message)) as { account: string; count: number };
    assert.deepEqual({ account, count }, { account: 'globex', count: 1 });
    socket.close();
    await once(socket, 'close');
  });

  it('deliver ticks of the account by event stream', async () => {
    const answer = await get('/live/events', { account: 'initech' });
    assert.match(answer.headers.get('content-type') ?? '', /^text\/event-stream/);
    const reader = (answer.body ?? assert.fail()).getReader();
    const { value } = await reader.read();
    assert.match(new TextDecoder().decode(value), /^event: tick\ndata: \{"account":"initech",/);
    await reader.cancel();
  });

  it('are refused as WebSockets at any other address', async () => {
    const headers = await vouch();
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/users`, { headers });
    const [, answer] = await once(socket, 'unexpected-response');
    assert.equal(answer.statusCode, 404);
    socket.on('error', () => undefined);
    socket.terminate();
  });

  it('end when the application closes', async () => {
    const headers = await vouch();
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/live/socket`, { headers });
    socket.on('error', () => undefined);
    await once(socket, 'message');
    const stream = await get('/live/events');
    const reader = (stream.body ?? assert.fail()).getReader();
    await reader.read();
    const closed = once(socket, 'close');
    await app.close();
    await closed;
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    });
    app = await startExampleApp({ port: 0, issuer, audience: 'console', fetch: loopbackFetch });
  });
});
