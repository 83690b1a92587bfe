import { joinBytes } from '../tlog/bytes.ts';
import type { Sha256 } from '../tlog/hash.ts';

/** The readable part of an entry, in this order; each is committed to on its own. */
export const SECTIONS = ['action', 'actor', 'net', 'reason', 'subject'] as const;
export type SectionName = (typeof SECTIONS)[number];

/** One section as stored: its canonical bytes and its salt. The bytes are never serialised again. */
export interface Section {
  readonly bytes: Uint8Array;
  readonly salt: Uint8Array;
}

export type Content = { readonly [name in SectionName]?: Section };

export const SALT_SIZE = 16;

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const SECTION_LABEL = ascii('access-log/section/v1\n');
const CONTENT_LABEL = ascii('access-log/content/v1\n');
const ABSENT = new Uint8Array(32);

/** What stands before the five digests of a content that is committed to. */
export const CONTENT_PREFIX = joinBytes(CONTENT_LABEL, Uint8Array.of(SECTIONS.length));

/** What stands before salt and bytes of a section of that name. */
export function sectionPrefix(name: SectionName): Uint8Array {
  const label = ascii(name);
  return joinBytes(SECTION_LABEL, Uint8Array.of(label.length), label);
}

/** SHA-256("access-log/section/v1\n" ‖ u8(len name) ‖ name ‖ salt ‖ bytes). */
export function digestSection(sha256: Sha256, name: SectionName, section: Section): Uint8Array {
  return sha256(joinBytes(sectionPrefix(name), section.salt, section.bytes));
}

/** The digests of all five sections in order; 32 zero bytes for one that is absent. */
export function digestSections(sha256: Sha256, content: Content): Uint8Array[] {
  return SECTIONS.map((name) => {
    const section = content[name];
    return section === undefined ? ABSENT : digestSection(sha256, name, section);
  });
}

/** SHA-256("access-log/content/v1\n" ‖ u8(5) ‖ five digests). */
export function commitToDigests(sha256: Sha256, digests: readonly Uint8Array[]): Uint8Array {
  return sha256(joinBytes(CONTENT_PREFIX, ...digests));
}

export function commitTo(sha256: Sha256, content: Content): Uint8Array {
  return commitToDigests(sha256, digestSections(sha256, content));
}
