import { areEqualBytes } from '../tlog/bytes.ts';
import { HASH_SIZE, type Sha256 } from '../tlog/hash.ts';
import { decodeUtf8, encodeUtf8 } from '../tlog/utf8.ts';
import {
  commitToDigests,
  type Content,
  digestSections,
  SALT_SIZE,
  type Section,
  SECTIONS,
  type SectionName,
} from './content.ts';
import { fromHex, toHex } from './hex.ts';

/**
 * As much of an entry's content as its reader may see. What is not shown is vouched for by the digests,
 * so that all of it together is still what the entry commits to.
 */
export interface DisclosedContent {
  readonly sections: Content;
  /** Of all five sections in order, 32 zero bytes for an absent one; `undefined` where every section is shown. */
  readonly digests: readonly Uint8Array[] | undefined;
}

/** The same as JSON: the exact text of each section shown, its salt and the digests in hex. */
export interface DisclosedJson {
  readonly sections: { readonly [name in SectionName]?: string };
  readonly salts: { readonly [name in SectionName]?: string };
  readonly digests?: readonly string[];
}

/** What of a content is shown to a reader who may see only some sections. */
export function disclose(
  sha256: Sha256,
  content: Content,
  mayShow: (name: SectionName) => boolean,
): DisclosedContent {
  const present = SECTIONS.filter((name) => content[name] !== undefined);
  const shown = present.filter(mayShow);
  if (shown.length === present.length) return { sections: content, digests: undefined };
  return {
    sections: Object.fromEntries(shown.map((name) => [name, content[name]])),
    digests: digestSections(sha256, content),
  };
}

/** Whether this is what the entry commits to: the digests are those committed to, and the sections shown are theirs. */
export function isCommittedTo(
  sha256: Sha256,
  { sections, digests }: DisclosedContent,
  commitment: Uint8Array,
): boolean {
  const shown = digestSections(sha256, sections);
  const all = digests ?? shown;
  const areTheirs = SECTIONS.every((name, at) => {
    const [digest, own] = [all[at], shown[at]];
    if (digest === undefined || own === undefined) return false;
    return sections[name] === undefined || areEqualBytes(digest, own);
  });
  return areTheirs && areEqualBytes(commitToDigests(sha256, all), commitment);
}

export function writeDisclosed({ sections, digests }: DisclosedContent): DisclosedJson {
  const present = SECTIONS.flatMap((name) => {
    const section = sections[name];
    return section === undefined ? [] : [{ name, ...section }];
  });
  return {
    sections: Object.fromEntries(present.map(({ name, bytes }) => [name, decodeUtf8(bytes)])),
    salts: Object.fromEntries(present.map(({ name, salt }) => [name, toHex(salt)])),
    ...(digests === undefined ? {} : { digests: digests.map(toHex) }),
  };
}

/** Reads what somebody hands in. Throws a SyntaxError that says what is wrong with it. */
export function readDisclosed(json: unknown): DisclosedContent {
  const fields = readFields(json, 'a content');
  const texts = readFields(fields['sections'], 'sections');
  const salts = readFields(fields['salts'], 'salts');
  for (const name of [...Object.keys(texts), ...Object.keys(salts)])
    if (!isSectionName(name)) throw new SyntaxError(`there is no section ${JSON.stringify(name)}`);
  const sections = SECTIONS.flatMap((name) =>
    texts[name] === undefined && salts[name] === undefined
      ? []
      : [[name, readSection(name, texts[name], salts[name])] as const],
  );
  return { sections: Object.fromEntries(sections), digests: readDigests(fields['digests']) };
}

function readSection(name: SectionName, text: unknown, salt: unknown): Section {
  if (typeof text !== 'string' || !text.isWellFormed())
    throw new SyntaxError(`section ${name} is no text`);
  const bytes = typeof salt === 'string' ? fromHex(salt, SALT_SIZE) : undefined;
  if (bytes === undefined)
    throw new SyntaxError(`the salt of section ${name} is not ${SALT_SIZE} bytes in hex`);
  return { bytes: encodeUtf8(text), salt: bytes };
}

function readDigests(digests: unknown): readonly Uint8Array[] | undefined {
  if (digests === undefined) return undefined;
  if (!Array.isArray(digests) || digests.length !== SECTIONS.length)
    throw new SyntaxError(`there are not ${SECTIONS.length} digests`);
  return digests.map((digest: unknown) => {
    const bytes = typeof digest === 'string' ? fromHex(digest, HASH_SIZE) : undefined;
    if (bytes === undefined) throw new SyntaxError(`a digest is not ${HASH_SIZE} bytes in hex`);
    return bytes;
  });
}

function isSectionName(name: string): name is SectionName {
  return (SECTIONS as readonly string[]).includes(name);
}

function readFields(value: unknown, what: string): { readonly [field: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError(`${what} is no JSON object`);
  return { ...value };
}
