import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inboundHeaders } from '../../src/gateway/response-headers.ts';
import { type Line, pairsOf } from './requests.ts';

const ACCOUNT = 'http://acme.accounts.localhost:8080';
const UPSTREAM = 'http://app.internal:9000';
const OURS: [string, string][] = [
  ['cache-control', 'no-store'],
  ['sallyport-record', '4711'],
];

function pass(lines: readonly Line[], upstreamOrigin = UPSTREAM): [string, string][] {
  const rewrite = {
    record: 4711,
    upstreamOrigin,
    accountOrigin: ACCOUNT,
    cookieNames: ['sallyport-visit', '__Host-sallyport'],
  };
  return pairsOf(inboundHeaders(lines, rewrite));
}

function passed(...lines: Line[]): [string, string][] {
  return pass(lines).slice(0, -OURS.length);
}

describe('the header block a client gets', () => {
  it('is never stored and names its record, whatever the upstream says', () => {
    assert.deepEqual(pass([]), OURS);
    const own: Line[] = [
      ['Cache-Control', 'public, max-age=31536000'],
      ['cache-control', 'immutable'],
      ['Sallyport-Record', '1'],
      ['SALLYPORT-RECORD', '2'],
    ];
    assert.deepEqual(pass(own), OURS);
  });

  for (const name of [
    'Connection',
    'Keep-Alive',
    'Proxy-Authenticate',
    'Proxy-Connection',
    'Transfer-Encoding',
    'Trailer',
    'TE',
    'Upgrade',
    'Alt-Svc',
    'Clear-Site-Data',
    'clear-site-data',
    'Service-Worker-Allowed',
    'Strict-Transport-Security',
    'CDN-Cache-Control',
    'Surrogate-Control',
    'X-Accel-Redirect',
    'X-Sendfile',
    'Sallyport-Assertion',
    'Sallyport_Record',
  ])
    it(`has nothing of an upstream's ${name}`, () => {
      assert.deepEqual(pass([[name, 'x']]), OURS);
    });

  it('has nothing that the upstream named in Connection', () => {
    assert.deepEqual(passed(['Connection', 'X-Hop, close'], ['x-hop', '1'], ['X-End', '2']), [
      ['x-end', '2'],
    ]);
  });

  it('has everything else in its order, several lines of one name as several', () => {
    const lines: Line[] = [
      ['Content-Type', 'text/html'],
      ['Set-Cookie', 'a=1; Path=/; HttpOnly'],
      ['ETag', '"x"'],
      ['Set-Cookie', 'b=2'],
      ['Content-Length', '3'],
    ];
    assert.deepEqual(passed(...lines), pairsOf(lines.flat()));
  });
});

describe('a cookie of an upstream', () => {
  const rewritten: [string, string][] = [
    ['a=1; Domain=accounts.localhost; Path=/', 'a=1; Path=/'],
    ['a=1; domain=.accounts.localhost', 'a=1'],
    ['a=1;DOMAIN = localhost ;Secure', 'a=1;Secure'],
    ['a=1; Domain', 'a=1'],
    ['a=1; Domain=x; Domain=y; HttpOnly', 'a=1; HttpOnly'],
    ['a=domain=x; SameSite=Lax', 'a=domain=x; SameSite=Lax'],
    ['domain=1; Path=/', 'domain=1; Path=/'],
    ['a=1; XDomain=x', 'a=1; XDomain=x'],
  ];
  for (const [value, expected] of rewritten)
    it(`stays on this host: ${value}`, () => {
      assert.deepEqual(passed(['Set-Cookie', value]), [['set-cookie', expected]]);
    });

  for (const value of [
    'sallyport-visit=x',
    'sallyport-visit=; Max-Age=0',
    ' sallyport-visit =x; Path=/',
    '__Host-sallyport=x; Secure; Path=/',
    'sallyport-visit',
    '=sallyport-visit=x',
    ' = sallyport-visit=x',
    '=x',
    '',
  ])
    it(`is dropped when it could become one of ours: ${JSON.stringify(value)}`, () => {
      assert.deepEqual(passed(['Set-Cookie', value]), []);
    });
});

describe("an upstream's own address", () => {
  const own: [string, string][] = [
    [UPSTREAM, ACCOUNT],
    [`${UPSTREAM}/`, `${ACCOUNT}/`],
    [`${UPSTREAM}/login?next=/x#y`, `${ACCOUNT}/login?next=/x#y`],
    [`${UPSTREAM}?x`, `${ACCOUNT}?x`],
    ['HTTP://APP.internal:9000/x', `${ACCOUNT}/x`],
    ['//app.internal:9000/x', `${ACCOUNT}/x`],
  ];
  for (const [location, expected] of own)
    it(`becomes the account's: ${location}`, () => {
      assert.deepEqual(passed(['Location', location]), [['location', expected]]);
      assert.deepEqual(passed(['Content-Location', location]), [['content-location', expected]]);
    });

  for (const location of [
    '/login',
    'login',
    '?x',
    'http://app.internal/x',
    'https://app.internal:9000/x',
    'http://app.internal:9000.evil.example/x',
    'http://app.internal:90001/',
    'http://evil.example/?u=http://app.internal:9000/',
    '/x?u=http://app.internal:9000/',
    'mailto:x@example.com',
    'http://[broken/',
    '',
  ])
    it(`is not seen in ${JSON.stringify(location)}`, () => {
      assert.deepEqual(passed(['Location', location]), [['location', location]]);
    });

  it('may have its default port written out', () => {
    const headers = pass([['Location', 'https://app.internal:443/x']], 'https://app.internal');
    assert.deepEqual(headers[0], ['location', `${ACCOUNT}/x`]);
  });
});
