import { joinBytes } from '../tlog/bytes.ts';
import { HASH_SIZE, type Sha256 } from '../tlog/hash.ts';

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
/** What stands before salt and bytes of a section of that name. */
export const SECTION_PREFIXES = Object.fromEntries(
  SECTIONS.map((name) => [
    name,
    joinBytes(ascii('access-log/section/v1\n'), Uint8Array.of(name.length), ascii(name)),
  ]),
) as Readonly<Record<SectionName, Uint8Array>>;
/** What stands before the five digests of a content that is committed to. */
export const CONTENT_PREFIX = joinBytes(
  ascii('access-log/content/v1\n'),
  Uint8Array.of(SECTIONS.length),
);
const ABSENT = new Uint8Array(HASH_SIZE);

/** Inputs are put together here, and hashed at once: an allocation for each would cost as much as its hash. */
const scratch = new Uint8Array(16 * 1024);
const contentInput = new Uint8Array(CONTENT_PREFIX.length + SECTIONS.length * HASH_SIZE);
contentInput.set(CONTENT_PREFIX);

/** SHA-256("access-log/section/v1\n" ‖ u8(len name) ‖ name ‖ salt ‖ bytes). */
export function digestSection(sha256: Sha256, name: SectionName, section: Section): Uint8Array {
  const head = SECTION_PREFIXES[name];
  const length = head.length + section.salt.length + section.bytes.length;
  const input = length <= scratch.length ? scratch.subarray(0, length) : new Uint8Array(length);
  input.set(head);
  input.set(section.salt, head.length);
  input.set(section.bytes, head.length + section.salt.length);
  return sha256(input);
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
  digests.forEach((digest, at) => contentInput.set(digest, CONTENT_PREFIX.length + at * HASH_SIZE));
  return sha256(contentInput);
}

export function commitTo(sha256: Sha256, content: Content): Uint8Array {
  return commitToDigests(sha256, digestSections(sha256, content));
}
