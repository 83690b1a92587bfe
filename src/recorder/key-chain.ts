import type { AuditRecord } from '../audit/record.ts';
import type { Instant } from '../domain/time.ts';
import type { Reader } from '../store/store.ts';
import { parseVerifierKey, type VerifierKey } from '../tlog/note-key.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { sha256 } from './crypto.ts';
import { LogRefused } from './log-refused.ts';

/** The log says at this index that another key signs it, and until when the one before does too. */
export interface KeyChange {
  readonly index: number;
  readonly key: VerifierKey;
  readonly previousKey: VerifierKey;
  readonly overlapUntil: Instant;
}

/**
 * The keys that the log has handed itself on to, each by an entry. Throws `LogRefused` where one does not go
 * on from the one before, or bears another name.
 */
export async function readKeyChain(reader: Reader, origin: string): Promise<readonly KeyChange[]> {
  const chain: KeyChange[] = [];
  for (const record of await readKeyChanges(reader)) {
    const change = parseKeyChange(record);
    const before = chain.at(-1);
    if (change === undefined || !isOf(origin, change) || (before && !goesOn(before, change)))
      throw new LogRefused(
        `entry ${record.index} changes the key of the log in a way that no log writes: the database was changed`,
      );
    chain.push(change);
  }
  return chain;
}

/** What an entry of kind 17 says; `undefined` if that is no change of keys. */
function parseKeyChange(record: AuditRecord): KeyChange | undefined {
  const { event, index } = record;
  const key = parseKey(record['key']);
  const previousKey = parseKey(record['previousKey']);
  const overlapUntil = record['overlapUntil'];
  const isWhole = event === 'log.key-rotated' && typeof overlapUntil === 'number';
  if (!isWhole || key === undefined || previousKey === undefined) return undefined;
  return { index, key, previousKey, overlapUntil };
}

/** Name, type and key. The id alone is four bytes, which somebody could look for. */
export function isSameKey(one: VerifierKey, other: VerifierKey): boolean {
  const isSameHead = one.name === other.name && one.id === other.id && one.type === other.type;
  return isSameHead && Buffer.compare(one.publicKey, other.publicKey) === 0;
}

async function readKeyChanges(reader: Reader): Promise<readonly AuditRecord[]> {
  try {
    return await reader.keyChanges();
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
    throw new LogRefused(`an entry that changes the key of the log is damaged (${error.message})`);
  }
}

function isOf(origin: string, { key, previousKey }: KeyChange): boolean {
  return [key, previousKey].every(({ name, type }) => name === origin && type === 'note');
}

function goesOn(before: KeyChange, change: KeyChange): boolean {
  return isSameKey(before.key, change.previousKey);
}

function parseKey(line: unknown): VerifierKey | undefined {
  if (typeof line !== 'string') return undefined;
  try {
    return parseVerifierKey(sha256, line);
  } catch (error) {
    if (error instanceof TlogRefused) return undefined;
    throw error;
  }
}
