import { decodeUtf8 } from '../tlog/utf8.ts';
import { joinBytes } from '../tlog/bytes.ts';
import { BundleRefused } from './bundle-refused.ts';

/** What is kept in memory of a member at a time. */
const CHUNK = 1 << 18;
/** A content of five sections at their limit, each character escaped, is shorter. */
const MAX_LINE = 1 << 20;
const NEWLINE = 0x0a;

/** One line of a member, and its number from 1 on. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** The bytes of a member from its beginning, in chunks. */
export async function* readChunks(member: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < member.size; at += CHUNK)
    yield new Uint8Array(await member.slice(at, at + CHUNK).arrayBuffer());
}

/**
 * The lines of a member, as many at once as there are in a chunk. Throws a BundleRefused for a line that is
 * too long, does not end or is not UTF-8.
 */
export async function* readLines(name: string, member: Blob): AsyncGenerator<readonly Line[]> {
  let rest: Uint8Array = new Uint8Array();
  let count = 0;
  for await (const chunk of readChunks(member)) {
    const { lines, left } = splitLines(joinBytes(rest, chunk));
    yield lines.map((bytes) => decodeLine(name, (count += 1), bytes));
    rest = left;
    if (rest.length > MAX_LINE) throw new BundleRefused(lineOf(name, count + 1), 'it is too long');
  }
  if (rest.length > 0) throw new BundleRefused(lineOf(name, count + 1), 'it does not end');
}

/** Where something was found: `contents.ndjson line 7`. */
export function lineOf(name: string, number: number): string {
  return `${name} line ${number}`;
}

function splitLines(bytes: Uint8Array): { lines: Uint8Array[]; left: Uint8Array } {
  const lines: Uint8Array[] = [];
  let at = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, at)) {
    lines.push(bytes.subarray(at, end));
    at = end + 1;
  }
  return { lines, left: bytes.slice(at) };
}

function decodeLine(name: string, number: number, bytes: Uint8Array): Line {
  if (bytes.length > MAX_LINE) throw new BundleRefused(lineOf(name, number), 'it is too long');
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new BundleRefused(lineOf(name, number), 'it is not UTF-8');
  return { number, text };
}
