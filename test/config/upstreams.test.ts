import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigFolder, changed } from './config-folder.ts';

const folder = new ConfigFolder();
const console_ = { name: 'console', target: 'https://console.example.net' };
const admin = { name: 'admin', target: 'https://admin.example.net', paths: ['/admin'] };

function only(key: string, value: unknown) {
  return changed(`upstreams[0].${key}`, value);
}

describe('an upstream', () => {
  it('needs a name and a target, and opens nothing by itself', () => {
    const [upstream] = folder.read(changed('upstreams', [console_])).upstreams;
    assert.deepEqual(
      { ...upstream, target: upstream?.target.origin },
      {
        name: 'console',
        target: 'https://console.example.net',
        paths: ['/'],
        preserveHost: false,
        accountHeader: undefined,
        readRequests: [],
        blocked: [],
        routes: [],
        recordQuery: [],
      },
    );
  });

  for (const [key, value, path, detail] of [
    ['name', undefined, 'name', /required/],
    ['target', undefined, 'target', /required/],
    ['name', '', 'name', /must be 1 to 63/],
    ['name', 'Console', 'name', /must be 1 to 63/],
    ['name', 'a_b', 'name', /must be 1 to 63/],
    ['name', 'a.b', 'name', /must be 1 to 63/],
    ['name', 'a'.repeat(64), 'name', /must be 1 to 63/],
    ['preserveHost', 'true', 'preserveHost', /true or false/],
    ['preserveHost', 1, 'preserveHost', /true or false/],
    ['recordQuery', [''], 'recordQuery[0]', /empty/],
    ['recordQuery', ['page', 'page'], 'recordQuery', /twice/],
    ['recordQuery', 'page', 'recordQuery', /a list/],
    ['paths', [], 'paths', /at least one path/],
  ] as const) {
    it(`cannot have ${key} = ${JSON.stringify(value)}`, () => {
      folder.assertRefused(only(key, value), `upstreams[0].${path}`, detail);
    });
  }

  for (const path of [
    '',
    'api',
    '//',
    '/api/',
    '/a//b',
    '/.',
    '/..',
    '/a/../b',
    '/a/.',
    '/%2e%2e',
    '/a%2fb',
    '/a%5cb',
    '/a%00',
    '/a?x=1',
    '/a?',
    '/a#b',
    '/a b',
    '/a\\b',
    '/a;b',
    '/{id}',
    'https://x/a',
    '/é',
    7,
  ]) {
    it(`cannot have the path ${JSON.stringify(path)}`, () => {
      folder.assertRefused(only('paths', ['/ok', path]), 'upstreams[0].paths[1]', /^must be a/);
    });
  }

  for (const path of ['/.sallyport', '/.sallyport/authorize']) {
    it(`cannot have ${path}, which is the gateway's own`, () => {
      folder.assertRefused(only('paths', [path]), 'upstreams[0].paths[0]', /gateway's own/);
    });
  }

  for (const header of [
    '',
    'X Account',
    'X-Account:',
    'X_Account',
    'X.Account',
    'X-Account\r\nY: z',
    'é',
    'Sallyport-Account',
    'sallyport-assertion',
    'Host',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Forwarded',
    'X-Forwarded-For',
    'x-forwarded-user',
    'X-Real-IP',
    'Via',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'Content-Length',
    'Cookie',
    'Authorization',
    'Origin',
    'Sec-Fetch-Site',
    'Expect',
  ]) {
    it(`cannot tell the account in ${JSON.stringify(header)}`, () => {
      folder.assertRefused(only('accountHeader', header), 'upstreams[0].accountHeader', /^must/);
    });
  }

  it('may tell the account in a header of its own', () => {
    assert.equal(
      folder.read(only('accountHeader', 'X-Account')).upstreams[0]?.accountHeader,
      'X-Account',
    );
  });

  for (const key of ['readRequests', 'blocked'] as const) {
    it(`may end a rule of ${key} in /**`, () => {
      const [upstream] = folder.read(only(key, ['POST /search', 'POST /reports/**'])).upstreams;
      assert.deepEqual(
        upstream?.[key].map(({ rest }) => rest),
        [false, true],
      );
    });

    for (const rule of [
      '',
      'POST',
      '/search',
      'post /search',
      'POST search',
      '* /x',
      'POST /a/../b',
      'POST /x?y',
      'POST /**/x',
      7,
    ]) {
      it(`cannot have ${JSON.stringify(rule)} in ${key}`, () => {
        folder.assertRefused(only(key, ['POST /ok', rule]), `upstreams[0].${key}[1]`, /^must be/);
      });
    }
  }

  it('has nouns for its routes', () => {
    const routes = {
      'GET /invoices/{id}': 'invoice {id}',
      'GET /reset/{secret}': 'a password reset',
    };
    const [upstream] = folder.read(only('routes', routes)).upstreams;
    assert.deepEqual(upstream?.routes[0], {
      route: { method: 'GET', segments: [{ literal: 'invoices' }, { name: 'id' }], rest: false },
      noun: 'invoice {id}',
    });
    assert.equal(upstream?.routes[1]?.noun, 'a password reset');
  });

  for (const [route, noun, detail] of [
    ['/invoices', 'invoices', /METHOD \/path/],
    ['GET /invoices/**', 'invoices', /must not end in \/\*\*/],
    ['GET /invoices/{id}', 'invoice {number}', /\{number\}, which is not in its path/],
    ['GET /reset/{secret}', 'reset {secret}', /never recorded/],
    ['GET /invoices/{id}', 'invoice {id', /a brace too many/],
    ['GET /invoices/{id}', 'invoice id}', /a brace too many/],
    ['GET /invoices', '', /a noun of one line/],
    ['GET /invoices', 'a\nb', /a noun of one line/],
    ['GET /invoices', 'x'.repeat(101), /a noun of one line/],
    ['GET /invoices', 7, /must be a text/],
  ] as const) {
    it(`cannot call ${route} ${JSON.stringify(noun)}`, () => {
      folder.assertRefused(
        only('routes', { [route]: noun }),
        `upstreams[0].routes["${route}"]`,
        detail,
      );
    });
  }

  it('has one noun for a kind of request', () => {
    const routes = { 'GET /a/{id}': 'one', 'GET /a/new': 'new', 'GET /a/{name}': 'two' };
    folder.assertRefused(
      only('routes', routes),
      'upstreams[0].routes["GET /a/{name}"]',
      /matches the same requests/,
    );
  });
});

describe('several upstreams', () => {
  it('have names and paths of their own', () => {
    const read = folder.read(changed('upstreams', [console_, admin])).upstreams;
    assert.deepEqual(
      read.map(({ name, paths }) => [name, paths]),
      [
        ['console', ['/']],
        ['admin', ['/admin']],
      ],
    );
  });

  for (const [upstreams, path] of [
    [[console_, { ...admin, name: 'console' }], 'upstreams[1].name'],
    [[console_, { ...admin, paths: ['/admin', '/'] }], 'upstreams[1].paths[1]'],
    [[admin, console_, { ...console_, name: 'third', paths: ['/admin'] }], 'upstreams[2].paths[0]'],
    [[{ ...console_, paths: ['/a', '/a'] }], 'upstreams[0].paths[1]'],
  ] as const) {
    it(`cannot share ${path}`, () =>
      folder.assertRefused(changed('upstreams', upstreams), path, /taken already/));
  }

  it('are compared even where one of them is wrong', () => {
    const paths = folder
      .refuse(
        changed('upstreams', [
          { ...console_, target: 'x' },
          7,
          { ...admin, name: 'console', paths: ['/', 9] },
        ]),
      )
      .map(({ path }) => path);
    assert.deepEqual(paths.sort(), [
      'upstreams[0].target',
      'upstreams[1]',
      'upstreams[2].name',
      'upstreams[2].paths[0]',
      'upstreams[2].paths[1]',
    ]);
  });

  it('are at least one', () =>
    folder.assertRefused(changed('upstreams', []), 'upstreams', /at least one/));
});
