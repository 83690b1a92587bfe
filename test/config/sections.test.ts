import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatPath } from '../../src/config-mistake.ts';
import { change, ConfigFolder, changed, smallest } from './config-folder.ts';

const folder = new ConfigFolder();

describe('a duration of the configuration', () => {
  for (const path of [
    'session.idle',
    'session.absolute',
    'session.recheck',
    'grants.maxDuration',
    'grants.defaultDuration',
    'grants.requestExpiresAfter',
    'reviews.maxDuration',
    'reviews.maxDisclosureDelay',
    'reviews.breakGlass.maxDuration',
    'reviews.breakGlass.ratifyWithin',
    'reviews.breakGlass.signInNoOlderThan',
    'log.checkpointEvery',
    'log.heartbeatEvery',
    'log.retention',
  ]) {
    for (const value of ['0s', '-1s', '1.5h', '30', '1w', '', '1h30m']) {
      it(`cannot be ${JSON.stringify(value)} (${path})`, () => {
        folder.assertRefused(changed(path, value), path, /must be a duration such as/);
      });
    }
    it(`has a unit (${path})`, () =>
      folder.assertRefused(changed(path, 30), path, /must be a text/));
  }

  for (const [path, value, limit] of [
    ['session.idle', '13h', /session\.absolute, which is 12h/],
    ['session.recheck', '13h', /session\.absolute/],
    ['grants.defaultDuration', '31d', /grants\.maxDuration, which is 30d/],
    ['reviews.breakGlass.maxDuration', '8d', /reviews\.maxDuration, which is 7d/],
    ['log.checkpointEvery', '2h', /longer than 1h/],
    ['log.heartbeatEvery', '25h', /longer than 1d/],
  ] as const) {
    it(`cannot exceed its limit (${path})`, () =>
      folder.assertRefused(changed(path, value), path, limit));
  }

  it('cannot make a heartbeat faster than a second', () =>
    folder.assertRefused(changed('log.heartbeatEvery', '999ms'), 'log.heartbeatEvery', /shorter/));

  it('may be as long as its limit', () => {
    const { grants } = folder.read(changed('grants.defaultDuration', '30d'));
    assert.equal(grants.defaultDurationMs, grants.maxDurationMs);
  });

  it('is compared even where a neighbour is wrong', () => {
    const settings = changed('session', {
      idle: '2h',
      absolute: '1h',
      recheck: 'often',
      cookie: 'x',
    });
    const paths = folder.refuse(settings).map(({ path }) => path);
    assert.deepEqual(paths.sort(), ['session.cookie', 'session.idle', 'session.recheck']);
  });
});

describe('staff', () => {
  for (const [path, value, detail] of [
    ['staff.clientId', '', /empty/],
    ['staff.issuer', undefined, /required/],
    ['staff.clientSecret', '', /must be a secret/],
    ['staff.clientSecret', 'a\nb', /control/],
    ['staff.scopes', ['profile'], /openid/],
    ['staff.scopes', [], /openid/],
    ['staff.scopes', ['openid', 'openid'], /twice/],
    ['staff.rolesClaim', '', /empty/],
    ['staff.roles', {}, /at least one role/],
    ['staff.roles', { support: [], admin: [] }, /at least one role/],
    ['staff.roles.support', 'support', /a list/],
    ['staff.roles.support', ['a', 'a'], /twice/],
  ] as const) {
    it(`cannot have ${path} = ${JSON.stringify(value)}`, () =>
      folder.assertRefused(changed(path, value), path, detail));
  }

  for (const value of ['', ' ', 7, null, 'a\nb', 'a\0b', 'x'.repeat(201)]) {
    it(`cannot get a role by ${JSON.stringify(value)}`, () => {
      folder.assertRefused(
        changed('staff.roles.support', ['ok', value]),
        'staff.roles.support[1]',
        /^(must|is)/,
      );
    });
  }

  it('has the usual values where none are given', () => {
    const { roles } = folder.read(changed('staff.roles', undefined)).staff;
    assert.deepEqual(roles, {
      support: ['support'],
      compliance: ['trust-and-safety'],
      responder: ['on-call'],
      auditor: ['audit'],
      admin: ['platform'],
    });
  });

  it('may get two roles by one value', () => {
    const { roles } = folder.read(
      changed('staff.roles', { support: ['eng'], responder: ['eng'] }),
    ).staff;
    assert.deepEqual([roles.support, roles.responder], [['eng'], ['eng']]);
  });
});

describe('owners', () => {
  it('have defaults for what names their accounts', () => {
    const owners = { issuer: 'https://id.example.com', clientId: 'x', clientSecret: 'y' };
    const read = folder.read(changed('owners', owners)).owners;
    assert.equal(read?.accountsClaim, 'owned_accounts');
    assert.deepEqual(read?.scopes, ['openid', 'profile', 'email']);
  });

  it('are refused whole or not at all', () => {
    assert.deepEqual(
      folder
        .refuse(changed('owners', {}))
        .map(({ path }) => path)
        .sort(),
      ['owners.clientSecret', 'owners.issuer'],
    );
  });
});

describe('a service', () => {
  it('acts in the accounts it lists, or in all', () => {
    const settings = smallest();
    change(settings, 'services.billing', {
      accounts: ['acme', 'b-2'],
      acts: ['grant.issue', 'account.lock'],
    });
    change(settings, 'services.product', { accounts: '*', acts: ['ticket.close'] });
    assert.deepEqual(folder.read(settings).services, [
      { name: 'billing', accounts: ['acme', 'b-2'], acts: ['grant.issue', 'account.lock'] },
      { name: 'product', accounts: '*', acts: ['ticket.close'] },
    ]);
  });

  for (const [service, path, detail] of [
    [{ accounts: '*' }, '.acts', /required/],
    [{ accounts: '*', acts: [] }, '.acts', /at least one act/],
    [{ accounts: '*', acts: '*' }, '.acts', /a list/],
    [
      { accounts: '*', acts: ['grant.issue', 'review.confirm'] },
      '.acts[1]',
      /must be one of grant\.issue/,
    ],
    [{ accounts: '*', acts: ['*'] }, '.acts[0]', /must be one of/],
    [{ accounts: '*', acts: ['account.unlock'] }, '.acts[0]', /must be one of/],
    [{ acts: ['grant.issue'] }, '.accounts', /required/],
    [{ accounts: [], acts: ['grant.issue'] }, '.accounts', /at least one account/],
    [{ accounts: 'acme', acts: ['grant.issue'] }, '.accounts', /or "\*"/],
    [{ accounts: ['*'], acts: ['grant.issue'] }, '.accounts[0]', /must be an account id/],
    [
      { accounts: ['acme', 'Acme'], acts: ['grant.issue'] },
      '.accounts[1]',
      /must be an account id/,
    ],
    [{ accounts: ['acme', 7], acts: ['grant.issue'] }, '.accounts[1]', /account ids/],
    [{ accounts: { acme: true }, acts: ['grant.issue'] }, '.accounts', /or "\*"/],
  ] as const) {
    it(`cannot be ${JSON.stringify(service)}`, () => {
      folder.assertRefused(changed('services.billing', service), `services.billing${path}`, detail);
    });
  }

  for (const name of ['', 'a b', '-a', 'a/b', 'é', 'x'.repeat(64)]) {
    it(`cannot be called ${JSON.stringify(name)}`, () => {
      const services = { [name]: { accounts: '*', acts: ['grant.issue'] } };
      const path = formatPath(['services', name]);
      folder.assertRefused(changed('services', services), path, /must be a name/);
    });
  }
});

describe('the product', () => {
  for (const name of ['', '  ', 'a\r\nBcc: x', '\u0000', 'x'.repeat(201), 7]) {
    it(`cannot be called ${JSON.stringify(name)}`, () =>
      folder.assertRefused(changed('product.name', name), 'product.name', /^must/));
  }
});

describe('log.origin', () => {
  for (const origin of [
    '',
    ' ',
    'a b',
    'a+b',
    'a\tb',
    'a\nb',
    'exämple.com/log',
    'x'.repeat(201),
    7,
  ]) {
    it(`cannot be ${JSON.stringify(origin)}`, () =>
      folder.assertRefused(changed('log.origin', origin), 'log.origin', /^must/));
  }

  for (const origin of ['a', 'example.com/log', "example.com/~a!*',-._:"]) {
    it(`may be ${origin}`, () =>
      assert.equal(folder.read(changed('log.origin', origin)).log.origin, origin));
  }
});
