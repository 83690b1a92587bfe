import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  commitTo,
  type Content,
  digestSection,
  type Section,
  SECTIONS,
  type SectionName,
} from '../../src/audit/content.ts';
import { hex, sha256, unhex } from '../support/sha256.ts';
import { type EntryVector, VECTORS } from '../vectors/log-vectors.ts';

function contentOf(vector: EntryVector): Content {
  const sections = Object.entries(vector.sections).map(([name, { jcs, salt }]) => [
    name,
    { bytes: new TextEncoder().encode(jcs), salt: unhex(salt) },
  ]);
  return Object.fromEntries(sections) as Content;
}

describe('the contents of the vectors', () => {
  for (const vector of VECTORS.entry_v1.cases) {
    it(`of kind ${vector.kind} have the digests and the commitment it says`, () => {
      const content = contentOf(vector);
      for (const [name, { digest }] of Object.entries(vector.sections)) {
        const section = content[name as SectionName];
        assert.ok(section !== undefined);
        assert.equal(hex(digestSection(sha256, name as SectionName, section)), digest);
      }
      assert.equal(hex(commitTo(sha256, content)), vector.commitment);
    });
  }
});

describe('a commitment', () => {
  const section: Section = { bytes: Uint8Array.of(123, 125), salt: new Uint8Array(16) };
  const whole: Content = Object.fromEntries(SECTIONS.map((name) => [name, section]));
  const committed = hex(commitTo(sha256, whole));

  it('changes with every bit of a section and of its salt', () => {
    for (const name of SECTIONS)
      for (const part of ['bytes', 'salt'] as const)
        for (const [at, byte] of section[part].entries()) {
          const changed = section[part].slice();
          changed[at] = byte ^ 1;
          const content = { ...whole, [name]: { ...section, [part]: changed } };
          assert.notEqual(hex(commitTo(sha256, content)), committed);
        }
  });

  it('tells sections apart, and an absent one from an empty one', () => {
    const commitments = [
      commitTo(sha256, {}),
      ...SECTIONS.map((name) => commitTo(sha256, { [name]: section })),
      ...SECTIONS.map((name) => commitTo(sha256, { [name]: { ...section, bytes: unhex('') } })),
    ].map(hex);
    assert.equal(new Set(commitments).size, commitments.length);
  });

  it('does not depend on the order the sections are given in', () => {
    const reversed = Object.fromEntries(Object.entries(whole).toReversed()) as Content;
    assert.equal(hex(commitTo(sha256, reversed)), committed);
  });
});
