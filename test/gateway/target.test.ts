import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readTarget } from '../../src/gateway/target.ts';
import { AMBIGUOUS_TARGETS } from './ambiguous-targets.ts';

describe('a request target', () => {
  for (const raw of AMBIGUOUS_TARGETS)
    it(`is refused when it says ${JSON.stringify(raw)}`, () => {
      assert.equal(readTarget(raw), undefined);
    });

  const unsendable = ['', ' /users', '/users ', '/us ers', '/users\t', '/users\r\nX: y', '/usérs'];
  for (const raw of unsendable)
    it(`is refused when it holds bytes no target has: ${JSON.stringify(raw)}`, () => {
      assert.equal(readTarget(raw), undefined);
    });

  it('is refused when it is longer than 8192 bytes', () => {
    assert.ok(readTarget(`/${'a'.repeat(8191)}`));
    assert.equal(readTarget(`/${'a'.repeat(8192)}`), undefined);
  });

  const plain: [string, string, string?][] = [
    ['/', '/'],
    ['/?', '/', ''],
    ['/users', '/users'],
    ['/users/', '/users/'],
    ['/users;v=2/1', '/users;v=2/1'],
    ['/;jsessionid=1', '/;jsessionid=1'],
    ['/...', '/...'],
    ['/.well-known/x', '/.well-known/x'],
    ['/a..b/..c', '/a..b/..c'],
    ['/caf%C3%A9', '/caf%C3%A9'],
    ['/items[0]|x', '/items[0]|x'],
    ['/users?next=//evil/../%2f%00%ff', '/users', 'next=//evil/../%2f%00%ff'],
    ['/users?a?b', '/users', 'a?b'],
  ];
  for (const [raw, path, query] of plain)
    it(`is split and not changed when it says ${raw}`, () => {
      assert.deepEqual(readTarget(raw), { path, query });
    });

  it('puts its path and query together as they came, whatever it accepts', () => {
    fc.assert(
      fc.property(targets(), (raw) => {
        const target = readTarget(raw);
        if (target === undefined) return;
        const { path, query } = target;
        assert.equal(query === undefined ? path : `${path}?${query}`, raw);
      }),
      { numRuns: 2000 },
    );
  });

  it('is read by a URL parser as the same path, whatever it accepts', () => {
    fc.assert(
      fc.property(targets(), (raw) => {
        const target = readTarget(raw);
        if (target === undefined) return;
        const url = new URL(raw, 'http://acme.accounts.localhost');
        assert.equal(url.host, 'acme.accounts.localhost');
        assert.equal(decodeURIComponent(url.pathname), decodeURIComponent(target.path));
        const segments = url.pathname.split('/').length;
        assert.equal(segments, target.path.split('/').length);
      }),
      { numRuns: 2000 },
    );
  });

  it('never decodes to a dot segment or an empty one, whatever it accepts', () => {
    fc.assert(
      fc.property(targets(), (raw) => {
        const target = readTarget(raw);
        if (target === undefined) return;
        const segments = decodeURIComponent(target.path).slice(1).split('/');
        const bare = segments.map((segment) => segment.split(';')[0]);
        assert.ok(!bare.includes('.') && !bare.includes('..'), raw);
        assert.ok(!bare.slice(0, -1).includes(''), raw);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Targets with a grudge: pieces that have fooled parsers, in any order. */
function targets(): fc.Arbitrary<string> {
  const tricks = ['.', '..', '/', '//', '%2e', '%2F', '%5c', '%25', '%00', ';', '%3b', '?', '#'];
  const words = ['users', 'a', '%61', '%C3%A9', '%c0%ae', '~', '|', '\\', ':', '@', '{', '"', '%'];
  const piece = fc.constantFrom(...tricks, ...words, '/', '/', 'b', 'c');
  return fc.array(piece, { maxLength: 10 }).map((pieces) => `/${pieces.join('')}`);
}
