import { TlogRefused } from '../tlog/tlog-refused.ts';
import { readLogKey, readPreviousKey } from './log-key.ts';
import { LogRefused } from './log-refused.ts';
import type { SigningPlaces } from './open-publisher.ts';
import { readFileIfThere, replaceFile } from './private-file.ts';
import { openCheckpoint, type SignedCheckpoint } from './signed-checkpoint.ts';

/**
 * Puts a checkpoint that was kept elsewhere where the guard is missing or damaged; the next start holds
 * the log against it. Throws `LogRefused` for one that no key of the log has signed, and for one smaller
 * than a guard that is whole: the guard never goes back.
 */
export async function restoreGuard(
  places: SigningPlaces,
  note: Uint8Array,
): Promise<SignedCheckpoint> {
  const key = await readLogKey(places);
  if (key === undefined) throw new LogRefused(`the key file ${places.keyFile} is missing`);
  const keys = [await readPreviousKey(places), key].flatMap((one) => one?.verifier ?? []);
  const open = (bytes: Uint8Array) => tryOpen(() => openCheckpoint(places.origin, keys, bytes));
  const checkpoint = open(note);
  if (!('size' in checkpoint))
    throw new LogRefused(`this is no checkpoint of this log: ${checkpoint.message}`);
  const guard = await readFileIfThere(places.guardFile);
  const standing = guard && open(guard);
  if (standing !== undefined && 'size' in standing && standing.size >= checkpoint.size)
    throw new LogRefused(
      `the guard file is whole and stands at size ${standing.size}; it does not go back to ${checkpoint.size}`,
    );
  await replaceFile(places.guardFile, note);
  return checkpoint;
}

function tryOpen(open: () => SignedCheckpoint): SignedCheckpoint | TlogRefused {
  try {
    return open();
  } catch (error) {
    if (error instanceof TlogRefused) return error;
    throw error;
  }
}
