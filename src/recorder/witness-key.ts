import { randomBytes } from 'node:crypto';
import {
  formatSignerKey,
  makeSignerKey,
  parseSignerKey,
  type SignerKey,
} from '../tlog/signer-key.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { publicKeyOf, sha256 } from './crypto.ts';
import { createFile, readFileIfThere } from './private-file.ts';
import { WitnessRefused } from './witness-refused.ts';

/** Where a witness keeps its key, and the name that the key bears. */
export interface WitnessKeyPlace {
  readonly keyFile: string;
  readonly name: string;
}

/**
 * The key that cosigns; made, for its owner alone (mode 0600), if the file is not there. Throws a
 * WitnessRefused for a name that no key can have, and for a file with another key or none.
 */
export async function openWitnessKey({ keyFile, name }: WitnessKeyPlace): Promise<SignerKey> {
  const bytes = await readFileIfThere(keyFile);
  if (bytes === undefined) return makeWitnessKey({ keyFile, name });
  const key = parseKey(keyFile, new TextDecoder().decode(bytes));
  if (key.verifier.name !== name)
    throw new WitnessRefused(
      `${keyFile} holds the key of ${key.verifier.name}, not of ${name}: a witness keeps its name`,
    );
  return key;
}

async function makeWitnessKey({ keyFile, name }: WitnessKeyPlace): Promise<SignerKey> {
  const key = nameKey(name, new Uint8Array(randomBytes(32)));
  await createFile(keyFile, new TextEncoder().encode(`${formatSignerKey(key)}\n`));
  return key;
}

function nameKey(name: string, seed: Uint8Array): SignerKey {
  try {
    return makeSignerKey(sha256, publicKeyOf, { name, type: 'cosignature', seed });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new WitnessRefused(
      'a witness has a name without white space and "+", such as witness.example.com/w1',
    );
  }
}

function parseKey(file: string, text: string): SignerKey {
  try {
    const key = parseSignerKey(sha256, publicKeyOf, text.replace(/\n$/, ''));
    if (key.verifier.type === 'cosignature') return key;
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
  }
  throw new WitnessRefused(`${file} holds no key that cosigns (PRIVATE+KEY+name+id+key)`);
}
