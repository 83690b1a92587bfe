import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseUpstream, upstreamOrigin } from '../../src/gateway/upstream.ts';
import { ACME } from '../support/specimens.ts';
import { upstreamOf } from './requests.ts';

const ROOT = upstreamOf({ name: 'root', paths: ['/'] });
const API = upstreamOf({ name: 'api', paths: ['/api', '/v2/api'] });
const KEYS = upstreamOf({ name: 'keys', paths: ['/api/keys'] });

describe('the upstream of a path', () => {
  const choices: [string, string][] = [
    ['/', 'root'],
    ['/users', 'root'],
    ['/api', 'api'],
    ['/api/', 'api'],
    ['/api/users', 'api'],
    ['/v2/api/users', 'api'],
    ['/api/keys', 'keys'],
    ['/api/keys/', 'keys'],
    ['/api/keys/1', 'keys'],
    ['/apis', 'root'],
    ['/api2/users', 'root'],
    ['/api/keys2', 'api'],
    ['/API/keys', 'root'],
    ['/%61pi/keys', 'root'],
    ['/api;x/keys', 'root'],
    ['/api/key%73', 'api'],
    ['/v2/users', 'root'],
  ];
  for (const [path, name] of choices)
    it(`is ${name} for ${path}`, () => {
      for (const upstreams of [
        [ROOT, API, KEYS],
        [KEYS, API, ROOT],
      ])
        assert.equal(chooseUpstream(upstreams, path)?.name, name);
    });

  it('is none when no prefix matches; nothing falls through', () => {
    for (const path of ['/', '/users', '/ap', '/apix', '/API'])
      assert.equal(chooseUpstream([API, KEYS], path), undefined, path);
    assert.equal(chooseUpstream([], '/'), undefined);
  });
});

describe('the origin of an upstream', () => {
  it('may name the account', () => {
    const target = { origin: 'https://{account}.app.example', isPerAccount: true };
    assert.equal(upstreamOrigin(upstreamOf({ target }), ACME), 'https://acme.app.example');
  });
});
