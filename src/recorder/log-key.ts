import { randomBytes } from 'node:crypto';
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

/** The key that signs the log; `undefined` if its file is not there. Throws `LogRefused` for any other than this log's. */
export async function readLogKey({ keyFile, origin }: LogKeyPlace): Promise<SignerKey | undefined> {
  const bytes = await readFileIfThere(keyFile);
  if (bytes === undefined) return undefined;
  const key = parseKey(keyFile, new TextDecoder().decode(bytes));
  if (key.verifier.name !== origin)
    throw new LogRefused(
      `${keyFile} holds the key of ${key.verifier.name}, but log.origin is ${origin}: a log keeps its name`,
    );
  return key;
}

/** Makes the key of a log that has never been signed, in a file for its owner alone (mode 0600). */
export async function makeLogKey({ keyFile, origin }: LogKeyPlace): Promise<SignerKey> {
  const seed = new Uint8Array(randomBytes(32));
  const key = makeSignerKey(sha256, publicKeyOf, { name: origin, type: 'note', seed });
  await createFile(keyFile, new TextEncoder().encode(`${formatSignerKey(key)}\n`));
  return key;
}

function parseKey(file: string, text: string): SignerKey {
  try {
    const key = parseSignerKey(sha256, publicKeyOf, text.replace(/\n$/, ''));
    if (key.verifier.type === 'note') return key;
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
  }
  throw new LogRefused(`${file} holds no key that signs a log (PRIVATE+KEY+name+id+key)`);
}
