import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, it } from 'node:test';
import {
  type FrontPageOptions,
  type RunningFrontPage,
  startFrontPage,
} from '../../src/demo/front/start-front-page.ts';

const options: FrontPageOptions = {
  port: 0,
  walk: [
    {
      title: 'Ask for access to <acme>',
      as: 'Sam Support',
      says: 'The owner is asked.',
      links: [
        { text: 'Open', url: 'http://sallyport.localhost:8080/enter?account=acme&to=/' },
        { text: 'Trick', url: 'javascript:alert(1)' },
      ],
      command: 'npx sallyport verify --bundle "a b"',
    },
    { title: 'Let them in', says: 'Sam gets in.' },
  ],
  signIns: [
    { realm: 'staff', name: 'Sam Support', email: 'sam@example.com', says: 'Answers customers.' },
    { realm: 'owners', name: 'Olga Owner', email: 'olga@acme.example', says: 'Owns acme.' },
  ],
  addresses: [{ name: 'Gateway', url: 'http://sallyport.localhost:8080/', says: 'Pages.' }],
};

async function withFrontPage(use: (front: RunningFrontPage) => Promise<void>): Promise<void> {
  const front = await startFrontPage(options);
  try {
    await use(front);
  } finally {
    await front.close();
  }
}

describe("the demo's front page", () => {
  it('shows the walk, the people and the addresses it is given', async () => {
    await withFrontPage(async ({ url }) => {
      const text = await (await fetch(url)).text();
      for (const fact of [
        'A walk in two steps',
        'as Sam Support',
        'Answers customers.',
        'Owns acme.',
        'href="http://sallyport.localhost:8080/"',
      ]) {
        assert.ok(text.includes(fact), fact);
      }
    });
  });

  it('escapes what it is given, and links to web addresses only', async () => {
    await withFrontPage(async ({ url }) => {
      const text = await (await fetch(url)).text();
      assert.ok(text.includes('access to &lt;acme&gt;'));
      assert.ok(text.includes('account=acme&amp;to=/'));
      assert.ok(text.includes('--bundle &quot;a b&quot;'));
      assert.ok(!text.includes('javascript:'));
    });
  });

  it('allows itself nothing but its stylesheet and its mark', async () => {
    await withFrontPage(async ({ url }) => {
      const page = await fetch(url);
      const policy = page.headers.get('content-security-policy') ?? '';
      assert.match(
        policy,
        /^default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'/,
      );
      assert.equal((await fetch(`${url}/assets/demo.css`)).status, 200);
      assert.equal((await fetch(`${url}/assets/mark.svg`)).status, 200);
    });
  });

  it('has nothing anywhere else', async () => {
    await withFrontPage(async ({ url }) => {
      for (const path of ['/assets/', '/assets/..%2fpage.ts', '/assets/page.ts', '/x', '//']) {
        assert.equal((await fetch(url + path)).status, 404, path);
      }
      assert.equal((await fetch(url, { method: 'POST' })).status, 404);
    });
  });

  it('answers on both loopback addresses where there are two', async () => {
    await withFrontPage(async ({ port }) => {
      const socket = connect({ host: 'localhost', port });
      await once(socket, 'connect');
      socket.destroy();
      assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
    });
  });

  it('says so when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    assert.ok(address !== null && typeof address === 'object');
    await assert.rejects(startFrontPage({ ...options, port: address.port }), {
      code: 'EADDRINUSE',
    });
    other.close();
  });
});
