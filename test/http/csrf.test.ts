import { describe, it } from 'node:test';
import express from 'express';
import request from 'supertest';
import { Problem } from '../../src/domain/problem.ts';
import { refuseCrossSite } from '../../src/http/csrf.ts';

const ORIGIN = 'http://sallyport.localhost:8080';

const app = express();
app.use(refuseCrossSite(ORIGIN));
app.use((_, response) => response.sendStatus(204));
app.use(((error, _request, response, _next) => {
  response.sendStatus(error instanceof Problem ? error.status : 500);
}) as express.ErrorRequestHandler);

const COOKIE = { cookie: 'sallyport=x' };

const TABLE: readonly [says: string, headers: Record<string, string>, status: 204 | 403][] = [
  ['our own origin', { ...COOKIE, origin: ORIGIN }, 204],
  ['no origin, but same-origin', { ...COOKIE, 'sec-fetch-site': 'same-origin' }, 204],
  [
    'our origin, whatever fetch metadata say',
    { ...COOKIE, origin: ORIGIN, 'sec-fetch-site': 'cross-site' },
    204,
  ],
  ['no cookie, so nobody is spoken for', { origin: 'https://evil.example' }, 204],
  ['neither header', COOKIE, 403],
  ['another origin', { ...COOKIE, origin: 'https://evil.example' }, 403],
  ["an account's origin", { ...COOKIE, origin: 'http://acme.accounts.localhost:8080' }, 403],
  ['another scheme', { ...COOKIE, origin: 'https://sallyport.localhost:8080' }, 403],
  ['another port', { ...COOKIE, origin: 'http://sallyport.localhost' }, 403],
  ['our origin with something behind it', { ...COOKIE, origin: `${ORIGIN}.evil.example` }, 403],
  ['our origin in other letters', { ...COOKIE, origin: ORIGIN.toUpperCase() }, 403],
  ['our origin and another', { ...COOKIE, origin: `${ORIGIN}, https://evil.example` }, 403],
  ['a null origin', { ...COOKIE, origin: 'null' }, 403],
  ['an empty origin', { ...COOKIE, origin: '' }, 403],
  [
    'a foreign origin with same-origin beside it',
    { ...COOKIE, origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    403,
  ],
  ['same-site', { ...COOKIE, 'sec-fetch-site': 'same-site' }, 403],
  ['cross-site', { ...COOKIE, 'sec-fetch-site': 'cross-site' }, 403],
  ['none, as if typed', { ...COOKIE, 'sec-fetch-site': 'none' }, 403],
  ['our address as referrer alone', { ...COOKIE, referer: `${ORIGIN}/` }, 403],
  ['two cookies of our name', { cookie: 'sallyport=x; sallyport=y' }, 403],
];

describe('an unsafe request', () => {
  for (const [says, headers, status] of TABLE) {
    it(`is ${status === 204 ? 'let through' : 'refused'} with ${says}`, async () => {
      await request(app).post('/').set(headers).expect(status);
    });
  }

  for (const method of ['put', 'patch', 'delete'] as const) {
    it(`may be any but GET, HEAD and OPTIONS: ${method}`, async () => {
      await request(app)[method]('/').set(COOKIE).expect(403);
    });
  }

  it('with a method nobody knows is unsafe', async () => {
    await request(app).propfind('/').set(COOKIE).expect(403);
  });
});

describe('a safe request', () => {
  for (const method of ['get', 'head', 'options'] as const) {
    it(`passes from anywhere: ${method}`, async () => {
      const headers = { ...COOKIE, origin: 'https://evil.example' };
      await request(app)[method]('/').set(headers).expect(204);
    });
  }
});
