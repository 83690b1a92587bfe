import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { CONNECTION_HEADER } from '../support/gateway-checker.ts';
import { AMBIGUOUS_TARGETS } from './ambiguous-targets.ts';
import { headerOf, type RawAnswer } from './raw-connection.ts';
import { codeOf, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.set();
});
afterEach(async () => {
  await stage.check();
});
after(() => stage.strike());

/** Sends bytes that must reach nobody, with a second request behind them that must reach nobody either. */
async function refusesText(text: string, status: number): Promise<RawAnswer> {
  const { hits, token } = stage;
  const heard = hits.length;
  const connection = await stage.connect();
  connection.send(text + stage.text({ token, target: '/smuggled' }));
  const answer = await connection.answer();
  assert.equal(answer.status, status, text);
  await connection.untilClosed();
  assert.equal(connection.unread, '', 'there was a second answer');
  assert.equal(hits.length, heard, 'the application heard of it');
  return answer;
}

describe('a target that can be read in two ways', () => {
  it('gets 400 and the end of its connection, and reaches nobody', async () => {
    const { token } = stage;
    assert.ok(AMBIGUOUS_TARGETS.length > 40);
    for (const target of AMBIGUOUS_TARGETS) {
      const answer = await refusesText(stage.text({ token, target }), 400);
      assert.equal(codeOf(answer), 'ambiguous-request', target);
      assert.equal(headerOf(answer, 'connection'), 'close', target);
    }
    assert.equal((await stage.lastRefusal())?.['reason'], 'ambiguous-request');
  });

  it('gets 400 with bytes that no target has', async () => {
    const { token } = stage;
    for (const target of ['/us\u00e9rs', '/users\u0000', '/us\tters', '/users /x', '/\u007f'])
      await refusesText(stage.text({ token, target }), 400);
  });
});

describe('a method that is never forwarded', () => {
  it('gets 405: CONNECT, TRACE', async () => {
    const { token } = stage;
    const heard = stage.hits.length;
    assert.equal((await stage.ask({ token, method: 'TRACE', target: '/users' })).status, 405);
    assert.equal((await stage.lastRefusal())?.['reason'], 'method-not-allowed');
    for (const target of ['/users', 'acme.accounts.localhost:80', '127.0.0.1:9000'])
      assert.equal((await stage.ask({ token, method: 'CONNECT', target })).status, 405, target);
    assert.equal(stage.hits.length, heard);
  });

  it('gets 400 if it is no method', async () => {
    for (const method of ['get', 'FOO', 'GET\u0000', 'PRI'])
      await refusesText(stage.text({ token: stage.token, method }), 400);
  });
});

describe('a body', () => {
  const bodies: [string, string[], string][] = [
    ['POST with a length', ['Content-Length: 5'], 'hello'],
    ['PUT in chunks', ['Transfer-Encoding: chunked'], '3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n'],
    ['DELETE in chunks', ['Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'],
    [
      'OPTIONS in chunks',
      ['Transfer-Encoding: chunked'],
      '5;x=y\r\nhello\r\n0\r\nX-Account: evil\r\n\r\n',
    ],
    ['GET in chunks', ['Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'],
    ['PATCH with a length', ['Content-Length: 5'], 'hello'],
    ['GET with a length', ['Content-Length: 5'], 'hello'],
  ];
  for (const [name, headers, body] of bodies)
    it(`arrives as it was sent, in one request: ${name}`, async () => {
      const { token, hits } = stage;
      const [method = ''] = name.split(' ');
      const heard = hits.length;
      const target = `/body/${method}`;
      const smuggled = 'GET /smuggled HTTP/1.1';
      const connection = await stage.connect();
      connection.send(
        stage.text({ token, method, target, headers: [...headers, `X-S: ${smuggled}`], body }),
      );
      const answer = await connection.answer();
      assert.equal(answer.status, 200);
      connection.send(stage.text({ token, target: '/next' }));
      assert.equal((await connection.answer()).status, 200);
      connection.destroy();
      assert.deepEqual(
        hits.slice(heard).map((hit) => hit.target),
        [target, '/next'],
      );
      assert.equal(hits[heard]?.body, 'hello');
      assert.ok(!JSON.stringify(hits[heard]?.rawHeaders).includes('evil'));
    });

  it('that looks like another request is none', async () => {
    const { token, hits } = stage;
    const heard = hits.length;
    const body = stage.text({ token, target: '/smuggled' });
    const hex = body.length.toString(16);
    for (const [headers, sent] of [
      [[`Content-Length: ${body.length}`], body],
      [['Transfer-Encoding: chunked'], `${hex}\r\n${body}\r\n0\r\n\r\n`],
    ] as const)
      for (const method of ['POST', 'DELETE', 'OPTIONS', 'GET'])
        assert.equal((await stage.ask({ token, method, headers, body: sent })).status, 200);
    assert.equal(hits.length, heard + 8);
    for (const hit of hits.slice(heard)) assert.equal(hit.body, body);
  });

  it('of any bytes is not touched', async () => {
    const body = Buffer.from(Array.from({ length: 1024 }, (_, at) => at % 256)).toString('latin1');
    const headers = ['Content-Length: 1024', 'Content-Encoding: gzip'];
    await stage.ask({ token: stage.token, method: 'POST', target: '/raw', headers, body });
    assert.equal(stage.hits.at(-1)?.body, body);
  });
});

describe('framing that can be read in two ways', () => {
  const framings: [string, string[], string][] = [
    ['both', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['both, the other way round', ['Transfer-Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6'], 'hello'],
    ['a list of lengths', ['Content-Length: 5, 5'], 'hello'],
    ['a signed length', ['Content-Length: +5'], 'hello'],
    ['a negative length', ['Content-Length: -5'], 'hello'],
    ['a length in hex', ['Content-Length: 0x5'], 'hello'],
    ['no length', ['Content-Length: '], ''],
    ['two codings', ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'],
    ['chunked twice', ['Transfer-Encoding: chunked, chunked'], '0\r\n\r\n'],
    [
      'chunked in two lines',
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
      '0\r\n\r\n',
    ],
    ['a folded line', ['X-A: b\r\n c: d'], ''],
    ['a space before the colon', ['Content-Length : 0'], ''],
    ['a line without a colon', ['Nonsense'], ''],
    ['a bare CR', ['X-A: b\rX-C: d'], ''],
    ['a bare LF', ['X-A: b\nX-C: d'], ''],
    ['a NUL', ['X-A: b\u0000c'], ''],
    ['a name with a space', ['X A: b'], ''],
    ['an empty name', [': b'], ''],
  ];
  for (const [name, headers, body] of framings)
    it(`gets 400 and the end of its connection: ${name}`, async () => {
      const { token } = stage;
      await refusesText(
        stage.text({ token, method: 'POST', target: '/framed', headers, body }),
        400,
      );
    });

  for (const coding of ['gzip', 'identity', 'xchunked', 'chunked, gzip', 'chunked;q=1'])
    it(`ends the connection, and reaches nobody: the coding ${coding}`, async () => {
      const { hits, token } = stage;
      const heard = hits.length;
      const connection = await stage.connect();
      const headers = [`Transfer-Encoding: ${coding}`];
      connection.send(stage.text({ token, method: 'POST', target: '/framed', headers }));
      connection.send(stage.text({ token, target: '/smuggled' }));
      await connection.untilClosed();
      assert.doesNotMatch(connection.unread, /HTTP\/1\.1 [123]/);
      await stage.check();
      assert.equal(hits.length, heard);
    });

  for (const version of ['HTTP/0.9', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/3', 'http/1.1', 'HTTPS/1.1'])
    it(`gets 400: ${version} in the request line`, async () => {
      const text = stage.text({ token: stage.token }).replace('HTTP/1.1', version);
      await refusesText(text, 400);
    });

  it('gets no second answer when a chunk breaks in the middle of a body', async () => {
    const { token } = stage;
    const connection = await stage.connect();
    const headers = ['Transfer-Encoding: chunked'];
    connection.send(
      stage.text({
        token,
        method: 'POST',
        target: '/broken',
        headers,
        body: '5\r\nhello\r\nzz\r\n',
      }),
    );
    await connection.untilClosed();
    assert.doesNotMatch(connection.unread, /HTTP\/1\.1 200/);
  });
});

describe('requests on one connection', () => {
  it('have each their own record, in their order, and reach the application in it', async () => {
    const { token, hits } = stage;
    const heard = hits.length;
    stage.house.upstream.on('/slow/0', (_, response) => {
      setTimeout(() => response.end('{}'), 100);
    });
    const texts = Array.from({ length: 20 }, (_, at) => {
      const isPost = at % 3 === 1;
      const target = at === 0 ? '/slow/0' : `/pipelined/${at}`;
      const headers = [`${CONNECTION_HEADER}: one`, ...(isPost ? ['Content-Length: 2'] : [])];
      const method = isPost ? 'POST' : 'GET';
      return stage.text({ token, target, method, headers, body: isPost ? 'ok' : '' });
    });
    const connection = await stage.connect();
    connection.send(texts.join(''));
    const records: number[] = [];
    for (let at = 0; at < texts.length; at += 1) {
      const answer = await connection.answer();
      assert.equal(answer.status, 200);
      records.push(Number(headerOf(answer, 'sallyport-record')));
    }
    connection.destroy();
    assert.deepEqual(
      records,
      records.toSorted((one, other) => one - other),
    );
    assert.equal(new Set(records).size, 20);
    const arrived = hits.slice(heard).map(({ target }) => target.replace(/^.*\//, ''));
    assert.deepEqual(
      arrived,
      texts.map((_, at) => String(at)),
    );
  });

  it('are each decided on for themselves', async () => {
    const { token } = stage;
    const connection = await stage.connect();
    connection.send(
      stage.text({ token, target: '/first' }) +
        stage.text({ target: '/second' }) +
        stage.text({ token, target: '/third', host: stage.hostOf('globex') }) +
        stage.text({ token, target: '/fourth' }),
    );
    const statuses: number[] = [];
    for (let at = 0; at < 4; at += 1) statuses.push((await connection.answer()).status);
    connection.destroy();
    assert.deepEqual(statuses, [200, 401, 403, 200]);
  });

  it('are cut when more wait than anybody needs', async () => {
    stage.house.upstream.on('/never', () => {});
    const { token, hits } = stage;
    const heard = hits.length;
    const connection = await stage.connect();
    connection.send(stage.text({ token, target: '/never' }));
    connection.send(stage.text({ token, target: '/flood' }).repeat(200));
    await connection.untilClosed();
    assert.ok(hits.slice(heard).every(({ target }) => target === '/never'));
  });
});
