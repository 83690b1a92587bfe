import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { headerOf, type RawAnswer } from './raw-connection.ts';
import { codeOf, type RawRequest, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.set();
});
afterEach(async () => {
  await stage.check();
});
after(() => stage.strike());

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** The application answers in a way of its own. */
function ask(target: string, answer: Answering, request: RawRequest = {}): Promise<RawAnswer> {
  stage.house.upstream.on(target, answer);
  return stage.ask({ token: stage.token, target, ...request });
}

/** Raw bytes in place of an answer. */
function saying(text: string): Answering {
  return ({ socket }) => socket.end(Buffer.from(text, 'latin1'));
}

function valuesOf({ headers }: RawAnswer, name: string): string[] {
  return headers.filter(([own]) => own === name).map(([, value]) => value);
}

async function endOfLast() {
  const attempt = (await stage.check()).findLast(({ event }) => event === 'access.attempted');
  return stage.endOf(attempt?.index ?? -1);
}

describe('an answer', () => {
  it('has no word of ours in it but our own', async () => {
    const answer = await ask('/hostile', (_, response) => {
      response.writeHead(200, [
        ['Set-Cookie', 'a=1; Domain=accounts.localhost; Path=/'],
        ['Set-Cookie', 'sallyport-visit=stolen'],
        ['Set-Cookie', '=sallyport-visit=stolen'],
        ['Set-Cookie', 'sallyport=stolen; Path=/'],
        ['Sallyport-Record', '1'],
        ['Clear-Site-Data', '"*"'],
        ['Service-Worker-Allowed', '/'],
        ['Strict-Transport-Security', 'max-age=1'],
        ['Cache-Control', 'public'],
        ['Alt-Svc', 'h3=":443"'],
        ['Location', `${stage.house.upstream.origin}/elsewhere?x`],
      ]);
      response.end('ok');
    });
    assert.deepEqual(valuesOf(answer, 'set-cookie'), ['a=1; Path=/']);
    assert.equal(headerOf(answer, 'location'), `${stage.house.accountUrl('acme')}/elsewhere?x`);
    assert.equal(headerOf(answer, 'cache-control'), 'no-store');
    for (const name of [
      'clear-site-data',
      'service-worker-allowed',
      'strict-transport-security',
      'alt-svc',
    ])
      assert.equal(headerOf(answer, name), undefined, name);
    const attempt = (await stage.check()).findLast(({ event }) => event === 'access.attempted');
    assert.equal(headerOf(answer, 'sallyport-record'), String(attempt?.index));
  });

  it('keeps its status, bytes and other headers, and loses its reason and trailers', async () => {
    const raw =
      'HTTP/1.1 418 caf\u00e9\r\nX-Name: caf\u00e9\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n' +
      '3\r\na\u0000\u00ff\r\n0\r\nX-T: trailed\r\nSet-Cookie: sallyport-visit=x\r\n\r\n';
    const answer = await ask('/teapot', saying(raw));
    assert.equal(answer.status, 418);
    assert.equal(headerOf(answer, 'x-name'), 'caf\u00e9');
    assert.equal(answer.body.toString('latin1'), 'a\u0000\u00ff');
    assert.doesNotMatch(JSON.stringify(answer.headers), /trail|sallyport-visit/i);
  });

  it('to HEAD, or without content, has none', async () => {
    const head = await ask(
      '/head',
      (_, response) => response.writeHead(200, { 'Content-Length': 99 }).end(),
      {
        method: 'HEAD',
      },
    );
    assert.equal(headerOf(head, 'content-length'), '99');
    for (const status of [204, 304])
      assert.equal(
        (await ask(`/${status}`, (_, response) => response.writeHead(status).end())).status,
        status,
      );
  });

  it('does not include interim ones', async () => {
    const answer = await ask('/early', (_, response) => {
      response.writeEarlyHints({ link: '</x.css>; rel=preload' });
      response.writeProcessing();
      response.end('ok');
    });
    assert.equal(answer.status, 200);
  });

  const broken: [string, string][] = [
    ['no HTTP', 'nonsense\r\n\r\n'],
    ['nothing at all', ''],
    ['half a header block', 'HTTP/1.1 200 OK\r\nX-A: '],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    ],
    ['endless headers', `HTTP/1.1 200 OK\r\n${'X-A: b\r\n'.repeat(20_000)}\r\n`],
  ];
  for (const [name, raw] of broken)
    it(`is 502 when the application says ${name}, and its end is on record`, async () => {
      const answer = await ask(`/broken/${name.replaceAll(' ', '-')}`, saying(raw));
      assert.equal(answer.status, 502);
      assert.equal(codeOf(answer), 'upstream-unreachable');
      const end = await endOfLast();
      assert.equal(end['cut'], 'upstream-failed');
      assert.equal(end['status'], 502);
    });

  it('given twice is passed once, and the next request gets its own', async () => {
    const twice = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na'.repeat(2);
    stage.house.upstream.on('/twice', ({ socket }) => void socket.write(twice));
    const connection = await stage.connect();
    connection.send(stage.text({ token: stage.token, target: '/twice' }));
    assert.equal((await connection.answer()).body.toString(), 'a');
    connection.send(stage.text({ token: stage.token, target: '/after' }));
    const { url } = JSON.parse((await connection.answer()).body.toString());
    assert.equal(url, '/after');
    connection.destroy();
  });

  it('that breaks off breaks the connection to the client: half is never taken for whole', async () => {
    for (const framing of ['Content-Length: 100', 'Transfer-Encoding: chunked']) {
      const body = framing.startsWith('C') ? 'half' : '4\r\nhalf\r\n';
      const target = `/half/${body.length}`;
      stage.house.upstream.on(target, ({ socket }) => {
        socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${body}`, () =>
          socket.resetAndDestroy(),
        );
      });
      const connection = await stage.connect();
      connection.send(stage.text({ token: stage.token, target }));
      await connection.untilClosed();
      assert.doesNotMatch(connection.unread, /\r\n0\r\n\r\n$/);
      const end = await endOfLast();
      assert.equal(end['cut'], 'upstream-failed');
    }
  });
});

describe('a client that leaves', () => {
  it('takes its request back from the application, and the record says so', async () => {
    let isAborted = false;
    stage.house.upstream.on('/patient', (request) => {
      request.socket.once('close', () => {
        isAborted = true;
      });
    });
    const connection = await stage.connect();
    const heard = stage.hits.length;
    connection.send(stage.text({ token: stage.token, target: '/patient' }));
    await until('the application to hear of it', () => stage.hits.length > heard);
    connection.destroy();
    await until('the application to be left', () => isAborted);
    assert.equal((await endOfLast())['cut'], 'client-left');
  });
});

describe('an event stream', () => {
  it('arrives as it is sent, and is cut within a second of the revocation', async () => {
    const grant = await stage.gus.allow('globex');
    const { token } = await stage.sam.visit('globex');
    const open: ServerResponse[] = [];
    stage.house.upstream.on('/events', (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
      open.push(response);
    });
    const connection = await stage.connect();
    connection.send(stage.text({ token, host: stage.hostOf('globex'), target: '/events' }));
    await connection.received('text/event-stream');
    for (const event of ['one', 'two']) {
      open[0]?.write(`data: ${event}\n\n`);
      await connection.received(`data: ${event}`);
    }
    const revoked = await stage.gus.call('POST', `/grants/${grant.id}/revocation`, {});
    assert.equal(revoked.status, 201);
    const since = performance.now();
    await connection.untilClosed();
    assert.ok(performance.now() - since < 1000);
    await until('the application to be left', () => open[0]?.destroyed ?? false);
    const end = await endOfLast();
    assert.equal(end['cut'], 'grant-ended');
    assert.equal(end['status'], 200);
    assert.ok((end['bytesOut'] as number) > 0);
  });

  it('is cut at the expiry of its grant, and goes on while another covers it', async () => {
    await stage.gus.allow('globex', { duration: '2s' });
    const { token } = await stage.sam.visit('globex');
    stage.house.upstream.on('/feed', (_, response) => response.writeHead(200).flushHeaders());
    const connection = await stage.connect();
    connection.send(stage.text({ token, host: stage.hostOf('globex'), target: '/feed' }));
    await connection.received('200 OK');
    const longer = await stage.gus.allow('globex', { duration: '4s' });
    const since = Date.now();
    await connection.untilClosed();
    const took = Date.now() - since;
    assert.ok(took > 3000 && took < 5500, `${took} ms under ${longer.id}`);
    assert.equal((await endOfLast())['cut'], 'grant-ended');
  });
});
