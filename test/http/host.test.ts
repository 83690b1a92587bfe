import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Problem } from '../../src/domain/problem.ts';
import { accountOfHost, findDestination, parseHost } from '../../src/http/host.ts';
import { accountSources, type Served } from '../../src/http/served.ts';

const served: Served = {
  publicUrl: {
    origin: 'http://sallyport.localhost:8080',
    scheme: 'http',
    hostname: 'sallyport.localhost',
    port: 8080,
  },
  accountUrl: { scheme: 'http', hostBefore: '', hostAfter: '.accounts.localhost', port: 8080 },
};

const behindProxy: Served = {
  publicUrl: {
    origin: 'https://access.example.com',
    scheme: 'https',
    hostname: 'access.example.com',
    port: 443,
  },
  accountUrl: { scheme: 'https', hostBefore: 'app.', hostAfter: '.example.net', port: 443 },
};

function refusal(rawHeaders: readonly string[], where = served): string {
  try {
    findDestination(rawHeaders, where);
    return 'let through';
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error.code;
  }
}

describe('a Host header', () => {
  it('names a host, with or without a port', () => {
    assert.deepEqual(parseHost('Example.COM'), { hostname: 'example.com', port: undefined });
    assert.deepEqual(parseHost('a.b-c_d:8080'), { hostname: 'a.b-c_d', port: 8080 });
    assert.deepEqual(parseHost('127.0.0.1:1'), { hostname: '127.0.0.1', port: 1 });
    assert.deepEqual(parseHost('[::1]:65535'), { hostname: '::1', port: 65535 });
  });

  for (const text of [
    '',
    ' ',
    ' a',
    'a ',
    'a b',
    'a,b',
    'a, b',
    'user@a',
    'user:pw@a',
    'a.',
    '.a',
    'a..b',
    'a:',
    'a:0',
    'a:080',
    'a:65536',
    'a:99999999',
    'a:8080:8080',
    'a:+1',
    'a:1e3',
    'a/b',
    'a?b',
    'a#b',
    'a\\b',
    'a%2eb',
    'http://a',
    '*',
    '*.a',
    '[::1',
    '::1',
    '[::g]',
    '[]',
    '[1.2.3.4]',
    '[::1%25lo]',
    'ä.example',
    'a\tb',
    'a\u0000',
    'a'.repeat(254),
  ]) {
    it(`cannot be ${JSON.stringify(text.slice(0, 30))}`, () => {
      assert.equal(parseHost(text), undefined);
    });
  }
});

describe('a request belongs', () => {
  it('to the public origin, or to the account in its host', () => {
    const ours = ['host', 'SALLYPORT.localhost:8080', 'Accept', '*/*'];
    assert.deepEqual(findDestination(ours, served), { to: 'public' });
    assert.deepEqual(findDestination(['Host', 'acme.accounts.localhost:8080'], served), {
      to: 'account',
      account: 'acme',
    });
    assert.deepEqual(findDestination(['Host', 'app.acme.example.net'], behindProxy), {
      to: 'account',
      account: 'acme',
    });
  });

  it('to the same place with the default port written or not', () => {
    for (const host of ['access.example.com', 'access.example.com:443']) {
      assert.deepEqual(findDestination(['Host', host], behindProxy), { to: 'public' });
    }
  });

  for (const [says, rawHeaders] of [
    ['no Host', ['Accept', '*/*']],
    ['two Hosts', ['Host', 'sallyport.localhost:8080', 'host', 'sallyport.localhost:8080']],
    ['an empty Host', ['Host', '']],
    ['a list of hosts', ['Host', 'sallyport.localhost:8080, evil.example']],
    ['another port', ['Host', 'sallyport.localhost:8081']],
    ['no port where there must be one', ['Host', 'sallyport.localhost']],
    ["another port on an account's host", ['Host', 'acme.accounts.localhost']],
    ['a trailing dot', ['Host', 'sallyport.localhost.:8080']],
    ['userinfo', ['Host', 'x@sallyport.localhost:8080']],
  ] as const) {
    it(`nowhere, and is ambiguous, with ${says}`, () => {
      assert.equal(refusal(rawHeaders), 'ambiguous-request');
    });
  }

  for (const host of [
    'evil.example:8080',
    'localhost:8080',
    'accounts.localhost:8080',
    'a.b.accounts.localhost:8080',
    '-acme.accounts.localhost:8080',
    'ac_me.accounts.localhost:8080',
    'xsallyport.localhost:8080',
    'sallyport.localhost.evil.example:8080',
    '127.0.0.1:8080',
  ]) {
    it(`to somebody else if its host is ${host}`, () => {
      assert.equal(refusal(['Host', host]), 'misdirected');
    });
  }

  it('to no account when before and after overlap', () => {
    const accounts = { ...behindProxy.accountUrl, hostBefore: 'a.b.', hostAfter: '.b.c' };
    assert.equal(accountOfHost(accounts, 'a.b.c'), undefined);
    assert.equal(accountOfHost(accounts, 'a.b..b.c'), undefined);
    assert.equal(accountOfHost(accounts, 'a.b.x.b.c'), 'x');
  });
});

describe('the sources of all accounts', () => {
  it('are written with a wildcard, and a port only if it is not the usual one', () => {
    assert.equal(accountSources(served.accountUrl), 'http://*.accounts.localhost:8080');
    assert.equal(accountSources(behindProxy.accountUrl), 'https://*.example.net');
  });
});
