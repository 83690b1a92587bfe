import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ClaimReading,
  type Claims,
  isSubject,
  readAccounts,
  readEmail,
  readName,
  readRoles,
} from '../../src/identity/claims.ts';

const STAFF: ClaimReading = {
  realm: 'staff',
  rolesClaim: 'groups',
  roles: {
    support: ['support', 'helpdesk'],
    auditor: ['audit'],
    owner: ['boss'],
    service: ['bot'],
  },
};
const OWNERS: ClaimReading = { realm: 'owners', accountsClaim: 'owned_accounts' };

describe('the roles of staff', () => {
  for (const [says, claims, roles] of [
    ['a list of values', { groups: ['support', 'audit', 'x'] }, ['support', 'auditor']],
    ['one value', { groups: 'helpdesk' }, ['support']],
    ['the same role twice', { groups: ['support', 'helpdesk'] }, ['support']],
    ['no claim', {}, []],
    ['nothing', { groups: null }, []],
    ['an empty list', { groups: [] }, []],
    ['other letters', { groups: ['Support', ' support', 'support '] }, []],
    ['a list within a list', { groups: [['support']] }, []],
    ['an object', { groups: { support: true } }, []],
    ['numbers', { groups: [1, true, null] }, []],
    ['values in one text', { groups: 'support audit' }, []],
    ['values of an owner or a service', { groups: ['boss', 'bot'] }, []],
    ['the name of a role that is mapped from nothing', { groups: ['admin'] }, []],
  ] as [string, Claims, string[]][]) {
    it(`are ${JSON.stringify(roles)} from ${says}`, () => {
      assert.deepEqual(readRoles(STAFF, claims), roles);
    });
  }

  it('do not come from what every object has', () => {
    const reading = { ...STAFF, rolesClaim: 'constructor' };
    assert.deepEqual(readRoles(reading, {}), []);
  });

  it('bring no accounts', () => {
    assert.deepEqual(readAccounts(STAFF, { groups: ['acme'], owned_accounts: ['acme'] }), []);
  });
});

describe('the accounts of owners', () => {
  it('are the well-formed ones, once each', () => {
    const owned_accounts = ['acme', 'Acme', 'acme', '', '../x', 7, null, ['b'], 'a.b', 'globex'];
    assert.deepEqual(readAccounts(OWNERS, { owned_accounts }), ['acme', 'globex']);
  });

  it('may be a single one', () => {
    assert.deepEqual(readAccounts(OWNERS, { owned_accounts: 'acme' }), ['acme']);
  });

  it('are ten thousand at most', () => {
    const owned_accounts = Array.from({ length: 10_001 }, (_, index) => `a${index}`);
    assert.equal(readAccounts(OWNERS, { owned_accounts }).length, 10_000);
  });

  it('are none without the claim, and the role is owner all the same', () => {
    assert.deepEqual(readAccounts(OWNERS, {}), []);
    assert.deepEqual(readRoles(OWNERS, { groups: ['support'] }), ['owner']);
  });
});

describe('an e-mail', () => {
  it('is verified only if the provider says exactly true', () => {
    const email = 'Sam@Example.com';
    const verified = readEmail({ email, email_verified: true });
    assert.deepEqual(verified, { email, verifiedEmail: 'sam@example.com' });
    for (const email_verified of ['true', 1, 'yes', null, undefined, false, {}]) {
      assert.deepEqual(readEmail({ email, email_verified }), { email, verifiedEmail: undefined });
    }
  });

  for (const email of [
    7,
    '',
    'sam',
    '@',
    'a@',
    '@b',
    'a@b@c',
    'a b@c',
    'a@b\n',
    `${'a'.repeat(320)}@b`,
    ['a@b'],
  ]) {
    it(`is none: ${JSON.stringify(email).slice(0, 20)}`, () => {
      assert.equal(readEmail({ email, email_verified: true }).verifiedEmail, undefined);
    });
  }
});

describe('a name for show', () => {
  it('is one line of visible text', () => {
    assert.equal(readName({ name: '  Sam\r\nSupport \u202e' }), 'Sam Support');
    assert.equal(readName({ name: 'x'.repeat(500) })?.length, 200);
  });

  for (const name of [undefined, null, 7, '', ' \n\u200b ', {}]) {
    it(`is none: ${JSON.stringify(name)}`, () => assert.equal(readName({ name }), undefined));
  }
});

describe('a subject', () => {
  it('is 1 to 255 characters of visible ASCII', () => {
    for (const text of ['a', 'auth0|5f7', 'a b', 'x'.repeat(255)]) assert.ok(isSubject(text));
    for (const text of ['', 'x'.repeat(256), 'ä', 'a\n', 'a\u0000']) assert.ok(!isSubject(text));
  });
});
