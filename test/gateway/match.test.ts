import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { maskPath, matchesExactly, matchesLoosely, nameThing } from '../../src/gateway/match.ts';
import { readTarget } from '../../src/gateway/target.ts';
import { routeOf } from './requests.ts';

describe('a rule that opens something', () => {
  const search = routeOf('POST /api/search');

  it('matches its own bytes', () => {
    assert.ok(matchesExactly(search, 'POST', '/api/search'));
    assert.ok(matchesExactly(routeOf('POST /'), 'POST', '/'));
  });

  const others: [string, string][] = [
    ['GET', '/api/search'],
    ['PUT', '/api/search'],
    ['post', '/api/search'],
    ['POST', '/api/Search'],
    ['POST', '/API/search'],
    ['POST', '/api/search/'],
    ['POST', '/api/search;v=1'],
    ['POST', '/api/search%20'],
    ['POST', '/api/%73earch'],
    ['POST', '/api/searches'],
    ['POST', '/api/sear'],
    ['POST', '/api'],
    ['POST', '/'],
    ['POST', '/api/search/all'],
    ['POST', '/v1/api/search'],
    ['POST', '/api/%EF%BD%93earch'],
  ];
  for (const [method, path] of others)
    it(`does not match ${method} ${path}`, () => {
      assert.equal(matchesExactly(search, method, path), false);
    });

  it('takes a name in braces for one whole segment, never an empty one', () => {
    const item = routeOf('POST /items/{id}/preview');
    assert.ok(matchesExactly(item, 'POST', '/items/7/preview'));
    for (const path of ['/items//preview', '/items/7/8/preview', '/items/preview', '/items/7/x'])
      assert.equal(matchesExactly(item, 'POST', path), false, path);
  });

  it('ends in whole segments, even with everything below it', () => {
    const below = routeOf('POST /query/**');
    for (const path of ['/query', '/query/', '/query/a/b'])
      assert.ok(matchesExactly(below, 'POST', path), path);
    for (const path of ['/query2', '/quer', '/', '/Query/a', '/query;x/a'])
      assert.equal(matchesExactly(below, 'POST', path), false, path);
  });
});

describe('a rule that closes something', () => {
  const account = routeOf('DELETE /account');

  const spellings = [
    '/account',
    '/account/',
    '/Account',
    '/ACCOUNT/',
    '/%61ccount',
    '/%41ccount',
    '/acc%6Funt',
    '/account;x=1',
    '/account;',
    '/account%3Bx',
    '/account/;x',
    '/account/%3bx',
    '/%61CCOUNT;v=1/',
    '/%EF%BD%81ccount',
    '/account%EF%BC%9Bx',
    '/account%CD%BEx',
  ];
  for (const path of spellings)
    it(`matches ${path}`, () => {
      assert.ok(matchesLoosely(account, 'DELETE', path));
    });

  for (const path of ['/', '/accounts', '/accoun', '/account/7', '/my/account', '/account-x'])
    it(`does not match ${path}, which is another path`, () => {
      assert.equal(matchesLoosely(account, 'DELETE', path), false);
    });

  it('does not match another method, but a rule for GET closes HEAD', () => {
    assert.equal(matchesLoosely(account, 'GET', '/account'), false);
    assert.equal(matchesLoosely(routeOf('HEAD /export'), 'GET', '/export'), false);
    assert.ok(matchesLoosely(routeOf('GET /export'), 'HEAD', '/export'));
  });

  it('may be written in any spelling itself', () => {
    for (const rule of ['DELETE /Account', 'DELETE /%61ccount', 'DELETE /ACC%4FUNT'])
      assert.ok(matchesLoosely(routeOf(rule), 'DELETE', '/account'), rule);
  });

  it('cannot be dodged by respelling any path that is let through', () => {
    const rule = routeOf('DELETE /admin/{team}/keys');
    fc.assert(
      fc.property(respelled('/admin/blue/keys'), (path) => {
        if (readTarget(path) === undefined) return;
        assert.ok(matchesLoosely(rule, 'DELETE', path), path);
      }),
      { numRuns: 3000 },
    );
  });
});

/** Each letter as it is, in the other case, or encoded; parameters after any segment; a slash at the end. */
function respelled(path: string): fc.Arbitrary<string> {
  const letter = (text: string): fc.Arbitrary<string> => {
    const code = (of: string): string => `%${of.charCodeAt(0).toString(16)}`;
    const upper = text.toUpperCase();
    const wide = encodeURIComponent(String.fromCodePoint(text.charCodeAt(0) + 0xfee0));
    return fc.constantFrom(text, text, upper, code(text), code(upper).toUpperCase(), wide);
  };
  const segment = (text: string): fc.Arbitrary<string> =>
    fc
      .tuple(
        fc.tuple(...text.split('').map(letter)),
        fc.constantFrom('', '', ';', ';x=1', '%3b', '%3Bx', ';%C3%A9', '%EF%BC%9By'),
      )
      .map(([letters, parameters]) => letters.join('') + parameters);
  const segments = path.slice(1).split('/').map(segment);
  return fc
    .tuple(fc.tuple(...segments), fc.constantFrom('', '/', '/;x', '/%3B'))
    .map(([parts, end]) => `/${parts.join('/')}${end}`);
}

describe('the path as it is recorded', () => {
  const routes = [routeOf('GET /reset/{secret}'), routeOf('GET /files/{id}/{secret}/raw')];

  const masked: [string, string][] = [
    ['/reset/t0ken', '/reset/{secret}'],
    ['/reset/t0ken/', '/reset/{secret}/'],
    ['/Reset/t0ken', '/Reset/{secret}'],
    ['/%72eset/t0ken', '/%72eset/{secret}'],
    ['/reset;x=1/t0ken', '/reset;x=1/{secret}'],
    ['/reset/t0ken;x', '/reset/{secret}'],
    ['/reset/t0ken/now', '/reset/{secret}/now'],
    ['/files/7/t0ken/raw', '/files/7/{secret}/raw'],
    ['/files/7/t0ken', '/files/7/{secret}'],
    ['/FILES/7/t0ken/RAW/', '/FILES/7/{secret}/RAW/'],
  ];
  for (const [path, recorded] of masked)
    it(`hides the secret of ${path}`, () => {
      assert.equal(maskPath(routes, path), recorded);
    });

  for (const path of [
    '/',
    '/users',
    '/resets/x',
    '/reset',
    '/reset/',
    '/files/7/8/9',
    '/a/reset/b',
  ])
    it(`shows ${path}, which holds none, as it is`, () => {
      assert.equal(maskPath(routes, path), path);
    });
});

describe('the noun of a request', () => {
  const invoice = routeOf('GET /teams/{team}/invoices/{id}');

  it('names what stands in the path', () => {
    const noun = nameThing('invoice {id} of {team}', invoice, '/teams/blue/invoices/1042');
    assert.equal(noun, 'invoice 1042 of blue');
  });

  it('takes nothing in the path for an instruction', () => {
    for (const id of ['$&', '$1', "$'", '$`', '{team}', '$<id>']) {
      const noun = nameThing('invoice {id}', invoice, `/teams/blue/invoices/${id}`);
      assert.equal(noun, `invoice ${id}`);
    }
  });

  it('shows decoded text, but leaves encoded what would turn or break the line', () => {
    const named = (id: string): string => nameThing('{id}', invoice, `/teams/blue/invoices/${id}`);
    assert.equal(named('caf%C3%A9'), 'café');
    for (const id of ['%E2%80%AEx', '%C2%85x', '%E2%80%A8x', '%E2%80%8Bx', '%F3%A0%80%81'])
      assert.equal(named(id), id);
  });
});
