import { fromHex } from '../../audit/hex.ts';
import type { TagKey, VerifiableLog } from '../../audit/verifiable-log.ts';
import { UsageMistake } from './usage-mistake.ts';

const KEY_SIZE = 32;

/** Reads `NAME=HEX`, the key that finds an account's entries. Throws a UsageMistake. */
export function readAccountKey(text: string): TagKey {
  const [, name, hex = ''] = /^([^=]+)=([0-9a-fA-F]+)$/.exec(text) ?? [];
  const key = fromHex(hex.toLowerCase(), KEY_SIZE);
  if (name === undefined || key === undefined)
    throw new UsageMistake(`--account is NAME=KEY, the key in ${KEY_SIZE * 2} hexadecimal digits`);
  return { whose: 'account', name, key };
}

/** The log with these keys besides its own; for the same account they take the place of its own. */
export function withTagKeys(log: VerifiableLog, keys: readonly TagKey[]): VerifiableLog {
  const isGiven = (one: TagKey): boolean =>
    keys.some(({ whose, name }) => whose === one.whose && name === one.name);
  const own = log.tagKeys.filter((key) => !isGiven(key));
  return { ...log, tagKeys: [...own, ...keys] };
}
