import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import express, { type Express } from 'express';
import { pino } from 'pino';
import request from 'supertest';
import type { SecretHash } from '../../src/domain/ids.ts';
import { Problem } from '../../src/domain/problem.ts';
import { createSessions } from '../../src/http/sessions.ts';
import { requireSignIn, signInOf } from '../../src/http/sign-in.ts';
import { MemorySessions } from './session-table.ts';

declare module 'express-session' {
  interface SessionData {
    seen?: number;
  }
}

const NOW = 1_000_000;
let now: number;
let table: MemorySessions;
let lastSecret: SecretHash | undefined;

/** An application with sign-ins at one scheme; its supertest connection is always plain http. */
function application(scheme: 'http' | 'https' = 'http'): Express {
  const sessions = createSessions({
    store: table,
    secret: 'a secret of this test',
    scheme,
    now: () => now,
    logger: pino({ level: 'silent' }),
  });
  const app = express();
  app.use(...(sessions.loadSignIn as [express.RequestHandler]));
  const start: express.RequestHandler = async (req, res) => {
    await sessions.renew(req, async (secret) => {
      lastSecret = secret;
      table.start(secret);
    });
    res.sendStatus(204);
  };
  const startFailing: express.RequestHandler = async (req, res) => {
    await sessions.renew(req, async () => Promise.reject(new Problem('log-unavailable', 'No.')));
    res.sendStatus(204);
  };
  const forget: express.RequestHandler = async (req, res) => {
    await sessions.forget(req, res);
    res.sendStatus(204);
  };
  // Express 5 takes what a handler rejects with for an error.
  const routes: [string, express.RequestHandler][] = [
    ['/start', start],
    ['/start-failing', startFailing],
    ['/forget', forget],
  ];
  for (const [path, handler] of routes) app.all(path, handler);
  app.get('/who', (req, res) => {
    res.json({ subject: signInOf(req)?.session.principal.subject ?? null });
  });
  app.get('/required', (req, res) => {
    res.json(requireSignIn(req).session.id);
  });
  app.get('/touch', (req, res) => {
    req.session.seen = (req.session.seen ?? 0) + 1;
    res.json({ seen: req.session.seen });
  });
  app.get('/slow', (req, res) => {
    req.session.seen = 7;
    // It is ended elsewhere while this request is under way.
    if (lastSecret !== undefined) table.change(lastSecret, { endedAt: now });
    res.sendStatus(204);
  });
  app.use(((error, _req, res, _next) => {
    res.status(error instanceof Problem ? error.status : 500).end();
  }) as express.ErrorRequestHandler);
  return app;
}

function cookieOf(response: request.Response): string {
  const [line, ...more] = setCookies(response);
  assert.ok(line !== undefined && more.length === 0, 'exactly one cookie is set');
  return line.split(';', 1)[0] ?? '';
}

function setCookies(response: request.Response): string[] {
  return [response.headers['set-cookie'] ?? []].flat();
}

async function signIn(app: Express): Promise<string> {
  return cookieOf(await request(app).get('/start').expect(204));
}

async function whoIs(app: Express, cookie: string): Promise<string | null> {
  const { body } = await request(app).get('/who').set('Cookie', cookie).expect(200);
  return body.subject;
}

beforeEach(() => {
  now = NOW;
  table = new MemorySessions();
  lastSecret = undefined;
});

describe('a sign-in by cookie', () => {
  it('is known again by its cookie, and stored without its secret', async () => {
    const app = application();
    const cookie = await signIn(app);
    assert.equal(await whoIs(app, cookie), 'sam');
    assert.match(lastSecret ?? '', /^[0-9a-f]{64}$/);
    const stored = JSON.stringify([[...table.rows], table.kept]);
    const id = decodeURIComponent(cookie).split(/s:|\./)[1] ?? '';
    assert.ok(id.length >= 43);
    assert.ok(!stored.includes(id));
  });

  it('is host-only, for scripts invisible, and Lax', async () => {
    const [line] = setCookies(await request(application()).get('/start'));
    assert.match(line ?? '', /^sallyport=s%3A[^;]+; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  it('is __Host- and Secure under https, though the connection is plain', async () => {
    const app = application('https');
    const response = await request(app).get('/start').expect(204);
    const [line] = setCookies(response);
    assert.match(
      line ?? '',
      /^__Host-sallyport=s%3A[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    assert.equal(await whoIs(app, cookieOf(response)), 'sam');
  });

  it('is not made Secure by what a client says of its connection', async () => {
    const response = await request(application()).get('/start').set('X-Forwarded-Proto', 'https');
    assert.doesNotMatch(setCookies(response)[0] ?? '', /Secure/);
  });

  it('gets a new secret each time', async () => {
    const app = application();
    const first = await signIn(app);
    const second = cookieOf(await request(app).get('/start').set('Cookie', first));
    assert.notEqual(first, second);
    assert.equal(table.rows.size, 2);
  });

  it('leaves the browser as it was if it could not be recorded', async () => {
    const app = application();
    const cookie = await signIn(app);
    const response = await request(app).get('/start-failing').set('Cookie', cookie).expect(503);
    assert.deepEqual(setCookies(response), []);
    assert.equal(await whoIs(app, cookie), 'sam');
  });

  it('is required where it is required', async () => {
    const app = application();
    await request(app).get('/required').expect(401);
    await request(app)
      .get('/required')
      .set('Cookie', await signIn(app))
      .expect(200);
  });

  it('carries data, kept in its row', async () => {
    const app = application();
    const cookie = await signIn(app);
    for (const seen of [1, 2]) {
      const { body } = await request(app).get('/touch').set('Cookie', cookie).expect(200);
      assert.equal(body.seen, seen);
    }
  });

  it('is forgotten by the browser on request, and its row is left alone', async () => {
    const app = application('https');
    const cookie = await signIn(app);
    const response = await request(app).post('/forget').set('Cookie', cookie).expect(204);
    assert.deepEqual(setCookies(response), [
      '__Host-sallyport=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure',
    ]);
    assert.equal(table.rows.size, 1);
  });
});

describe('a sign-in is over', () => {
  for (const [says, change, at] of [
    ['when it has been ended', { endedAt: NOW }, NOW],
    ['when it has been idle for its limit', {}, NOW + 1_800_000],
    ['at its absolute end', { lastSeenAt: NOW + 43_199_999 }, NOW + 43_200_000],
  ] as const) {
    it(says, async () => {
      const app = application();
      const cookie = await signIn(app);
      assert.ok(lastSecret);
      table.change(lastSecret, change);
      now = at;
      assert.equal(await whoIs(app, cookie), null);
    });
  }

  it('and is not revived by a slow request that saves it late', async () => {
    const app = application();
    const cookie = await signIn(app);
    await request(app).get('/slow').set('Cookie', cookie).expect(204);
    assert.equal(await whoIs(app, cookie), null);
    assert.equal(table.rows.size, 1);
    assert.ok(lastSecret);
    assert.equal(table.rows.get(lastSecret)?.session.endedAt, NOW);
    assert.equal(table.rows.get(lastSecret)?.data, '{}');
  });
});

describe('a cookie is nobody’s', () => {
  for (const [says, change] of [
    ['without a signature', (value: string) => value.split('.')[0] ?? ''],
    ['with another signature', (value: string) => `${value.slice(0, -4)}AAAA`],
    ['with another secret', (value: string) => value.replace(/s%3A.{4}/, 's%3AAAAA')],
    ['empty', () => ''],
    ['with broken percent-encoding', () => '%E0%A4%A'],
    ['with a quote', () => '"s:x'],
    ['with nothing but dots', () => 's%3A....'],
    ['of ten thousand characters', () => `s%3A${'a'.repeat(10_000)}`],
    ['as JSON', () => 'j%3A%7B%22a%22%3A1%7D'],
  ] as const) {
    it(says, async () => {
      const app = application();
      const [name, value = ''] = (await signIn(app)).split('=', 2);
      assert.equal(await whoIs(app, `${name}=${change(value)}`), null);
    });
  }

  it('signed with the same secret for something else', async () => {
    const app = application();
    const cookie = await signIn(app);
    table.rows.clear();
    assert.equal(await whoIs(app, cookie), null);
  });

  it('if there are two of the name, before or behind', async () => {
    const app = application();
    const cookie = await signIn(app);
    for (const cookies of [
      `${cookie}; sallyport=x`,
      `sallyport=x; ${cookie}`,
      `${cookie}; ${cookie}`,
      ` sallyport = x;${cookie}`,
    ]) {
      assert.equal(await whoIs(app, cookies), null, cookies);
    }
  });

  it('but others beside it do no harm', async () => {
    const app = application();
    const cookie = await signIn(app);
    assert.equal(await whoIs(app, `a=b; ${cookie}; xsallyport=y; c; =d; ;`), 'sam');
  });
});

describe('somebody who only asks', () => {
  it('leaves neither rows nor cookies, with or without junk', async () => {
    const app = application();
    for (const cookie of ['', 'sallyport=junk', 'sallyport=s%3Ax.y']) {
      const response = await request(app).get('/who').set('Cookie', cookie).expect(200);
      assert.deepEqual(setCookies(response), []);
    }
    assert.equal(table.rows.size, 0);
    assert.deepEqual(table.kept, []);
  });

  it('cannot make a row by leaving data', async () => {
    await request(application()).get('/touch').expect(200);
    assert.equal(table.rows.size, 0);
  });
});

describe('the stamp that a sign-in is in use', () => {
  it('is set at most once a minute', async () => {
    const app = application();
    const cookie = await signIn(app);
    const stamps = (): unknown[] => table.kept.filter((work) => work.do === 'stamp-session');
    now = NOW + 59_999;
    await whoIs(app, cookie);
    assert.deepEqual(stamps(), []);
    now = NOW + 60_000;
    await Promise.all([whoIs(app, cookie), whoIs(app, cookie), whoIs(app, cookie)]);
    assert.deepEqual(stamps(), [{ do: 'stamp-session', session: 'session-1', at: NOW + 60_000 }]);
  });

  it('is set four times in a short idle limit', async () => {
    const app = application();
    const cookie = await signIn(app);
    assert.ok(lastSecret);
    table.change(lastSecret, { idleMs: 40_000 });
    now = NOW + 10_000;
    await whoIs(app, cookie);
    assert.equal(table.kept.at(-1)?.do, 'stamp-session');
  });

  it('is nothing anybody waits for, and is tried again after a failure', async () => {
    const app = application();
    const cookie = await signIn(app);
    now = NOW + 60_000;
    const keep = table.keep.bind(table);
    table.keep = async () => Promise.reject(new Error('the writer is gone'));
    assert.equal(await whoIs(app, cookie), 'sam');
    table.keep = keep;
    assert.equal(await whoIs(app, cookie), 'sam');
    assert.equal(table.kept.at(-1)?.do, 'stamp-session');
  });
});

describe('a store that cannot be read', () => {
  it('is a fault for those who bring a cookie, and nothing to others', async () => {
    const app = application();
    const cookie = await signIn(app);
    table.failure = new Error('the disk is gone');
    await request(app).get('/who').set('Cookie', cookie).expect(500);
    await request(app).get('/who').expect(200);
  });
});
