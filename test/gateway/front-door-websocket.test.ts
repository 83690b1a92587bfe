import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { loopbackLookup } from '../../src/http/loopback-lookup.ts';
import { checkGateway } from '../support/gateway-checker.ts';
import { Someone } from '../support/house.ts';
import { until } from '../support/until.ts';
import { codeOf, Stage } from './stage.ts';
import { SocketUpstream } from './socket-upstream.ts';

let upstream: SocketUpstream;
let stage: Stage;
before(async () => {
  upstream = await SocketUpstream.start();
  stage = await Stage.set({ upstream: { target: upstream.origin } });
});
afterEach(async () => {
  await check();
});
after(async () => {
  await stage.gateway.stop(1000);
  await check(true);
  await Promise.all([upstream.close(), stage.house.close()]);
});

function check(isStopped = false) {
  const { databaseFile } = stage.house;
  return checkGateway(
    { hits: upstream.hits, databaseFile, accountHeader: 'X-Account' },
    { isStopped },
  );
}

async function endOfLast() {
  const attempt = (await check()).findLast(({ event }) => event === 'access.attempted');
  const found: Record<string, unknown>[] = [];
  await until('the end of the WebSocket', async () => {
    found.push(...(await check()).filter((one) => one['attempt'] === attempt?.index));
    return found.length > 0;
  });
  return found[0] ?? {};
}

function dial(
  account: string,
  path: string,
  headers: Record<string, string>,
  origin?: string,
): WebSocket {
  const address = `${stage.house.accountUrl(account).replace('http', 'ws')}${path}`;
  const more = origin === undefined ? {} : { origin };
  return new WebSocket(address, { lookup: loopbackLookup, headers, ...more });
}

function withToken(token: string): Record<string, string> {
  return { 'Proxy-Authorization': `Bearer ${token}` };
}

async function say(socket: WebSocket, text: string): Promise<string> {
  socket.send(text);
  const [answer] = await once(socket, 'message');
  return String(answer);
}

/** The status a WebSocket is refused with. */
async function statusOf(socket: WebSocket): Promise<number | undefined> {
  const heard = upstream.hits.length;
  const [, response] = await once(socket, 'unexpected-response');
  assert.equal(upstream.hits.length, heard);
  socket.on('error', () => {});
  socket.terminate();
  return response.statusCode;
}

const HANDSHAKE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
/** A masked text frame that says "hi" (RFC 6455 section 5.2), and what comes back. */
const HI = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
const HI_BACK = '\u0081\u0002hi';

describe('a WebSocket', () => {
  it('passes words both ways, and is on record with its bytes', async () => {
    const socket = dial('acme', '/echo', withToken(stage.token));
    await once(socket, 'open');
    assert.equal(await say(socket, 'hello'), 'hello');
    const large = 'x'.repeat(1_000_000);
    assert.equal(await say(socket, large), large);
    socket.close();
    await once(socket, 'close');
    const end = await endOfLast();
    assert.equal(end['status'], 101);
    assert.equal(end['cut'], undefined);
    assert.ok((end['bytesIn'] as number) > 1_000_000 && (end['bytesOut'] as number) > 1_000_000);
  });

  it('is opened with the cookie by a page of the account itself', async () => {
    const { url } = await stage.sam.visit('acme');
    await stage.sam.browser.get(url);
    const own = stage.house.accountUrl('acme');
    const cookie = { Cookie: stage.sam.browser.cookiesFor(new URL(own)) };
    const socket = dial('acme', '/own', cookie, own);
    await once(socket, 'open');
    assert.equal(await say(socket, 'hello'), 'hello');
    socket.terminate();
    for (const origin of [
      stage.house.accountUrl('globex'),
      stage.house.publicUrl,
      'null',
      undefined,
    ])
      assert.equal(await statusOf(dial('acme', '/foreign', cookie, origin)), 403, origin);
    const refusal = (await check()).findLast(({ event }) => event === 'access.refused');
    assert.equal(refusal?.['reason'], 'cross-site');
  });

  it('is not opened without a visit, nor with one of another account', async () => {
    assert.equal(await statusOf(dial('acme', '/none', {})), 401);
    assert.equal(await statusOf(dial('acme', '/none', withToken(`spv_${'A'.repeat(43)}`))), 401);
    assert.equal(await statusOf(dial('globex', '/none', withToken(stage.token))), 403);
  });

  it('gets the bytes that were sent with the upgrade, once the application agrees', async () => {
    const connection = await stage.connect();
    const text = stage.text({ token: stage.token, target: '/head', headers: HANDSHAKE });
    connection.send(Buffer.concat([Buffer.from(text), HI]));
    assert.equal((await connection.answer()).status, 101);
    await connection.received(HI_BACK);
    connection.send(HI);
    await connection.received(HI_BACK + HI_BACK);
    connection.destroy();
    assert.ok(
      ['client-left', undefined].includes((await endOfLast())['cut'] as string | undefined),
    );
  });

  it('loses the bytes that were sent with the upgrade if the application refuses', async () => {
    const got: Buffer[] = [];
    upstream.on('/refuse', (_, socket, head) => {
      got.push(head);
      socket.on('data', (chunk: Buffer) => got.push(chunk));
      socket.write(
        'HTTP/1.1 403 No\r\nContent-Length: 2\r\nSet-Cookie: sallyport-visit=x\r\n\r\nno',
      );
    });
    const connection = await stage.connect();
    const text = stage.text({ token: stage.token, target: '/refuse', headers: HANDSHAKE });
    connection.send(Buffer.concat([Buffer.from(text), HI]));
    const answer = await connection.answer();
    assert.equal(answer.status, 403);
    assert.equal(answer.body.toString(), 'no');
    assert.doesNotMatch(JSON.stringify(answer.headers), /sallyport-visit/);
    await connection.untilClosed();
    assert.equal(Buffer.concat(got).length, 0);
    assert.equal((await endOfLast())['status'], 403);
  });

  it('is 502 when the application breaks off before it answers', async () => {
    upstream.on('/broken', (_, socket) => socket.destroy());
    const request = { token: stage.token, target: '/broken', headers: HANDSHAKE };
    const answer = await stage.ask(request);
    assert.equal(answer.status, 502);
    assert.equal((await endOfLast())['cut'], 'upstream-failed');
  });
});

describe('an open WebSocket', () => {
  it('is closed within a second of the revocation of its grant', async () => {
    const grant = await stage.gus.allow('globex');
    const { token } = await stage.sam.visit('globex');
    const socket = dial('globex', '/watch', withToken(token));
    await once(socket, 'open');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    await stage.gus.call('POST', `/grants/${grant.id}/revocation`, {});
    const since = performance.now();
    await closed;
    assert.ok(performance.now() - since < 1000);
    await until('the application to be left', () => upstream.sockets.size === 0);
    assert.equal((await endOfLast())['cut'], 'grant-ended');
  });

  it('goes on under another grant', async () => {
    const grant = await stage.gus.allow('globex');
    const { token } = await stage.sam.visit('globex');
    const socket = dial('globex', '/both', withToken(token));
    await once(socket, 'open');
    const other = await stage.gus.allow('globex');
    await stage.gus.call('POST', `/grants/${grant.id}/revocation`, {});
    assert.equal(await say(socket, 'still here'), 'still here');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    await stage.gus.call('POST', `/grants/${other.id}/revocation`, {});
    await closed;
  });

  it('is closed when its visit is', async () => {
    const visit = await stage.sam.visit('acme');
    await isCut(visit.token, 'visit-closed', () =>
      stage.sam.call('POST', `/visits/${visit.id}/closure`, {}),
    );
  });

  it('is closed when the person signs out', async () => {
    const mona = await Someone.signIn(stage.house, 'staff', 'mona');
    const { token } = await mona.visit('acme');
    await isCut(token, 'signed-out', () =>
      mona.browser.post(`${stage.house.publicUrl}/auth/logout`, {}),
    );
  });

  async function isCut(token: string, why: string, end: () => Promise<unknown>): Promise<void> {
    const socket = dial('acme', '/ends', withToken(token));
    await once(socket, 'open');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    await end();
    await closed;
    assert.equal((await endOfLast())['cut'], why);
  }
});

describe('any other upgrade', () => {
  const replaced = (from: string, to: string): string[] =>
    HANDSHAKE.map((line) => (line.startsWith(from) ? to : line)).filter((line) => line !== '');
  const odd: [string, string, string[]][] = [
    [
      'h2c',
      'GET',
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
    ],
    ['h2c with a body', 'POST', ['Connection: Upgrade', 'Upgrade: h2c', 'Content-Length: 5']],
    ['TLS', 'GET', ['Connection: Upgrade', 'Upgrade: TLS/1.0']],
    ['two at once', 'GET', replaced('Upgrade', 'Upgrade: websocket, h2c')],
    ['twice', 'GET', [...HANDSHAKE, 'Upgrade: websocket']],
    ['another method', 'POST', [...HANDSHAKE, 'Content-Length: 0']],
    ['a body', 'GET', [...HANDSHAKE, 'Content-Length: 5']],
    ['a chunked body', 'GET', [...HANDSHAKE, 'Transfer-Encoding: chunked']],
    ['another version', 'GET', replaced('Sec-WebSocket-Version', 'Sec-WebSocket-Version: 8')],
    ['no version', 'GET', replaced('Sec-WebSocket-Version', '')],
    ['no key', 'GET', replaced('Sec-WebSocket-Key', '')],
    ['a key that is none', 'GET', replaced('Sec-WebSocket-Key', 'Sec-WebSocket-Key: short')],
    ['two keys', 'GET', [...HANDSHAKE, HANDSHAKE[3] ?? '']],
  ];
  for (const [name, method, headers] of odd)
    it(`gets 400: ${name}`, async () => {
      const heard = upstream.hits.length;
      const connection = await stage.connect();
      const smuggled = stage.text({ token: stage.token, target: '/smuggled' });
      connection.send(stage.text({ token: stage.token, method, headers }) + smuggled);
      const answer = await connection.answer();
      assert.equal(answer.status, 400);
      assert.equal(codeOf(answer), 'ambiguous-request');
      await connection.untilClosed();
      assert.equal(connection.unread, '');
      assert.equal(upstream.hits.length, heard);
    });

  it('does not happen in the middle of another answer', async () => {
    const connection = await stage.connect();
    const { token } = stage;
    connection.send(
      stage.text({ token, target: '/before' }) + stage.text({ token, headers: HANDSHAKE }),
    );
    await connection.untilClosed();
    assert.doesNotMatch(connection.unread, / 101 /);
  });

  it('to a target that can be read in two ways, or is blocked, gets what any request gets', async () => {
    const { token } = stage;
    assert.equal((await stage.ask({ token, target: '/a/../b', headers: HANDSHAKE })).status, 400);
    assert.equal((await stage.ask({ target: '/', headers: HANDSHAKE })).status, 401);
    const host = stage.house.publicUrl.replace('http://', '');
    assert.equal((await stage.ask({ token, host, headers: HANDSHAKE })).status, 400);
  });
});
