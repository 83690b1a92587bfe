import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLiteralSegment, namesOf, parseRoute } from '../../src/domain/route.ts';

describe('a route', () => {
  it('is a method and a path', () => {
    assert.deepEqual(parseRoute('POST /search'), {
      method: 'POST',
      segments: [{ literal: 'search' }],
      rest: false,
    });
  });

  it('may be the root', () => {
    assert.deepEqual(parseRoute('GET /'), { method: 'GET', segments: [], rest: false });
  });

  it('names what varies in whole segments', () => {
    assert.deepEqual(parseRoute('GET /invoices/{id}/lines/{line_2}'), {
      method: 'GET',
      segments: [{ literal: 'invoices' }, { name: 'id' }, { literal: 'lines' }, { name: 'line_2' }],
      rest: false,
    });
  });

  it('may name a secret, even twice', () => {
    const route = parseRoute('GET /reset/{secret}/{secret}');
    assert.deepEqual(namesOf(route?.segments ?? []), ['secret', 'secret']);
  });

  it('may end in everything below', () => {
    assert.deepEqual(parseRoute('DELETE /admin/**'), {
      method: 'DELETE',
      segments: [{ literal: 'admin' }],
      rest: true,
    });
    assert.deepEqual(parseRoute('PUT /**'), { method: 'PUT', segments: [], rest: true });
  });

  for (const text of [
    'GET /caf%C3%A9',
    'GET /a%20b',
    "GET /a-._~!$&'()+,=:@b",
    'VERSION-CONTROL /x',
  ]) {
    it(`may be ${text}`, () => assert.notEqual(parseRoute(text), undefined));
  }

  for (const text of [
    '',
    'GET',
    'GET ',
    '/x',
    ' /x',
    'get /x',
    'GET  /x',
    'GET\t/x',
    'GET x',
    'GET /x ',
    'GET /x\n',
    '* /x',
    'GET,POST /x',
    '-GET /x',
    'GET- /x',
    'GET //',
    'GET //x',
    'GET /x/',
    'GET /x//y',
    'GET /.',
    'GET /..',
    'GET /x/../y',
    'GET /%2e%2e',
    'GET /x%2fy',
    'GET /x%5Cy',
    'GET /x%00',
    'GET /x%0a',
    'GET /x%7F',
    'GET /x%25',
    'GET /x%2',
    'GET /x%zz',
    'GET /x?y=1',
    'GET /x#y',
    'GET /x\\y',
    'GET /x;y',
    'GET /é',
    'GET /x y',
    'GET http://host/x',
    'GET /{id}.json',
    'GET /x{id}',
    'GET /{}',
    'GET /{1}',
    'GET /{a b}',
    'GET /{a',
    'GET /a}',
    'GET /{{a}}',
    'GET /{id}/{id}',
    'GET /*',
    'GET /x*',
    'GET /**/x',
    'GET /x**',
    'GET /***',
    'GET /**/**',
  ]) {
    it(`cannot be ${JSON.stringify(text)}`, () => assert.equal(parseRoute(text), undefined));
  }

  for (const value of [undefined, null, 7, {}, ['GET /x']]) {
    it(`cannot be ${JSON.stringify(value)}`, () => assert.equal(parseRoute(value), undefined));
  }
});

describe('a literal segment', () => {
  for (const text of ['', '.', '..', 'a/b', '%2E', '%2f', 'a;b', 'a?b', ' ']) {
    it(`cannot be ${JSON.stringify(text)}`, () => assert.equal(isLiteralSegment(text), false));
  }
});
