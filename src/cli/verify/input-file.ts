import { openAsBlob } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { decodeUtf8 } from '../../tlog/utf8.ts';
import { SourceUnreadable } from './source-refused.ts';
import { UsageMistake } from './usage-mistake.ts';

/** Keys, policies and checkpoints are small. */
const MAX_BYTES = 1 << 20;

/** A file of at most a mebibyte. Throws a SourceUnreadable, and a UsageMistake for a longer one. */
export async function readSmallFile(file: string): Promise<Uint8Array> {
  return explain(file, async () => {
    await using handle = await open(file);
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    if (bytesRead > MAX_BYTES) throw new UsageMistake(`${file} is too long for what it should be`);
    return buffer.subarray(0, bytesRead);
  });
}

/** The same as text. Throws a UsageMistake if it is not UTF-8. */
export async function readSmallText(file: string): Promise<string> {
  const text = decodeUtf8(await readSmallFile(file));
  if (text === undefined) throw new UsageMistake(`${file} is not UTF-8`);
  return text;
}

/** A file of any size, of which only what is looked at is read. Throws a SourceUnreadable. */
export async function openLargeFile(file: string): Promise<Blob> {
  return explain(file, async () => {
    if (!(await stat(file)).isFile()) throw new SourceUnreadable(`${file} is no file`);
    return openAsBlob(file);
  });
}

async function explain<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SourceUnreadable || error instanceof UsageMistake) throw error;
    throw new SourceUnreadable(`${file}: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}
