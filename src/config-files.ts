import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { demand, Unfit } from './config-mistake.ts';

const OTHERS = 0o077;
const PERMISSIONS = 0o7777;

/** Reads a file as UTF-8. Throws `Unfit` if it is not there, no regular file, or no text. */
export function readTextFile(file: string): string {
  return decodeText(
    file,
    readRegularFile(file, () => {}),
  );
}

/** Reads a secret from a file that only its owner may open; one newline at its end is not part of it. */
export function readSecretFile(file: string): string {
  const text = decodeText(file, readRegularFile(file, demandPrivate));
  const secret = text.replace(/\r?\n$/, '');
  demand(secret !== '', `names ${file}, which is empty`);
  return secret;
}

/** Checks a file that is read later: it must be there, and only its owner may open it. */
export function checkPrivateFile(file: string): void {
  readRegularFile(file, demandPrivate);
}

/** Whether a key file is there. If not, it must be possible to make it, at least with its folder. */
export function canReadOrMake(file: string): 'read' | 'make' {
  const stats = attempt(file, () => statSync(file, { throwIfNoEntry: false }));
  if (stats !== undefined) return 'read';
  checkFolderOf(file);
  return 'make';
}

/** Checks that a file can be made: its folder, or else the one above that, is there and writable. */
export function checkFolderOf(file: string): void {
  const folder = dirname(file);
  const found = [folder, dirname(folder)].find((path) => existsSync(path));
  demand(found !== undefined, `needs the folder ${folder}, which is not there`);
  attempt(found, () => {
    demand(statSync(found).isDirectory(), `needs the folder ${found}, which is no folder`);
    accessSync(found, constants.W_OK | constants.X_OK);
  });
}

function readRegularFile(file: string, check: (file: string, stats: Stats) => void): Uint8Array {
  return attempt(file, () => {
    // Not blocking: opening a pipe would wait for somebody who writes to it.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(descriptor);
      demand(stats.isFile(), `names ${file}, which is no regular file`);
      check(file, stats);
      return readFileSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}

function demandPrivate(file: string, { mode }: Stats): void {
  const written = (mode & PERMISSIONS).toString(8).padStart(4, '0');
  demand(
    (mode & OTHERS) === 0,
    `names ${file}, which others may read (mode ${written}; chmod 600 it)`,
  );
}

function decodeText(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Unfit(`names ${file}, which is not UTF-8 text`);
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is not there',
  EACCES: 'may not be opened by this process',
  EROFS: 'is on a file system that is read-only',
};

function attempt<Result>(file: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (error instanceof Unfit) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Unfit(`names ${file}, which ${CAUSES[code] ?? `cannot be opened (${code})`}`);
  }
}
