import { rename, rm } from 'node:fs/promises';
import { GATEWAY } from '../domain/event.ts';
import { formatDuration } from '../domain/duration.ts';
import { formatInstant, type Instant, type Milliseconds } from '../domain/time.ts';
import { formatVerifierKey } from '../tlog/note-key.ts';
import type { SignerKey } from '../tlog/signer-key.ts';
import { chooseKeys, pendingKey, readHeldKeys } from './choose-keys.ts';
import { isSameKey, type KeyChange, readKeyChain } from './key-chain.ts';
import {
  drawKey,
  keyLine,
  type LogKeyPlace,
  type NextKey,
  nextKeyFile,
  previousKeyFile,
  readLogKey,
} from './log-key.ts';
import { LogRefused } from './log-refused.ts';
import { createFile, replaceFile } from './private-file.ts';
import type { Publisher } from './publisher.ts';
import type { Recorder } from './recorder.ts';

/**
 * Makes the key that follows, in a file beside the log's key; the next start of the gateway hands the log on
 * to it. Throws `LogRefused` while two keys sign, if one was made already, and before the log has a key.
 */
export async function prepareRotation(
  place: LogKeyPlace,
  chain: readonly KeyChange[],
  { overlapMs, now }: { readonly overlapMs: Milliseconds; readonly now: Instant },
): Promise<SignerKey> {
  const held = await readHeldKeys(place);
  const keys = chooseKeys(place, held, chain, now);
  if (keys === undefined)
    throw new LogRefused(`${place.keyFile} is not there; the first start makes it`);
  if (held.next !== undefined)
    throw new LogRefused(
      `${nextKeyFile(place)} is there already: the next start of the gateway takes it`,
    );
  if (keys.previous !== undefined && now < keys.previous.until)
    throw new LogRefused(
      `the last two keys both sign until ${formatInstant(keys.previous.until)}: no third before that`,
    );
  const next = drawKey(place.origin);
  const overlap = new TextEncoder().encode(`overlap ${formatDuration(overlapMs)}\n`);
  await createFile(nextKeyFile(place), Buffer.concat([keyLine(next), overlap]));
  return next;
}

/**
 * Hands the log on to a key that was made to follow, if there is one, before anything more is signed: by an
 * entry, and from then on by both signatures. The files follow; if that is broken off, the log itself tells
 * the next start which key is which. Throws `log-unavailable`.
 */
export async function rotateKey(
  place: LogKeyPlace,
  recorder: Recorder,
  publisher: Publisher,
): Promise<void> {
  const held = await readHeldKeys(place);
  const next = pendingKey(held, await readKeyChain(recorder.reader, place.origin));
  if (next !== undefined) await announce(recorder, publisher, next);
  const { current } = publisher.keys;
  if (held.next !== undefined && isSameKey(held.next.key.verifier, current.verifier))
    await moveFiles(place, current);
}

async function announce(recorder: Recorder, publisher: Publisher, next: NextKey): Promise<void> {
  const { current: old } = publisher.keys;
  const until = recorder.now() + next.overlapMs;
  await recorder.record([
    {
      event: 'log.key-rotated',
      actor: GATEWAY,
      key: formatVerifierKey(next.key.verifier),
      previousKey: formatVerifierKey(old.verifier),
      overlapUntil: until,
    },
  ]);
  publisher.takeKeys({ current: next.key, previous: { key: old, until } });
}

/** Each step may be the last: whatever is where, all keys are still there. */
async function moveFiles(place: LogKeyPlace, current: SignerKey): Promise<void> {
  const { keyFile } = place;
  const standing = await readLogKey(place);
  if (standing !== undefined && !isSameKey(standing.verifier, current.verifier))
    await rename(keyFile, previousKeyFile(place));
  await replaceFile(keyFile, keyLine(current));
  await rm(nextKeyFile(place), { force: true });
}
