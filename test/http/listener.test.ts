import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { createListener, type Listener, type ListenerOptions } from '../../src/http/listener.ts';

const running: Listener[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map((listener) => listener.drain({ deadlineMs: 0 })));
});

/** Says what reached which door. */
const echo: Pick<ListenerOptions, 'publicDoor' | 'accountDoor'> = {
  publicDoor: (request, response) => {
    response.end(`public ${request.method} ${request.url}`);
  },
  accountDoor: {
    serve: (request, response, account) => {
      response.end(`${account} ${request.method} ${request.url}`);
    },
    upgrade: (_, socket, head, account) => {
      socket.end(`HTTP/1.1 101 Switching Protocols\r\n\r\n${account} ${head.toString()}`);
    },
  },
};

async function start(options: Partial<ListenerOptions> = {}): Promise<number> {
  const listener = createListener({
    publicUrl: {
      origin: 'http://sallyport.localhost:8080',
      scheme: 'http',
      hostname: 'sallyport.localhost',
      port: 8080,
    },
    accountUrl: { scheme: 'http', hostBefore: '', hostAfter: '.accounts.localhost', port: 8080 },
    logger: pino({ level: 'silent' }),
    ...echo,
    ...options,
  });
  running.push(listener);
  return (await listener.listen({ host: '127.0.0.1', port: 0 })).port;
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes until the other side is done. */
async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

async function exchange(port: number, text: string): Promise<string> {
  const socket = await dial(port);
  socket.write(text);
  return readAll(socket);
}

function get(host: string, more = ''): string {
  return `GET /a?b HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`;
}

describe('the listener', () => {
  it('leads each host to its door', async () => {
    const port = await start();
    const ours = await exchange(port, get('sallyport.localhost:8080'));
    assert.match(ours, /^HTTP\/1\.1 200 .*public GET \/a\?b$/s);
    const account = await exchange(port, get('acme.accounts.localhost:8080'));
    assert.match(account, /acme GET \/a\?b$/);
  });

  it('tells a stranger nothing', async () => {
    const answer = await exchange(await start(), get('evil.example'));
    assert.match(answer, /^HTTP\/1\.1 421 /);
    assert.match(answer, /Connection: close/);
    assert.doesNotMatch(answer, /sallyport\.|accounts\.localhost|8080|evil/);
    assert.match(answer, /"type":"\/problems\/misdirected"/);
  });

  for (const [says, text] of [
    ['two Hosts', get('sallyport.localhost:8080', 'Host: sallyport.localhost:8080\r\n')],
    ['two Hosts, one of them foreign', get('sallyport.localhost:8080', 'host: evil.example\r\n')],
    ['no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['no Host in HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'],
    ['a list of hosts', get('sallyport.localhost:8080,acme.accounts.localhost:8080')],
    ['another port', get('sallyport.localhost:9090')],
    ['a trailing dot', get('acme.accounts.localhost.:8080')],
    ['userinfo', get('a@sallyport.localhost:8080')],
    ['HTTP/0.9', 'GET /\r\n\r\n'],
    ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: sallyport.localhost:8080\r\n\r\n'],
    ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: sallyport.localhost:8080\r\n\r\n'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    [
      'length and chunks',
      get('sallyport.localhost:8080', 'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'),
    ],
    ['two lengths', get('sallyport.localhost:8080', 'Content-Length: 1\r\nContent-Length: 2\r\n')],
    ['a folded header', get('sallyport.localhost:8080', 'A: b\r\n c\r\n')],
    ['a NUL', get('sallyport.localhost:8080', 'A: b\u0000c\r\n')],
    ['a TLS greeting', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001'],
    [
      'an upgrade',
      get('sallyport.localhost:8080').replace(
        'Connection: close',
        'Connection: Upgrade\r\nUpgrade: websocket',
      ),
    ],
  ] as const) {
    it(`answers 400 and hangs up: ${says}`, async () => {
      const answer = await exchange(await start(), text);
      assert.match(answer, /^HTTP\/1\.1 400 /);
      assert.match(answer, /Connection: close/i);
      assert.doesNotMatch(answer, /public GET|acme GET/);
    });
  }

  it('takes a hundred headers, and no more', async () => {
    const port = await start();
    const fields = (count: number): string =>
      Array.from({ length: count }, (_, index) => `X-${index}: a\r\n`).join('');
    const enough = await exchange(port, get('sallyport.localhost:8080', fields(98)));
    assert.match(enough, /^HTTP\/1\.1 200 /);
    const more = await exchange(port, get('sallyport.localhost:8080', fields(99)));
    assert.match(more, /^HTTP\/1\.1 431 /);
    const many = await exchange(port, get('sallyport.localhost:8080', 'A:b\r\n'.repeat(2_500)));
    assert.match(many, /^HTTP\/1\.1 431 /);
  });

  it('takes 16 kB of headers, and no more', async () => {
    const answer = await exchange(
      await start(),
      get('sallyport.localhost:8080', `X: ${'a'.repeat(17_000)}\r\n`),
    );
    assert.match(answer, /^HTTP\/1\.1 431 /);
    assert.match(answer, /problems\/header-too-large/);
  });

  it('is no forward proxy', async () => {
    const answer = await exchange(
      await start(),
      'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n',
    );
    assert.match(answer, /^HTTP\/1\.1 405 /);
  });

  it('leads upgrades to the account they are for, with what came behind them', async () => {
    const upgrade = get('acme.accounts.localhost:8080').replace(
      'Connection: close',
      'Connection: Upgrade\r\nUpgrade: websocket',
    );
    const answer = await exchange(await start(), `${upgrade}early`);
    assert.match(answer, /^HTTP\/1\.1 101 .*acme early$/s);
  });

  it('refuses upgrades for hosts that are not ours', async () => {
    const upgrade =
      'GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';
    assert.match(await exchange(await start(), upgrade), /^HTTP\/1\.1 421 /);
  });

  it('invites no body before somebody wants it', async () => {
    const seen: string[] = [];
    const port = await start({
      accountDoor: {
        ...echo.accountDoor,
        serve: (request, response) => {
          seen.push(request.headers.expect ?? '');
          response.statusCode = 403;
          response.end();
        },
      },
    });
    const answer = await exchange(
      port,
      'POST / HTTP/1.1\r\nHost: acme.accounts.localhost:8080\r\nContent-Length: 5\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n',
    );
    assert.deepEqual(seen, ['100-continue']);
    assert.match(answer, /^HTTP\/1\.1 403 /);
    assert.doesNotMatch(answer, /100 Continue/);
  });

  it('takes no other expectation', async () => {
    const answer = await exchange(
      await start(),
      get('sallyport.localhost:8080', 'Expect: miracles\r\n'),
    );
    assert.match(answer, /^HTTP\/1\.1 417 /);
  });

  it('hangs up on headers that never end', async () => {
    const port = await start({ headersTimeoutMs: 200, requestTimeoutMs: 400 });
    const answer = await exchange(port, 'GET / HTTP/1.1\r\nHost: sall');
    assert.match(answer, /^(HTTP\/1\.1 408 |$)/);
  });

  it('survives a door that throws', async () => {
    let first = true;
    const port = await start({
      publicDoor: (_, response) => {
        if (first) {
          first = false;
          throw new Error('a door fell out of its frame');
        }
        response.end('well');
      },
    });
    assert.equal(await exchange(port, get('sallyport.localhost:8080')), '');
    assert.match(await exchange(port, get('sallyport.localhost:8080')), /well$/);
  });

  it('does not put a refusal into the middle of an answer', async () => {
    const port = await start({
      publicDoor: (_, response) => {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('half');
      },
    });
    const socket = await dial(port);
    socket.write('GET / HTTP/1.1\r\nHost: sallyport.localhost:8080\r\n\r\n');
    const [head] = (await once(socket, 'data')) as [Buffer];
    assert.match(head.toString(), /^HTTP\/1\.1 200 /);
    socket.write('\u0000junk\r\n\r\n');
    assert.doesNotMatch(await readAll(socket), /HTTP\/1\.1 400/);
  });
});

describe('draining', () => {
  /** A listener whose requests wait until they are let go. */
  async function startWaiting() {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<{
      request: IncomingMessage;
      response: ServerResponse;
    }>();
    const port = await start({ publicDoor: (request, response) => arrive({ request, response }) });
    const [listener] = running;
    assert.ok(listener);
    return { port, listener, arrived };
  }

  it('closes connections nobody uses at once, even ones that never said a word', async () => {
    const { port, listener } = await startWaiting();
    const socket = await dial(port);
    const begun = performance.now();
    const closed = readAll(socket);
    await listener.drain({ deadlineMs: 10_000 });
    assert.equal(await closed, '');
    assert.ok(performance.now() - begun < 2_000);
  });

  it('lets what is under way end, and says that the connection ends with it', async () => {
    const { port, listener, arrived } = await startWaiting();
    const socket = await dial(port);
    socket.write('GET / HTTP/1.1\r\nHost: sallyport.localhost:8080\r\n\r\n');
    const { response } = await arrived;
    const drained = listener.drain({ deadlineMs: 10_000 });
    const answer = readAll(socket);
    response.end('done');
    await drained;
    assert.match(await answer, /^HTTP\/1\.1 200 .*Connection: close.*done/s);
  });

  it('ends a kept-alive connection whose answer had begun before', async () => {
    const { port, listener, arrived } = await startWaiting();
    const socket = await dial(port);
    socket.write('GET / HTTP/1.1\r\nHost: sallyport.localhost:8080\r\n\r\n');
    const { response } = await arrived;
    response.write('first');
    await once(socket, 'data');
    const drained = listener.drain({ deadlineMs: 10_000 });
    const rest = readAll(socket);
    response.end('last');
    await drained;
    assert.match(await rest, /last/);
  });

  it('takes nobody new', async () => {
    const { port, listener } = await startWaiting();
    await listener.drain({ deadlineMs: 1_000 });
    await assert.rejects(dial(port), { code: 'ECONNREFUSED' });
  });

  it('destroys what is left at the deadline, upgraded connections included', async () => {
    const { promise: upgraded, resolve } = Promise.withResolvers<void>();
    const port = await start({
      publicDoor: () => undefined,
      accountDoor: {
        ...echo.accountDoor,
        upgrade: (_, socket) => {
          socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
          resolve();
        },
      },
    });
    const [hanging, switched] = await Promise.all([dial(port), dial(port)]);
    hanging.write('GET / HTTP/1.1\r\nHost: sallyport.localhost:8080\r\n\r\n');
    switched.write(
      'GET / HTTP/1.1\r\nHost: acme.accounts.localhost:8080\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await upgraded;
    const ended = Promise.all([readAll(hanging), readAll(switched)]);
    const [listener] = running;
    await listener?.drain({ deadlineMs: 100 });
    await ended;
  });
});
