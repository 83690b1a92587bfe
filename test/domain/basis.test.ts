import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scopeCovers } from '../../src/domain/basis.ts';

describe('a scope', () => {
  for (const [scope, access, covers] of [
    ['read', 'read', true],
    ['read', 'write', false],
    ['write', 'read', true],
    ['write', 'write', true],
  ] as const)
    it(`${scope} ${covers ? 'covers' : 'does not cover'} ${access}`, () => {
      assert.equal(scopeCovers(scope, access), covers);
    });
});
