import type { LogState, Reader, Store } from '../store/store.ts';
import type { SignerKey } from '../tlog/signer-key.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { makeLogKey, readLogKey } from './log-key.ts';
import { LogRefused } from './log-refused.ts';
import { readFileIfThere } from './private-file.ts';
import { Publisher, type PublisherOptions } from './publisher.ts';
import { openCheckpoint, type SignedCheckpoint } from './signed-checkpoint.ts';
import { proveGrowth } from './tree-growth.ts';

export interface SigningPlaces {
  readonly origin: string;
  readonly keyFile: string;
  readonly guardFile: string;
}

/** The two places where the last checkpoint is kept. */
interface Kept {
  readonly guard: Uint8Array | undefined;
  readonly stored: Uint8Array | undefined;
}

/**
 * Opens the key, made if nothing was ever signed, and holds the stored log against the last checkpoint,
 * as the guard outside the database has it. Throws `LogRefused` if the log does not contain it: then
 * the database is an older one, or another log's.
 */
export async function openPublisher(
  places: SigningPlaces,
  options: Omit<PublisherOptions, 'key' | 'guardFile' | 'last'>,
): Promise<Publisher> {
  const { guardFile } = places;
  const kept: Kept = {
    guard: await readFileIfThere(guardFile),
    stored: (await options.store.reader.latestCheckpoint())?.note,
  };
  const key = await openKey(places, kept);
  const last = await findLast(options.store, places, key, kept);
  return new Publisher({ ...options, key, guardFile, last });
}

async function openKey(places: SigningPlaces, { guard, stored }: Kept): Promise<SignerKey> {
  const { keyFile, guardFile } = places;
  if (guard === undefined && stored !== undefined)
    throw new LogRefused(
      `the guard file ${guardFile} is missing, and the log has been signed: nothing says whether this database is the newest. ` +
        'Put the file back, or a checkpoint of this log that you or somebody else has kept: ' +
        'sallyport log guard restore --config FILE --checkpoint FILE',
    );
  const key = await readLogKey(places);
  if (key !== undefined) return key;
  if (guard !== undefined)
    throw new LogRefused(
      `the key file ${keyFile} is missing, and the log has been signed: put it back. A log does not change its key by losing it`,
    );
  return makeLogKey(places);
}

/** The larger of both checkpoints, after the log was held against each. */
async function findLast(
  store: Store,
  { guardFile }: SigningPlaces,
  key: SignerKey,
  { guard, stored }: Kept,
): Promise<SignedCheckpoint | undefined> {
  const checkpoints = [
    ...(guard === undefined ? [] : [openKept(key, guard, `the guard file ${guardFile}`)]),
    ...(stored === undefined ? [] : [openKept(key, stored, 'the last checkpoint in the database')]),
  ];
  for (const checkpoint of checkpoints) await demandContained(store.reader, checkpoint);
  return checkpoints.toSorted((one, other) => other.size - one.size)[0];
}

function openKept(key: SignerKey, note: Uint8Array, where: string): SignedCheckpoint {
  try {
    return openCheckpoint(key, note);
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
    throw new LogRefused(
      `${where} is no checkpoint that the log's key has signed (${error.message}): it was damaged, or is another log's, or the key is. ` +
        'Put back what belongs together; a checkpoint that was kept elsewhere takes the place of a damaged guard with ' +
        'sallyport log guard restore --config FILE --checkpoint FILE',
    );
  }
}

async function demandContained(reader: Reader, checkpoint: SignedCheckpoint): Promise<void> {
  const state = await readState(reader);
  if (state.size < checkpoint.size)
    throw new LogRefused(
      `the database holds ${state.size} entries, but ${checkpoint.size} were signed: it is an older one. ${REMEDY}`,
    );
  try {
    await proveGrowth(reader, checkpoint, { size: state.size, root: state.rootHash });
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
    throw new LogRefused(
      `the log in the database does not go on from the ${checkpoint.size} entries that were signed (${error.message}): it is another log, or was changed. ${REMEDY}`,
    );
  }
}

/** Throws `LogRefused` for an edge that fits no tree of that size. */
async function readState(reader: Reader): Promise<LogState> {
  try {
    return await reader.logState();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new LogRefused(`the log in the database is damaged (${error.message}). ${REMEDY}`);
  }
}

const REMEDY =
  'Going on would fork the log. Put the newest database back; if it is lost, the log cannot be gone on with: ' +
  'this version does not start a new epoch (log recover) by itself. Keep what there is, ' +
  'and begin a new log with a database, key and guard file of its own and another log.origin';
