import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { parseDuration } from '../domain/duration.ts';
import type { Milliseconds } from '../domain/time.ts';
import {
  formatSignerKey,
  makeSignerKey,
  parseSignerKey,
  type SignerKey,
} from '../tlog/signer-key.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { publicKeyOf, sha256 } from './crypto.ts';
import { LogRefused } from './log-refused.ts';
import { createFile, readFileIfThere } from './private-file.ts';

/** Where the log's key is kept, and the log's name, which the key bears. */
export interface LogKeyPlace {
  readonly keyFile: string;
  readonly origin: string;
}

/** A key that was made to follow, and how long the one before signs beside it. */
export interface NextKey {
  readonly key: SignerKey;
  readonly overlapMs: Milliseconds;
}

/** Where the key is that will follow, until the log has said so. */
export function nextKeyFile({ keyFile }: LogKeyPlace): string {
  return `${keyFile}.next`;
}

/** Where the key before is once another has followed. */
export function previousKeyFile({ keyFile }: LogKeyPlace): string {
  return `${keyFile}.previous`;
}

/** The key that signs the log; `undefined` if its file is not there. Throws `LogRefused` for any other than this log's. */
export function readLogKey({ keyFile, origin }: LogKeyPlace): Promise<SignerKey | undefined> {
  return readKey(keyFile, origin);
}

/** The key before, if it is still there. Throws `LogRefused` as `readLogKey` does, and if others may read it. */
export async function readPreviousKey(place: LogKeyPlace): Promise<SignerKey | undefined> {
  await demandPrivate(previousKeyFile(place));
  return readKey(previousKeyFile(place), place.origin);
}

/** The key that is to follow, if one was made. Throws `LogRefused` as `readPreviousKey` does. */
export async function readNextKey(place: LogKeyPlace): Promise<NextKey | undefined> {
  const file = nextKeyFile(place);
  await demandPrivate(file);
  const bytes = await readFileIfThere(file);
  if (bytes === undefined) return undefined;
  const [line = '', second = ''] = new TextDecoder().decode(bytes).split('\n');
  const key = demandName(file, parseKey(file, line), place.origin);
  const overlapMs = parseDuration(second.replace(/^overlap /, ''));
  if (overlapMs === undefined)
    throw new LogRefused(`${file} does not say how long both keys sign (overlap 30d)`);
  return { key, overlapMs };
}

/** Makes the key of a log that has never been signed, in a file for its owner alone (mode 0600). */
export async function makeLogKey({ keyFile, origin }: LogKeyPlace): Promise<SignerKey> {
  const key = drawKey(origin);
  await createFile(keyFile, keyLine(key));
  return key;
}

/** A fresh key of that name. */
export function drawKey(origin: string): SignerKey {
  const seed = new Uint8Array(randomBytes(32));
  return makeSignerKey(sha256, publicKeyOf, { name: origin, type: 'note', seed });
}

/** What a key file holds. */
export function keyLine(key: SignerKey): Uint8Array {
  return new TextEncoder().encode(`${formatSignerKey(key)}\n`);
}

/** Reads a key file of whichever log. Throws `LogRefused` for what is none; `undefined` if it is not there. */
export async function readAnyKey(file: string): Promise<SignerKey | undefined> {
  const bytes = await readFileIfThere(file);
  return bytes && parseKey(file, new TextDecoder().decode(bytes).replace(/\n$/, ''));
}

async function readKey(file: string, origin: string): Promise<SignerKey | undefined> {
  const key = await readAnyKey(file);
  return key && demandName(file, key, origin);
}

function demandName(file: string, key: SignerKey, origin: string): SignerKey {
  if (key.verifier.name !== origin)
    throw new LogRefused(
      `${file} holds the key of ${key.verifier.name}, but log.origin is ${origin}: a log keeps its name`,
    );
  return key;
}

/** The configuration sees to the key file itself; of those beside it, it knows nothing. */
async function demandPrivate(file: string): Promise<void> {
  const mode = (await stat(file).catch(() => undefined))?.mode ?? 0;
  if ((mode & 0o077) !== 0) throw new LogRefused(`others may read ${file}: chmod 600 it`);
}

function parseKey(file: string, line: string): SignerKey {
  try {
    const key = parseSignerKey(sha256, publicKeyOf, line);
    if (key.verifier.type === 'note') return key;
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
  }
  throw new LogRefused(`${file} holds no key that signs a log (PRIVATE+KEY+name+id+key)`);
}
