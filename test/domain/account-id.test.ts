import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ACCOUNT_ID, parseAccountId } from '../../src/domain/account-id.ts';

describe('an account id', () => {
  for (const text of ['a', '0', 'acme', 'acme-2', '2-acme', 'a--b', 'a'.repeat(63)]) {
    it(`may be ${text}`, () => assert.equal(parseAccountId(text), text));
  }

  for (const text of [
    '',
    '-',
    '-acme',
    'acme-',
    'Acme',
    'ACME',
    'a'.repeat(64),
    'a.b',
    'a_b',
    'a b',
    ' acme',
    'acme ',
    'acme\n',
    '\nacme',
    'acme\0',
    'acme/..',
    '..',
    '*',
    'acmé',
    'аcme',
    '%61',
    '{account}',
    'ſ',
    'K',
  ]) {
    it(`cannot be ${JSON.stringify(text)}`, () => assert.equal(parseAccountId(text), undefined));
  }

  for (const value of [
    undefined,
    null,
    7,
    true,
    {},
    ['acme'],
    new String('acme'),
    { toString: () => 'acme' },
  ]) {
    it(`cannot be a ${typeof value} such as ${JSON.stringify(value)}`, () => {
      assert.equal(parseAccountId(value), undefined);
    });
  }

  it('has a pattern others can put into theirs', () => {
    assert.match('/accounts/acme', new RegExp(`^/accounts/${ACCOUNT_ID}$`));
  });
});
