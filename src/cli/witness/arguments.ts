import { isIPv6 } from 'node:net';
import { readListenHost } from '../../config-addresses.ts';
import { canReadOrMake, checkPrivateFile } from '../../config-files.ts';
import { Unfit } from '../../config-mistake.ts';
import type { ListenAddress } from '../../config-types.ts';
import { sha256 } from '../../recorder/crypto.ts';
import { WitnessRefused } from '../../recorder/witness-refused.ts';
import { parseVerifierKey, type VerifierKey } from '../../tlog/note-key.ts';
import { TlogRefused } from '../../tlog/tlog-refused.ts';

const LAST_PORT = 65_535;

/** Reads `host:port`, or `[address]:port`. Throws a WitnessRefused. */
export function readListen(text: string): ListenAddress {
  const [, bracketed, plain, digits = ''] =
    /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  const isWritten = host !== undefined && port <= LAST_PORT;
  if (!isWritten || (bracketed !== undefined && !isIPv6(bracketed)))
    throw new WitnessRefused('--listen is not host:port, such as 127.0.0.1:8090');
  return { host: explain('the host of --listen', () => readListenHost(host)), port };
}

/** Throws a WitnessRefused for a key file that others may read, and for one that cannot be made. */
export function checkKeyFile(file: string): void {
  explain('--key', () => {
    if (canReadOrMake(file) === 'read') checkPrivateFile(file);
  });
}

function explain<Result>(what: string, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    throw new WitnessRefused(`${what} ${error.message}`);
  }
}

/** Reads the keys of the logs to cosign for. Throws a WitnessRefused for one that signs no log. */
export function readLogKeys(texts: readonly string[]): readonly VerifierKey[] {
  const keys = texts.map((text, at) => readLogKey(text, at + 1));
  const written = keys.map(({ name, id }) => `${name}\n${id}`);
  if (new Set(written).size < written.length)
    throw new WitnessRefused('--log names a key a second time');
  return keys;
}

function readLogKey(text: string, at: number): VerifierKey {
  try {
    const key = parseVerifierKey(sha256, text);
    if (key.type === 'note') return key;
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
    throw new WitnessRefused(`--log number ${at} is no key: ${error.message}`);
  }
  throw new WitnessRefused(`--log number ${at} is the key of a witness, not of a log`);
}
