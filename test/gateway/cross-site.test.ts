import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isForeign, isNavigation } from '../../src/gateway/cross-site.ts';
import { type Line, messageOf } from './requests.ts';

const OWN = 'http://acme.accounts.localhost:8080';
const NAVIGATION: Line[] = [
  ['Sec-Fetch-Mode', 'navigate'],
  ['Sec-Fetch-Dest', 'document'],
];

function judge(method: string, ...lines: Line[]): boolean {
  return isForeign(messageOf(lines, method), OWN);
}

describe('a request with the cookie of a visit', () => {
  const foreignOrigins = [
    'http://globex.accounts.localhost:8080',
    'http://sallyport.localhost:8080',
    'https://acme.accounts.localhost:8080',
    'http://acme.accounts.localhost',
    'http://acme.accounts.localhost:8081',
    'http://ACME.accounts.localhost:8080',
    'http://acme.accounts.localhost:8080/',
    'http://acme.accounts.localhost:8080.evil.example',
    'http://evil.example',
    'null',
    '',
    `${OWN}, http://evil.example`,
    `${OWN} http://evil.example`,
  ];
  for (const origin of foreignOrigins)
    it(`is foreign with the Origin ${JSON.stringify(origin)}, whatever the method`, () => {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE'])
        assert.ok(judge(method, ['Origin', origin]), method);
    });

  it('is foreign with a foreign Origin, even if it navigates', () => {
    for (const site of ['same-site', 'cross-site', 'none', 'same-origin'])
      assert.ok(
        judge('GET', ['Origin', 'http://evil.example'], ['Sec-Fetch-Site', site], ...NAVIGATION),
        site,
      );
  });

  it('is foreign with two Origins or two Sec-Fetch-Sites, of which one could be believed', () => {
    assert.ok(judge('POST', ['Origin', OWN], ['Origin', 'http://evil.example']));
    assert.ok(judge('POST', ['Origin', OWN], ['origin', OWN]));
    const site: Line = ['Sec-Fetch-Site', 'same-origin'];
    assert.ok(judge('POST', site, ['Sec-Fetch-Site', 'cross-site']));
    assert.ok(judge('GET', site, site));
  });

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'QUERY'])
    it(`is foreign for ${method} unless it says that it is our own page's`, () => {
      assert.ok(judge(method));
      for (const site of ['same-site', 'cross-site', '', 'Same-Origin', 'same-origin, none'])
        assert.ok(judge(method, ['Sec-Fetch-Site', site], ...NAVIGATION), site);
      assert.equal(judge(method, ['Origin', OWN]), false);
      assert.equal(judge(method, ['Sec-Fetch-Site', 'same-origin']), false);
      assert.equal(judge(method, ['Sec-Fetch-Site', 'none']), false);
    });

  for (const site of ['same-site', 'cross-site'])
    it(`is foreign when ${site} and not a top-level navigation`, () => {
      const from: Line = ['Sec-Fetch-Site', site];
      for (const [mode, destination] of [
        ['no-cors', 'image'],
        ['no-cors', 'script'],
        ['cors', 'empty'],
        ['navigate', 'iframe'],
        ['navigate', 'embed'],
        ['navigate', 'object'],
        ['navigate', 'frame'],
        ['nested-navigate', 'document'],
        ['websocket', 'websocket'],
      ] as const)
        assert.ok(
          judge('GET', from, ['Sec-Fetch-Mode', mode], ['Sec-Fetch-Dest', destination]),
          destination,
        );
      assert.ok(judge('GET', from));
      assert.ok(judge('GET', from, ['Sec-Fetch-Mode', 'navigate']));
    });

  it('passes as a top-level navigation with a safe method', () => {
    for (const site of ['same-site', 'cross-site'])
      for (const method of ['GET', 'HEAD'])
        assert.equal(judge(method, ['Sec-Fetch-Site', site], ...NAVIGATION), false);
  });

  it('passes when it is safe and of a client that knows neither header', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) assert.equal(judge(method), false);
  });

  it('passes from a page of our own that sends no referrer, and from nobody else', () => {
    const opaque: Line = ['Origin', 'null'];
    assert.equal(judge('POST', opaque, ['Sec-Fetch-Site', 'same-origin']), false);
    for (const site of ['none', 'same-site', 'cross-site'])
      assert.ok(judge('POST', opaque, ['Sec-Fetch-Site', site], ...NAVIGATION), site);
  });

  it('may open a WebSocket only with our own Origin', () => {
    const upgrade: Line = ['Upgrade', 'WebSocket'];
    assert.equal(judge('GET', upgrade, ['Origin', OWN]), false);
    assert.ok(judge('GET', upgrade));
    assert.ok(judge('GET', upgrade, ['Sec-Fetch-Site', 'same-origin']));
    assert.ok(judge('GET', upgrade, ['Origin', 'null'], ['Sec-Fetch-Site', 'same-origin']));
    assert.ok(judge('GET', upgrade, ['Origin', 'http://globex.accounts.localhost:8080']));
  });
});

describe('a navigation', () => {
  const page: Line = ['Accept', 'text/html,*/*;q=0.8'];

  it('asks for a page, by GET or HEAD, and does not say that it is something else', () => {
    assert.ok(isNavigation(messageOf([page])));
    assert.ok(isNavigation(messageOf([page, ['Sec-Fetch-Mode', 'navigate']])));
    assert.ok(!isNavigation(messageOf([['Accept', '*/*']])));
    assert.ok(!isNavigation(messageOf([])));
    assert.ok(!isNavigation(messageOf([page], 'POST')));
    for (const mode of ['cors', 'no-cors', 'websocket', 'same-origin'])
      assert.ok(!isNavigation(messageOf([page, ['Sec-Fetch-Mode', mode]])), mode);
  });
});
