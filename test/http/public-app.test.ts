import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Writable } from 'node:stream';
import { beforeEach, describe, it } from 'node:test';
import express, { Router } from 'express';
import { pino } from 'pino';
import request from 'supertest';
import { Problem } from '../../src/domain/problem.ts';
import { html } from '../../src/http/html.ts';
import { createLogger } from '../../src/http/log.ts';
import { createPageFrame, sendPage } from '../../src/http/page.ts';
import { createPublicApp, inviteBody } from '../../src/http/public-app.ts';
import { createRefusal } from '../../src/http/refusal.ts';
import { createSecurityHeaders } from '../../src/http/security-headers.ts';
import type { Served } from '../../src/http/served.ts';
import { createSessions } from '../../src/http/sessions.ts';
import { MemorySessions, SAM } from './session-table.ts';

const served: Served = {
  publicUrl: {
    origin: 'http://sallyport.localhost:8080',
    scheme: 'http',
    hostname: 'sallyport.localhost',
    port: 8080,
  },
  accountUrl: { scheme: 'http', hostBefore: '', hostAfter: '.accounts.localhost', port: 8080 },
};
const ORIGIN = served.publicUrl.origin;
const PAGE = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let logged: string;
const logger = createLogger({
  level: 'warn',
  destination: new Writable({
    write(chunk: Buffer, _, done) {
      logged += chunk.toString();
      done();
    },
  }),
});

function doors(): Router {
  const router = Router();
  const frame = createPageFrame({ product: 'Example', publicOrigin: ORIGIN });
  router.get('/page', (_, response) => {
    sendPage(response, frame({ title: 'A <page>', content: html`<h1>Here.</h1>`, principal: SAM }));
  });
  router.get('/fault', () => {
    throw new Error('the password is swordfish');
  });
  router.get('/half', (_, response) => {
    response.writeHead(200, { 'Content-Length': '100' });
    response.write('half');
    throw new Error('too late');
  });
  router.get('/typed', (_, response) => {
    response.set({ 'Content-Type': 'text/csv', 'Content-Disposition': 'attachment', ETag: 'x' });
    throw new Problem('not-found', 'Gone.');
  });
  router.get('/problem/:code', ({ params }) => {
    throw new Problem(params.code as 'no-basis', 'Because <so>.', {
      errors: [{ pointer: '/a', detail: 'is <b>' }],
      ...(params.code === 'no-basis' ? { requestUrl: `${ORIGIN}/enter?account=acme&to=/` } : {}),
    });
  });
  router.post('/json', inviteBody, express.json({ limit: 100 }), (req, response) => {
    response.json(req.body);
  });
  router.post('/form', express.urlencoded({ parameterLimit: 2 }), (_, response) => {
    response.sendStatus(204);
  });
  return router;
}

function application(where: Served = served) {
  const securityHeaders = createSecurityHeaders({
    ...where,
    issuers: ['http://localhost:4001', 'https://id.example/realms/a'],
  });
  const frame = createPageFrame({ product: 'Example', publicOrigin: ORIGIN });
  const open = Router().get('/healthz', (_, response) => void response.json({ alive: true }));
  return createPublicApp({
    publicOrigin: ORIGIN,
    securityHeaders,
    sessions: createSessions({
      store: new MemorySessions(),
      secret: 'x',
      scheme: where.publicUrl.scheme,
      now: () => 0,
      logger: pino({ level: 'silent' }),
    }),
    refuse: createRefusal({
      publicOrigin: ORIGIN,
      realms: ['staff', 'owners'],
      frame,
      securityHeaders,
      logger,
    }),
    openDoors: [open],
    doors: [doors()],
  });
}

const app = application();

beforeEach(() => {
  logged = '';
});

describe('a problem', () => {
  it('is JSON for programs', async () => {
    const response = await request(app).get('/problem/not-permitted').expect(403);
    assert.equal(response.headers['content-type'], 'application/problem+json');
    assert.equal(response.headers['cache-control'], 'no-store');
    assert.deepEqual(JSON.parse(response.text), {
      type: `${ORIGIN}/problems/not-permitted`,
      title: 'Your role does not allow this',
      status: 403,
      detail: 'Because <so>.',
      errors: [{ pointer: '/a', detail: 'is <b>' }],
    });
  });

  it('is a page for browsers, and everything in it is escaped', async () => {
    const response = await request(app)
      .get('/problem/not-permitted')
      .set('Accept', PAGE)
      .expect(403);
    assert.equal(response.headers['content-type'], 'text/html; charset=utf-8');
    assert.match(response.text, /<h1>Your role does not allow this\.<\/h1>/);
    assert.match(response.text, /Because &lt;so&gt;\./);
    assert.match(response.text, /is &lt;b&gt;/);
    assert.match(response.headers['content-security-policy'] ?? '', /script-src 'none'/);
  });

  for (const [accept, isPage] of [
    ['text/html', true],
    ['TEXT/HTML;q=0.5, application/json;q=0.4', true],
    ['application/json, text/html;q=0.9', false],
    ['text/html, application/json', false],
    ['text/html;q=0', false],
    ['*/*', false],
    ['text/*', false],
    ['', false],
    ['application/problem+json', false],
  ] as const) {
    it(`is ${isPage ? 'a page' : 'JSON'} for Accept: ${accept}`, async () => {
      const response = await request(app).get('/problem/blocked').set('Accept', accept);
      assert.equal((response.headers['content-type'] ?? '').startsWith('text/html'), isPage);
    });
  }

  it('shows the way forward: the page that says what would let in', async () => {
    const response = await request(app).get('/problem/no-basis').set('Accept', PAGE);
    assert.match(response.text, /href="[^"]*\/enter\?account=acme&amp;to=\/"/);
  });

  it('shows the way forward: a sign-in that leads back here', async () => {
    const response = await request(app)
      .get('/problem/sign-in-required?a=b&c')
      .set({ Accept: PAGE, Host: 'sallyport.localhost:8080' })
      .expect(401);
    const back = encodeURIComponent('/problem/sign-in-required?a=b&c');
    assert.match(response.text, new RegExp(`/auth/staff/login\\?returnTo=${back}"`));
    assert.match(response.text, new RegExp(`/auth/owners/login\\?returnTo=${back}"`));
    assert.match(response.headers['www-authenticate'] ?? '', /^Bearer/);
  });

  it('leads back to no path of an account', async () => {
    const response = await request(app)
      .get('/problem/sign-in-required')
      .set({ Accept: PAGE, Host: 'acme.accounts.localhost:8080' });
    assert.match(response.text, /\/auth\/staff\/login\?returnTo=%2F"/);
  });

  it('says when to come back', async () => {
    const response = await request(app).get('/problem/log-unavailable').expect(503);
    assert.equal(response.headers['retry-after'], '5');
  });

  it('takes back what was said about another answer', async () => {
    const { headers } = await request(app).get('/typed').expect(404);
    assert.equal(headers['content-type'], 'application/problem+json');
    assert.equal(headers['content-disposition'], undefined);
    assert.equal(headers['etag'], undefined);
  });
});

describe('a fault', () => {
  it('is logged whole and answered with nothing but a number to quote', async () => {
    const response = await request(app).get('/fault').expect(500);
    const body = JSON.parse(response.text);
    assert.equal(body.type, 'about:blank');
    assert.doesNotMatch(response.text, /swordfish|public-app|node_modules/);
    const id = /urn:uuid:(.*)/.exec(body.instance)?.[1] ?? '';
    assert.ok(id !== '' && logged.includes(id));
    assert.match(logged, /swordfish/);
  });

  it('has a page too', async () => {
    const response = await request(app).get('/fault').set('Accept', PAGE).expect(500);
    assert.match(response.text, /Something went wrong here\./);
    assert.doesNotMatch(response.text, /swordfish/);
  });

  it('cuts an answer that has begun', async () => {
    await assert.rejects(request(app).get('/half'));
    assert.match(logged, /too late/);
  });
});

describe('a body that cannot be read', () => {
  const json = (text: string, type = 'application/json') =>
    request(app).post('/json').set('Content-Type', type).send(text);

  for (const [says, send, status, code] of [
    ['malformed', () => json('{"a":'), 422, 'invalid-request'],
    ['too large', () => json(`{"a":"${'x'.repeat(200)}"}`), 413, 'content-too-large'],
    [
      'in another character set',
      () => json('{}', 'application/json; charset=klingon'),
      422,
      'invalid-request',
    ],
    [
      'in an unknown encoding',
      () => json('{}').set('Content-Encoding', 'zip'),
      422,
      'invalid-request',
    ],
    [
      'of too many fields',
      () => request(app).post('/form').send('a=1&b=2&c=3'),
      413,
      'content-too-large',
    ],
  ] as const) {
    it(`is refused: ${says}`, async () => {
      const response = await send();
      assert.equal(response.status, status);
      const body = JSON.parse(response.text);
      assert.equal(body.type, `${ORIGIN}/problems/${code}`);
      if (code === 'invalid-request') assert.equal(body.errors[0].pointer, '');
      assert.equal(logged, '');
    });
  }
});

describe('the public application', () => {
  it('refuses targets that can be read in more than one way', async () => {
    for (const target of ['//evil.example/', '/a\\b', '/a#b', '*', 'http://evil.example/']) {
      const plain = { url: target };
      const response = await request((req: IncomingMessage, res: ServerResponse) => {
        app(Object.assign(req, plain), res);
      }).get('/');
      assert.equal(response.status, 400, target);
      assert.equal(response.headers['connection'], 'close');
    }
  });

  it('refuses TRACE, and what it does not know', async () => {
    assert.equal((await request(app).trace('/page')).status, 405);
    assert.equal((await request(app).get('/nowhere')).status, 404);
    assert.equal((await request(app).get('/problem/%E0%A4%A')).status, 404);
  });

  it('refuses foreign requests before its doors see them', async () => {
    const response = await request(app).post('/json').set('Cookie', 'sallyport=x').send({});
    assert.equal(response.status, 403);
    assert.match(response.text, /problems\/cross-site/);
  });

  it('allows its pages no script, and forms only where ours lead', async () => {
    const { headers } = await request(app).get('/page').expect(200);
    const policy = headers['content-security-policy'] ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.match(
      policy,
      /form-action 'self' http:\/\/\*\.accounts\.localhost:8080 http:\/\/localhost:4001 https:\/\/id\.example;/,
    );
    assert.doesNotMatch(policy, /unsafe|data:|upgrade-insecure/);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['referrer-policy'], 'same-origin');
    assert.equal(headers['x-powered-by'], undefined);
    assert.equal(headers['strict-transport-security'], undefined);
    assert.equal(headers['set-cookie'], undefined);
  });

  it('promises https only where it is the address', async () => {
    const publicUrl = { ...served.publicUrl, scheme: 'https' as const };
    const { headers } = await request(application({ ...served, publicUrl })).get('/page');
    assert.equal(headers['strict-transport-security'], 'max-age=31536000');
  });

  it('frames its pages with who is there', async () => {
    const { text } = await request(app).get('/page');
    assert.match(text, /<title>A &lt;page&gt; · Example<\/title>/);
    assert.match(text, /Sam &lt;Support&gt; · support/);
    assert.match(text, /<form method="post" action="[^"]*\/auth\/logout">/);
    assert.doesNotMatch(text, /<script| style=|<style/);
  });

  it('serves what its pages load, to keep', async () => {
    const { text } = await request(app).get('/page');
    const paths = [...text.matchAll(/"http:\/\/sallyport\.localhost:8080(\/assets\/[^"]+)"/g)];
    assert.equal(paths.length, 3);
    for (const [, path = ''] of paths) {
      const { headers } = await request(app).get(path).expect(200);
      assert.match(headers['cache-control'] ?? '', /immutable/);
      assert.match(headers['content-type'] ?? '', /^(text\/css|image\/svg\+xml)/);
    }
  });

  it('answers open doors without looking at a sign-in', async () => {
    await request(app).get('/healthz').set('Cookie', 'sallyport=x').expect(200, { alive: true });
  });

  for (const [cookie, isInvited] of [
    [[], true],
    [['Cookie: sallyport=x'], false],
  ] as const) {
    it(`${isInvited ? 'invites' : 'does not invite'} the body of a request it ${isInvited ? 'takes' : 'refuses'}`, async () => {
      const server = createServer().on('checkContinue', app).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      const head = ['POST /json HTTP/1.1', 'Host: a', 'Content-Type: application/json', ...cookie];
      socket.write([...head, 'Content-Length: 2', 'Expect: 100-continue', '', ''].join('\r\n'));
      const [first] = (await once(socket, 'data')) as [Buffer];
      assert.match(first.toString(), isInvited ? /^HTTP\/1\.1 100 / : /^HTTP\/1\.1 403 /);
      socket.destroy();
      server.close().closeAllConnections();
    });
  }
});

describe('the log', () => {
  it('masks cookies and credentials', () => {
    const headers = { cookie: 'a=secret', authorization: 'Bearer secret', accept: '*/*' };
    logger.error({ req: { headers }, res: { headers: { 'set-cookie': 'secret' } }, headers }, 'x');
    assert.doesNotMatch(logged, /secret/);
    assert.match(logged, /\*\/\*/);
    assert.equal(JSON.parse(logged).level, 'error');
  });
});
