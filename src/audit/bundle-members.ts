import type { Entry, Reader } from '@zip.js/zip.js';
import { ZipReader } from '@zip.js/zip.js/lib/zip-core-reader.js';
import { decodeUtf8 } from '../tlog/utf8.ts';
import { MEMBERS } from './bundle-format.ts';
import { BundleRefused } from './bundle-refused.ts';

/** The members of a bundle by name, each as the part of the file where its bytes stand. Absent ones are empty. */
export type BundleMembers = ReadonlyMap<string, Blob>;

const KNOWN: ReadonlySet<string> = new Set(Object.values(MEMBERS));
/** Nothing of a ZIP file that is read at once is longer: directory, comment, headers. */
const MAX_READ = 1 << 20;
const HEADER_SIZE = 30;
const HEADER_MAGIC = 0x04034b50;
const FLAG_ENCRYPTED = 1;

/**
 * Finds the members of a ZIP file without reading them. Checksums are not compared: what the entries commit
 * to says more. Throws a BundleRefused for what is no ZIP file, for members that are unknown, there twice,
 * compressed or encrypted, and for those that lie where another one or none can lie.
 */
export async function findMembers(file: Blob): Promise<BundleMembers> {
  const members = new Map<string, Blob>();
  let free = 0;
  for (const entry of await readDirectory(file)) {
    const name = entry.filename;
    const at = await findStart(file, entry, name);
    const end = at + entry.uncompressedSize;
    if (entry.offset < free || end > file.size)
      throw new BundleRefused(name, 'it lies where it cannot lie');
    free = end;
    members.set(name, file.slice(at, end));
  }
  return members;
}

async function readDirectory(file: Blob): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const names = new Set<string>();
  const directory = new ZipReader(new BoundedReader(file), { strictness: 'strict' });
  try {
    for await (const entry of directory.getEntriesGenerator()) {
      checkName(entry.filename, names);
      names.add(entry.filename);
      entries.push(entry);
    }
  } catch (error) {
    if (error instanceof BundleRefused || isUnreadable(error)) throw error;
    throw new BundleRefused('the file', `it is no ZIP file as a bundle is one (${wordsOf(error)})`);
  }
  return entries.toSorted((one, other) => one.offset - other.offset);
}

/** The file itself cannot be read any more: that says nothing about what is in it. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && error.name === 'NotReadableError';
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it cannot be read';
}

function checkName(name: string, names: ReadonlySet<string>): void {
  if (!KNOWN.has(name))
    throw new BundleRefused(JSON.stringify(name), 'a bundle has no such member');
  if (names.has(name)) throw new BundleRefused(name, 'it is there twice');
}

/** Where its bytes begin: behind a header of its own, which has to say the same as the directory. */
async function findStart(file: Blob, entry: Entry, name: string): Promise<number> {
  const { offset, compressionMethod, compressedSize, uncompressedSize, encrypted } = entry;
  if (compressionMethod !== 0 || compressedSize !== uncompressedSize || encrypted)
    throw new BundleRefused(name, 'it is compressed or encrypted; members are stored as they are');
  const nameAt = offset + HEADER_SIZE;
  const header = new DataView(await file.slice(offset, nameAt).arrayBuffer());
  if (header.byteLength < HEADER_SIZE || header.getUint32(0, true) !== HEADER_MAGIC)
    throw new BundleRefused(name, `no member begins at byte ${offset}`);
  const nameEnd = nameAt + header.getUint16(26, true);
  const itsName = new Uint8Array(await file.slice(nameAt, nameEnd).arrayBuffer());
  const isStored = header.getUint16(8, true) === 0;
  const isEncrypted = (header.getUint16(6, true) & FLAG_ENCRYPTED) !== 0;
  if (!isStored || isEncrypted || decodeUtf8(itsName) !== name)
    throw new BundleRefused(name, `the header at byte ${offset} says otherwise than the directory`);
  return nameEnd + header.getUint16(28, true);
}

/** Reads parts of a file, none of them so large that a hostile one could fill the memory. */
class BoundedReader implements Reader<Blob> {
  readonly #file: Blob;
  readonly size: number;

  constructor(file: Blob) {
    this.#file = file;
    this.size = file.size;
  }

  /** Reading goes by place alone: this is there because the type demands it. */
  get readable(): ReadableStream<Uint8Array> {
    return this.#file.stream();
  }

  createReadable(): ReadableStream<Uint8Array> {
    return this.readable;
  }

  async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    if (length > MAX_READ) throw new RangeError(`a directory of ${length} bytes`);
    return new Uint8Array(await this.#file.slice(index, index + length).arrayBuffer());
  }
}
