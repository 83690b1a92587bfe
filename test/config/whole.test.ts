import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ConfigRefused, readConfig } from '../../src/config.ts';
import { change, ConfigFolder, changed, smallest } from './config-folder.ts';

const folder = new ConfigFolder();
const root = fileURLToPath(new URL('../../', import.meta.url));

function assertFrozen(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  assert.ok(Object.isFrozen(value), `${path} is not frozen`);
  for (const [key, inner] of Object.entries(value)) assertFrozen(inner, `${path}.${key}`);
}

describe('a configuration', () => {
  it('needs six keys, and has the documented defaults for the others', () => {
    const config = folder.read(smallest());
    assert.deepEqual(config.product, { name: 'Example' });
    assert.deepEqual(config.listen, {
      host: '127.0.0.1',
      port: 8080,
      tls: undefined,
      admin: undefined,
    });
    assert.deepEqual(config.trustedProxies, []);
    assert.deepEqual(config.session, {
      secret: { state: 'to-be-made', file: join(folder.path, 'data/session.key') },
      idleMs: 1_800_000,
      absoluteMs: 43_200_000,
      recheckMs: 300_000,
    });
    assert.deepEqual(config.staff.scopes, ['openid', 'profile', 'email']);
    assert.equal(config.staff.rolesClaim, 'groups');
    assert.deepEqual(config.staff.roles, {
      support: ['support'],
      compliance: [],
      responder: [],
      auditor: [],
      admin: [],
    });
    assert.equal(config.owners, undefined);
    assert.deepEqual(config.services, []);
    assert.deepEqual(config.grants, {
      maxDurationMs: 30 * 86_400_000,
      defaultDurationMs: 3_600_000,
      requestExpiresAfterMs: 3 * 86_400_000,
    });
    assert.deepEqual(config.reviews, {
      maxDurationMs: 7 * 86_400_000,
      maxDisclosureDelayMs: 90 * 86_400_000,
      breakGlass: {
        maxDurationMs: 3_600_000,
        ratifyWithinMs: 86_400_000,
        signInNoOlderThanMs: 300_000,
      },
    });
    assert.equal(config.agreement, undefined);
    assert.deepEqual(config.log, {
      origin: 'sallyport.example.com/access',
      keyFile: join(folder.path, 'data/log.key'),
      guardFile: join(folder.path, 'data/sallyport.db.guard'),
      checkpointEveryMs: 1_000,
      heartbeatEveryMs: 3_600_000,
      retentionMs: 365 * 86_400_000,
    });
    assert.equal(config.notices, undefined);
    assert.deepEqual(config.store, {
      engine: 'sqlite',
      file: join(folder.path, 'data/sallyport.db'),
    });
  });

  it('has the policy files of the package unless it names others', () => {
    const { policy } = folder.read(smallest());
    assert.equal(policy.model.file, join(root, 'policy.conf'));
    assert.equal(policy.rules.file, join(root, 'policy.csv'));
    assert.match(policy.model.text, /\[matchers\]/);
    folder.write('mine.csv', 'p, admin', 0o644);
    const own = folder.read(changed('policy.rules', 'mine.csv')).policy;
    assert.deepEqual(own.rules, { file: join(folder.path, 'mine.csv'), text: 'p, admin' });
    assert.equal(own.model.file, join(root, 'policy.conf'));
  });

  it('makes nothing while it is read', () => {
    folder.read(smallest());
    assert.equal(statSync(join(folder.path, 'data'), { throwIfNoEntry: false }), undefined);
  });

  it('is frozen all the way down', () => {
    const settings = smallest();
    change(settings, 'services.billing', { accounts: ['acme'], acts: ['grant.issue'] });
    change(settings, 'upstreams[0].routes', { 'GET /a/{id}': 'thing {id}' });
    change(settings, 'upstreams[0].recordQuery', ['page']);
    change(settings, 'trustedProxies', ['10.0.0.0/8']);
    assertFrozen(folder.read(settings), 'config');
  });

  it('shortens a default that would be longer than the limit somebody set', () => {
    const settings = smallest();
    change(settings, 'session.absolute', '2m');
    change(settings, 'grants.maxDuration', '10m');
    change(settings, 'reviews.maxDuration', '20m');
    const { session, grants, reviews } = folder.read(settings);
    assert.deepEqual([session.idleMs, session.recheckMs], [120_000, 120_000]);
    assert.equal(grants.defaultDurationMs, 600_000);
    assert.equal(reviews.breakGlass.maxDurationMs, 1_200_000);
  });

  it('is read from the example file', () => {
    const config = readConfig({
      file: join(root, 'sallyport.example.yaml'),
      env: { STAFF_CLIENT_SECRET: 'one', OWNERS_CLIENT_SECRET: 'two' },
    });
    assert.equal(config.staff.clientSecret.reveal(), 'one');
    assert.equal(config.owners?.clientSecret.reveal(), 'two');
    assert.equal(config.upstreams[0]?.name, 'console');
    assert.equal(config.upstreams[0]?.blocked.at(-1)?.rest, true);
    assert.equal(config.notices?.mail?.server, '127.0.0.1:2525');
  });

  it('reports ten mistakes at once, each with its path and line', () => {
    const mistakes = folder.refuseText(
      [
        'publicUrl: http://sallyport.example.com',
        'accountUrl: https://accounts.example.com',
        'store: postgres://sallyport@db/sallyport',
        'sesion: {}',
        'session: { idle: 13h }',
        'staff:',
        '  issuer: https://login.example.com',
        '  clientSecretFile: not-there.secret',
        '  roles: { support: [support], boss: [everyone] }',
        'upstreams:',
        '  - name: console',
        '    target: http://console.example.net',
        '    blocked: ["DELETE account"]',
        'grants: { maxDuration: 1h, defaultDuration: 2h }',
        'log: { origin: "${LOG_ORIGIN}" }',
      ].join('\n'),
    );
    assert.deepEqual(
      mistakes.map(({ path, line }) => [path, line]).sort(([, a], [, b]) => Number(a) - Number(b)),
      [
        ['publicUrl', 1],
        ['accountUrl', 2],
        ['store', 3],
        ['sesion', 4],
        ['session.idle', 5],
        ['staff.clientSecretFile', 8],
        ['staff.roles.boss', 9],
        ['upstreams[0].target', 12],
        ['upstreams[0].blocked[0]', 13],
        ['grants.defaultDuration', 14],
        ['log.origin', 15],
      ],
    );
    assert.ok(mistakes.length >= 10);
  });

  it('names every mistake in the message of the error', () => {
    const file = folder.write('bad.yaml', 'publicUrl: 7\n');
    assert.throws(
      () => readConfig({ file, env: {} }),
      (error: unknown) =>
        error instanceof ConfigRefused &&
        error.message.includes(file) &&
        error.message.includes('publicUrl (line 1): must be a text') &&
        error.message.includes('log: is required'),
    );
  });

  for (const key of [
    'publicUrl',
    'accountUrl',
    'store',
    'staff',
    'upstreams',
    'log',
    'log.origin',
  ]) {
    it(`is refused without ${key}`, () =>
      folder.assertRefused(changed(key, undefined), key, /^is required$/));
  }

  for (const [path, value] of [
    ['extra', 1],
    ['product.title', 'x'],
    ['listen.address', 'x'],
    ['listen.admin', { host: '127.0.0.1', port: 1, tls: {} }],
    ['listen.tls', { cert: 'x' }],
    ['session.cookie', 'x'],
    ['staff.secret', 'x'],
    ['staff.accountsClaim', 'x'],
    ['staff.roles.owner', ['x']],
    ['staff.roles.service', ['x']],
    ['services.billing', { accounts: '*', acts: ['grant.issue'], roles: ['admin'] }],
    ['upstreams[0].url', 'x'],
    ['grants.min', '1h'],
    ['reviews.breakglass', {}],
    ['reviews.breakGlass.duration', '1h'],
    ['agreement', { text: 'x' }],
    ['log.file', 'x'],
    ['notices.sms', {}],
    ['policy.csv', 'x'],
  ] as const) {
    it(`has no key that is unknown, such as ${path}`, () => {
      const unknown = folder
        .refuse(changed(path, value))
        .filter(({ detail }) => detail.startsWith('is not a key here'));
      assert.equal(unknown.length, 1);
      assert.ok(unknown[0]?.path.startsWith(path), unknown[0]?.path);
    });
  }

  for (const path of [
    'product',
    'listen',
    'session',
    'staff',
    'owners',
    'services',
    'upstreams',
    'upstreams[0]',
    'upstreams[0].paths',
    'upstreams[0].routes',
    'staff.roles',
    'grants',
    'reviews',
    'reviews.breakGlass',
    'log',
    'notices',
    'notices.webhooks',
    'policy',
    'agreement',
    'trustedProxies',
    'staff.scopes',
  ]) {
    for (const value of [null, 7, 'text']) {
      it(`is refused if ${path} is ${JSON.stringify(value)}`, () => {
        folder.assertRefused(changed(path, value), path, /^(is empty|must be (a|at)|must be one)/);
      });
    }
  }
});
