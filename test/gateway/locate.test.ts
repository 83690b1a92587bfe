import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { locate } from '../../src/gateway/locate.ts';
import type { Upstream } from '../../src/gateway/upstream.ts';
import { AMBIGUOUS_TARGETS } from './ambiguous-targets.ts';
import { routeOf, upstreamOf } from './requests.ts';

const CONSOLE = upstreamOf({
  readRequests: [routeOf('POST /search')],
  blocked: [routeOf('DELETE /account'), routeOf('POST /support-access/**')],
  routes: [
    { route: routeOf('GET /invoices/{id}'), noun: 'invoice {id}' },
    { route: routeOf('GET /reset/{secret}'), noun: 'a reset link' },
  ],
  recordQuery: ['page', 'q'],
});

function find(method: string, rawTarget: string, upstreams: readonly Upstream[] = [CONSOLE]) {
  return locate(upstreams, { method, rawTarget });
}

function recordedOf(method: string, rawTarget: string, upstreams?: readonly Upstream[]) {
  const located = find(method, rawTarget, upstreams);
  return located.found === 'place' ? located.place.request : located.request;
}

describe('where a request belongs', () => {
  for (const method of ['TRACE', 'CONNECT', 'TRACK'])
    it(`is nowhere for ${method}, which is never forwarded`, () => {
      assert.equal(find(method, '/users').found, 'forbidden-method');
    });

  it('is nowhere for a target that can be read in two ways', () => {
    for (const target of AMBIGUOUS_TARGETS)
      assert.equal(find('GET', target).found, 'ambiguous', target);
  });

  it('is nowhere when no upstream has the path', () => {
    const api = upstreamOf({ paths: ['/api'] });
    for (const target of ['/', '/apis', '/Api', '/%61pi', '/api;x/y'])
      assert.equal(find('GET', target, [api]).found, 'nothing', target);
  });

  it('is refused for what is blocked, in any spelling', () => {
    for (const target of ['/account', '/Account/', '/%61ccount', '/account;x', '/account?x=1'])
      assert.equal(find('DELETE', target).found, 'blocked', target);
    for (const target of ['/support-access', '/SUPPORT-ACCESS/x/y', '/support%2Daccess;v/x'])
      assert.equal(find('POST', target).found, 'blocked', target);
  });

  it('is refused for what another upstream blocks, if the path only pretends to be elsewhere', () => {
    const admin = upstreamOf({
      name: 'admin',
      paths: ['/Admin'],
      blocked: [routeOf('DELETE /Admin/keys')],
    });
    for (const target of ['/Admin/keys', '/admin/keys', '/%41dmin/keys', '/Admin;x/keys'])
      assert.equal(find('DELETE', target, [CONSOLE, admin]).found, 'blocked', target);
    assert.equal(find('DELETE', '/Admin/other', [CONSOLE, admin]).found, 'place');
  });
});

describe('what a request does', () => {
  const accesses: [string, string, string][] = [
    ['GET', '/users', 'read'],
    ['HEAD', '/users', 'read'],
    ['OPTIONS', '/users', 'read'],
    ['POST', '/search', 'read'],
    ['POST', '/search?q=1', 'read'],
    ['POST', '/users', 'write'],
    ['POST', '/search/', 'write'],
    ['POST', '/Search', 'write'],
    ['POST', '/%73earch', 'write'],
    ['POST', '/search;x', 'write'],
    ['PUT', '/search', 'write'],
    ['DELETE', '/users/1', 'write'],
    ['PATCH', '/users/1', 'write'],
    ['PROPFIND', '/users', 'write'],
    ['QUERY', '/users', 'write'],
    ['get', '/users', 'write'],
  ];
  for (const [method, target, access] of accesses)
    it(`is to ${access} for ${method} ${target}`, () => {
      const located = find(method, target);
      assert.ok(located.found === 'place');
      assert.equal(located.place.access, access);
    });
});

describe('what is recorded of a request', () => {
  const queries: [string, string][] = [
    ['page=2&token=t0ken', 'page=2&token=…'],
    ['page=2&q=a%20b', 'page=2&q=a%20b'],
    ['Page=2', 'Page=…'],
    ['%70age=2', '…=…'],
    ['t0ken', '…'],
    ['t0ken&page=1', '…&page=1'],
    ['page', 'page'],
    ['', ''],
    ['&&page=1', '&&page=1'],
    ['=t0ken', '…=…'],
    ['a=b=c', 'a=…'],
    ['x<script>=1', '…=…'],
    [`${'k'.repeat(65)}=1`, '…=…'],
    ['filter[name]=x', 'filter[name]=…'],
    ['page=1;token=x', 'page=1;token=x'],
  ];
  for (const [query, recorded] of queries)
    it(`is the query ${recorded.slice(0, 30)} for ?${query.slice(0, 30)}`, () => {
      assert.equal(recordedOf('GET', `/users?${query}`).query, recorded);
    });

  it('is the noun of a thing, also for HEAD', () => {
    assert.equal(recordedOf('GET', '/invoices/1042').noun, 'invoice 1042');
    assert.equal(recordedOf('HEAD', '/invoices/1042').noun, 'invoice 1042');
    assert.equal(recordedOf('POST', '/invoices/1042').noun, undefined);
  });

  it('is never a secret, whatever the method and however the path is spelled', () => {
    const targets = [
      '/reset/t0ken',
      '/reset/t0ken?t0ken',
      '/Reset/t0ken/',
      '/%72eset/t0ken',
      '/reset/t0ken/more',
      '/reset/t0ken%2f',
      '/reset/t0ken/../x',
      '//reset/t0ken',
      '/%2572eset/t0ken',
      '/x/../reset/t0ken',
      '/reset\\t0ken',
      'http://acme.accounts.localhost/reset/t0ken',
      '/reset/t0ken#t0ken',
      '/reset%2ft0ken',
    ];
    for (const target of targets)
      for (const method of ['GET', 'POST', 'TRACE', 'DELETE'])
        assert.ok(!JSON.stringify(recordedOf(method, target)).includes('t0ken'), target);
  });

  it('is what makes a path unreadable, where no path holds a secret', () => {
    const open = [upstreamOf()];
    assert.equal(recordedOf('GET', '/a/../b?t0ken', open).path, '/a/../b');
    assert.equal(recordedOf('GET', '/a\u0001b\u00e9', open).path, '/a·b·');
    assert.equal(recordedOf('GET', '/a/..%2f../b/%2e%2e/c').path, '/…/..%2f../…/%2e%2e/…');
  });

  it('is cut at a whole character', () => {
    const smile = encodeURIComponent('😀');
    for (const pad of [2030, 2037, 2038, 2039, 2040, 2041]) {
      const { noun = '' } = recordedOf('GET', `/invoices/${'a'.repeat(pad)}${smile.repeat(20)}`);
      assert.ok(noun.isWellFormed(), String(pad));
      assert.ok(noun.length <= 2049);
    }
  });
});
