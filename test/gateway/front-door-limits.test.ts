import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
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

async function refuses(text: string, status: number): Promise<RawAnswer> {
  const heard = stage.hits.length;
  const answer = await stage.askText(text);
  assert.equal(answer.status, status);
  assert.equal(stage.hits.length, heard);
  return answer;
}

describe('Expect: 100-continue', () => {
  const headers = ['Content-Length: 5', 'Expect: 100-continue'];

  it('is answered when the attempt is on record, and the body follows', async () => {
    const { token, hits } = stage;
    const connection = await stage.connect();
    connection.send(stage.text({ token, method: 'POST', target: '/expected', headers }));
    assert.equal((await connection.answer()).status, 100);
    const attempt = (await stage.check()).findLast(({ event }) => event === 'access.attempted');
    assert.deepEqual(attempt?.['request'], { method: 'POST', path: '/expected' });
    connection.send('hello');
    assert.equal((await connection.answer()).status, 200);
    assert.equal(hits.at(-1)?.body, 'hello');
    assert.ok(!hits.at(-1)?.rawHeaders.some((name) => name.toLowerCase() === 'expect'));
    connection.destroy();
  });

  it('gets no 100 when the request is refused, and the connection ends', async () => {
    for (const request of [
      { method: 'POST', target: '/expected' },
      { method: 'DELETE', target: '/account', token: stage.token },
      { method: 'POST', target: '/a/../b', token: stage.token },
    ]) {
      const heard = stage.hits.length;
      const connection = await stage.connect();
      connection.send(stage.text({ ...request, headers }));
      const answer = await connection.answer();
      assert.ok(answer.status >= 400, String(answer.status));
      assert.equal(headerOf(answer, 'connection'), 'close');
      await connection.untilClosed();
      assert.equal(stage.hits.length, heard);
    }
  });

  it('is the only expectation there is', async () => {
    const other = ['Expect: 200-ok', 'Content-Length: 0'];
    await refuses(stage.text({ token: stage.token, method: 'POST', headers: other }), 417);
  });
});

describe('a header block', () => {
  it('of more than 100 lines gets 431', async () => {
    const headers = Array.from({ length: 99 }, (_, at) => `X-${at}: 1`);
    assert.equal(
      codeOf(await refuses(stage.text({ token: stage.token, headers }), 431)),
      'header-too-large',
    );
    const fewer = headers.slice(0, 98);
    assert.equal((await stage.ask({ token: stage.token, headers: fewer })).status, 200);
    assert.ok(stage.hits.at(-1)?.rawHeaders.includes('X-97'));
  });

  it('of far more lines gets 431 too, and none of them is lost in silence', async () => {
    const headers = Array.from({ length: 2100 }, () => 'a:');
    await refuses(
      stage.text({ token: stage.token, headers: [...headers, 'Content-Length: 5'] }),
      431,
    );
  });

  it('of more than 16 kB gets 431', async () => {
    await refuses(
      stage.text({ token: stage.token, headers: [`X-Long: ${'x'.repeat(20_000)}`] }),
      431,
    );
    await refuses(stage.text({ token: stage.token, target: `/${'x'.repeat(20_000)}` }), 431);
  });

  it('with a target longer than 8 kB gets 400', async () => {
    await refuses(stage.text({ token: stage.token, target: `/${'x'.repeat(9000)}` }), 400);
  });
});

describe('a host', () => {
  const withHosts = (...hosts: string[]): string => {
    const lines = hosts.map((host) => `Host: ${host}\r\n`).join('');
    return `GET / HTTP/1.1\r\n${lines}Proxy-Authorization: Bearer ${stage.token}\r\n\r\n`;
  };

  it('is asked for exactly once', async () => {
    const own = stage.hostOf('acme');
    await refuses(withHosts(), 400);
    await refuses(withHosts(own, own), 400);
    await refuses(withHosts(own, stage.hostOf('globex')), 400);
  });

  it('gets 400 when it is not written plainly', async () => {
    const own = stage.hostOf('acme');
    const { port } = stage.house;
    for (const host of [
      `${own},${own}`,
      `sam@${own}`,
      `acme.accounts.localhost.:${port}`,
      'acme.accounts.localhost',
      'acme.accounts.localhost:1',
      `acme.accounts.localhost:0${port}`,
      `${own}/x`,
      `acme%2eaccounts.localhost:${port}`,
      ' ',
      `acme..accounts.localhost:${port}`,
    ])
      await refuses(withHosts(host), 400);
  });

  it('gets 421 when it is none of ours, and learns nothing', async () => {
    for (const host of [
      'evil.example',
      '127.0.0.1',
      'accounts.localhost',
      'a.b.accounts.localhost',
    ]) {
      const answer = await refuses(withHosts(`${host}:${stage.house.port}`), 421);
      assert.doesNotMatch(answer.body.toString(), /sallyport|localhost|acme/i);
    }
  });
});
