import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ContentCommitter } from '../../src/audit/content-committer.ts';
import { commitTo, SALT_SIZE, SECTIONS } from '../../src/audit/content.ts';
import { hex, sha256 } from '../support/sha256.ts';

describe('committing to one content after the other', () => {
  it('comes to what committing to each alone comes to', () => {
    const committer = new ContentCommitter(sha256);
    const section = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null });
    fc.assert(
      fc.property(fc.tuple(section, section, section, section, section), (sections) => {
        const present = sections.flatMap((bytes, at) => {
          const name = SECTIONS[at];
          if (bytes === null || name === undefined) return [];
          return [[name, { bytes, salt: new Uint8Array(randomBytes(SALT_SIZE)) }] as const];
        });
        const salts = Buffer.concat(present.map(([, { salt }]) => salt));
        const commitment = committer.commit(sections, salts);
        assert.equal(
          hex(commitment ?? new Uint8Array()),
          hex(commitTo(sha256, Object.fromEntries(present))),
        );
      }),
    );
  });

  it('grows for a long section, and forgets it', () => {
    const committer = new ContentCommitter(sha256);
    const salt = new Uint8Array(SALT_SIZE);
    for (const size of [3, 100_000, 3, 200_000, 0]) {
      const bytes = new Uint8Array(randomBytes(size));
      const alone = commitTo(sha256, { action: { bytes, salt } });
      const commitment = committer.commit([bytes, null, null, null, null], salt);
      assert.deepEqual(commitment, alone);
    }
  });

  for (const [what, salts] of [
    ['no salt', 0],
    ['half a salt', SALT_SIZE / 2],
    ['a salt too many', 2 * SALT_SIZE],
  ] as const)
    it(`refuses a section with ${what}`, () => {
      const committer = new ContentCommitter(sha256);
      const sections = [Uint8Array.of(1), null, null, null, null];
      assert.equal(committer.commit(sections, new Uint8Array(salts)), undefined);
    });
});
