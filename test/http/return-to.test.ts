import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseReturnTo } from '../../src/http/return-to.ts';

const ORIGIN = 'http://sallyport.localhost:8080';

describe('the way back after a sign-in', () => {
  for (const text of [
    '/',
    '/enter?account=acme&to=%2Finvoices%2F1042',
    '/grants/1#top',
    '/a%20b',
    '/a?next=https://evil.example/',
    '/%E2%82%AC',
    '/@evil',
    '/a//b',
    '/authors',
  ]) {
    it(`may be ${text}`, () => assert.equal(parseReturnTo(text, ORIGIN), text));
  }

  it('is written as browsers would write it', () => {
    assert.equal(parseReturnTo('/a/../b?ä', ORIGIN), '/b?%C3%A4');
  });

  for (const value of [
    undefined,
    null,
    7,
    ['/a'],
    { path: '/a' },
    '',
    'a',
    './a',
    '?a',
    '#a',
    '//evil.example',
    '///evil.example',
    '////evil.example/a',
    '/\\evil.example',
    '\\\\evil.example',
    '\\/evil.example',
    '/a\\b',
    '/%5cevil.example',
    '/%5Cevil.example',
    'https:evil.example',
    'https:/evil.example',
    'https://evil.example',
    'HTTPS://evil.example',
    `${ORIGIN}/a`,
    `${ORIGIN}@evil.example/`,
    'http://user:pw@sallyport.localhost:8080/',
    'javascript:alert(1)',
    'data:text/html,x',
    ' /a',
    '/a ',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r/evil.example',
    '\t//evil.example',
    '/\u0000',
    '/\u007f',
    '/\u0085/evil.example',
    '/\u2028a',
    '/a\r\nSet-Cookie: a=b',
    '/%09/evil.example',
    '/%0d%0aSet-Cookie:%20a=b',
    '/%00',
    '/.//evil.example',
    '/a/..//evil.example',
    '/%2e//evil.example',
    '/./\\evil.example',
    '/auth/logout',
    '/auth/staff/login?returnTo=/auth/staff/login',
    '/a/../auth/logout',
    `/${'a'.repeat(2_000)}`,
    `/${'ä'.repeat(1_000)}`,
  ]) {
    it(`is the first page instead of ${JSON.stringify(value)?.slice(0, 50)}`, () => {
      assert.equal(parseReturnTo(value, ORIGIN), '/');
    });
  }

  it('never leaves the origin, whatever is asked', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '//',
      '%2f',
      '\t',
      '@',
      ':',
      'evil.example',
      '?',
      '#',
      'a',
      '%09',
      'http:',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const path = parseReturnTo(`/${pieces.join('')}`, ORIGIN);
        assert.equal(new URL(path, ORIGIN).origin, ORIGIN);
        assert.ok(path.startsWith('/') && !path.startsWith('//'));
        assert.equal(parseReturnTo(path, ORIGIN), path);
      }),
      { numRuns: 2_000 },
    );
  });
});
