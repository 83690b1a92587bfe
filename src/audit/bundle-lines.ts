import { decodeBase64 } from '../tlog/base64.ts';
import { isSize } from '../tlog/inclusion.ts';
import { parseHashes } from '../tlog/proof-lines.ts';
import { type ContentLine, readContentLine, type WithheldLine } from './bundle-format.ts';
import { BundleRefused } from './bundle-refused.ts';
import { lineOf, readLines } from './bundle-stream.ts';

/** What one line tells of one entry. */
interface OfEntry {
  readonly index: number;
}

/** An entry outside the range, and the hashes that lead from it to the root. */
export interface SelectedEntry extends OfEntry {
  readonly entry: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Reads a line's text. Throws a SyntaxError that says what is wrong with it. */
type ReadLine<T> = (text: string) => T;

/**
 * The lines of a member, read, in batches. Throws a BundleRefused that names the line for one that cannot be
 * read, and for indexes that do not rise from line to line.
 */
export async function* readEntryLines<T extends OfEntry>(
  name: string,
  member: Blob,
  read: ReadLine<T>,
): AsyncGenerator<readonly T[]> {
  let last = -1;
  for await (const lines of readLines(name, member))
    yield lines.map(({ number, text }) => {
      const line = tryRead(lineOf(name, number), text, read);
      if (line.index <= last)
        throw new BundleRefused(lineOf(name, number), `entry ${line.index} comes behind ${last}`);
      last = line.index;
      return line;
    });
}

export const readContent: ReadLine<ContentLine> = readContentLine;

export function readSelected(text: string): SelectedEntry {
  const { index, entry, proof } = readFields(text);
  const bytes = typeof entry === 'string' ? decodeBase64(entry) : undefined;
  if (bytes === undefined) throw new SyntaxError('the entry is not base 64');
  const hashes = isTexts(proof) ? parseHashes(proof) : undefined;
  if (hashes === undefined) throw new SyntaxError('the proof is no list of hashes in base 64');
  return { index: readIndex(index), entry: bytes, proof: hashes };
}

/** Words of this form can be shown anywhere. */
const REASON = /^[a-z][a-z-]{0,39}$/;

export function readWithheld(text: string): WithheldLine {
  const { index, reason } = readFields(text);
  if (typeof reason !== 'string' || !REASON.test(reason))
    throw new SyntaxError('it has no reason of at most 40 small letters');
  return { index: readIndex(index), reason };
}

/** What a text says as a JSON object. Throws a SyntaxError if it is none. */
export function readFields(text: string): { readonly [field: string]: unknown } {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError('it is no JSON object');
  return { ...value };
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function readIndex(value: unknown): number {
  if (typeof value !== 'number' || !isSize(value)) throw new SyntaxError('it has no index');
  return value;
}

/** A parser's own words may repeat what was read: they are not passed on. */
function tryRead<T>(where: string, text: string, read: ReadLine<T>): T {
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new BundleRefused(where, isJson(text) ? error.message : 'it is no JSON');
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
