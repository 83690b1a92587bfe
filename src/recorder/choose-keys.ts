import { formatInstant, type Instant } from '../domain/time.ts';
import { formatVerifierKey, type VerifierKey } from '../tlog/note-key.ts';
import type { SignerKey } from '../tlog/signer-key.ts';
import { isSameKey, type KeyChange } from './key-chain.ts';
import {
  type LogKeyPlace,
  type NextKey,
  previousKeyFile,
  readLogKey,
  readNextKey,
  readPreviousKey,
} from './log-key.ts';
import { LogRefused } from './log-refused.ts';
import type { SigningKeys } from './signing-keys.ts';

/** The secret keys that are there, whatever they are good for: the log itself says that. */
export interface HeldKeys {
  readonly file: SignerKey | undefined;
  readonly previous: SignerKey | undefined;
  readonly next: NextKey | undefined;
}

/** Throws `LogRefused` for a file that holds none of this log's keys, or that others may read. */
export async function readHeldKeys(place: LogKeyPlace): Promise<HeldKeys> {
  const [file, previous, next] = await Promise.all([
    readLogKey(place),
    readPreviousKey(place),
    readNextKey(place),
  ]);
  return { file, previous, next };
}

/**
 * The keys that sign a log: the one that its last key change names, and the one before while both have to.
 * Without a change it is the key file's; `undefined` if there is none. A key that the log does not name never
 * signs. Throws `LogRefused` if a key that has to sign is not there.
 */
export function chooseKeys(
  place: LogKeyPlace,
  held: HeldKeys,
  chain: readonly KeyChange[],
  now: Instant,
): SigningKeys | undefined {
  const change = chain.at(-1);
  if (change === undefined) return held.file && { current: held.file };
  const { key, previousKey, overlapUntil: until } = change;
  const current = find(held, key) ?? refuseMissing(place.keyFile, change);
  const before = find(held, previousKey);
  if (before === undefined && now < until)
    throw new LogRefused(
      `the key before is not there, and has to sign until ${formatInstant(until)}: put it back as ${previousKeyFile(place)}`,
    );
  return { current, previous: before && { key: before, until } };
}

/** The key that was made to follow, if the log does not name it yet. Throws `LogRefused` for one that has signed before. */
export function pendingKey(held: HeldKeys, chain: readonly KeyChange[]): NextKey | undefined {
  const { next } = held;
  if (next === undefined) return undefined;
  const { verifier } = next.key;
  const current = chain.at(-1)?.key ?? held.file?.verifier;
  if (current !== undefined && isSameKey(verifier, current)) return undefined;
  if (chain.some((change) => isSameKey(verifier, change.previousKey)))
    throw new LogRefused(
      'the key that was put to follow has signed this log before: make a new one',
    );
  return next;
}

function find({ file, previous, next }: HeldKeys, wanted: VerifierKey): SignerKey | undefined {
  return [file, next?.key, previous].find((key) => key && isSameKey(key.verifier, wanted));
}

function refuseMissing(keyFile: string, { index, key }: KeyChange): never {
  throw new LogRefused(
    `entry ${index} says that ${formatVerifierKey(key)} signs the log, and ${keyFile} does not hold that key: put it back`,
  );
}
