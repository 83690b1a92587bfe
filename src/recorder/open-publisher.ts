import type { TreeEdge } from '../store/rehash.ts';
import type { LogState, Reader, Store } from '../store/store.ts';
import { areEqualBytes } from '../tlog/bytes.ts';
import { CompactRange } from '../tlog/compact-range.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import { fulfil, planEdge } from '../tlog/tile-plan.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { chooseKeys, pendingKey, readHeldKeys } from './choose-keys.ts';
import { sha256 } from './crypto.ts';
import { readKeyChain } from './key-chain.ts';
import { makeLogKey } from './log-key.ts';
import { demandOrigin } from './log-origin.ts';
import { LogRefused } from './log-refused.ts';
import { readFileIfThere } from './private-file.ts';
import { type LastSigned, Publisher, type PublisherOptions } from './publisher.ts';
import { openCheckpoint, type SignedCheckpoint } from './signed-checkpoint.ts';
import { type SigningKeys, verifiersOf } from './signing-keys.ts';
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

type OpenOptions = Omit<PublisherOptions, 'keys' | 'guardFile' | 'last'>;

/**
 * Opens the keys, made if nothing was ever signed, and holds the stored log against the last checkpoint,
 * as the guard outside the database has it. Throws `LogRefused` if the log does not contain it: then
 * the database is an older one, or another log's; and for a key that the log does not name.
 */
export async function openPublisher(
  places: SigningPlaces,
  options: OpenOptions,
): Promise<Publisher> {
  const { guardFile } = places;
  const { store } = options;
  const kept: Kept = {
    guard: await readFileIfThere(guardFile),
    stored: (await store.reader.latestCheckpoint())?.note,
  };
  await demandOrigin(store.reader, places.origin);
  const keys = await openKeys(places, kept, options);
  const last = await findLast(store, places, verifiersOf(keys), kept);
  return new Publisher({ ...options, keys, guardFile, last });
}

async function openKeys(
  places: SigningPlaces,
  { guard, stored }: Kept,
  { store, now }: OpenOptions,
): Promise<SigningKeys> {
  const { keyFile, guardFile, origin } = places;
  if (guard === undefined && stored !== undefined)
    throw new LogRefused(
      `the guard file ${guardFile} is missing, and the log has been signed: nothing says whether this database is the newest. ` +
        'Put the file back, or a checkpoint of this log that you or somebody else has kept: ' +
        'sallyport log guard restore --config FILE --checkpoint FILE',
    );
  const held = await readHeldKeys(places);
  const chain = await readKeyChain(store.reader, origin);
  const keys = chooseKeys(places, held, chain, now());
  if (keys !== undefined) {
    demandNoOverlap(keys, now(), pendingKey(held, chain) !== undefined);
    return keys;
  }
  if (guard !== undefined)
    throw new LogRefused(
      `the key file ${keyFile} is missing, and the log has been signed: put it back. A log does not change its key by losing it`,
    );
  return { current: await makeLogKey(places) };
}

function demandNoOverlap({ previous }: SigningKeys, now: number, isNextThere: boolean): void {
  if (isNextThere && previous !== undefined && now < previous.until)
    throw new LogRefused(
      'a third key was put to follow while two still sign: take it away until then',
    );
}

/** The larger of both checkpoints, after the log was held against each, with the edge that leads to its root. */
async function findLast(
  store: Store,
  { guardFile, origin }: SigningPlaces,
  keys: readonly VerifierKey[],
  { guard, stored }: Kept,
): Promise<LastSigned | undefined> {
  const { reader } = store;
  const open = (note: Uint8Array | undefined, where: string): SignedCheckpoint[] =>
    note === undefined ? [] : [openKept(origin, keys, note, where)];
  const checkpoints = [
    ...open(guard, `the guard file ${guardFile}`),
    ...open(stored, 'the last checkpoint in the database'),
  ];
  for (const checkpoint of checkpoints) await demandContained(reader, checkpoint);
  const [checkpoint] = checkpoints.toSorted((one, other) => other.size - one.size);
  return checkpoint && { checkpoint, tree: await readEdge(reader, checkpoint) };
}

function openKept(
  origin: string,
  keys: readonly VerifierKey[],
  note: Uint8Array,
  where: string,
): SignedCheckpoint {
  try {
    return openCheckpoint(origin, keys, note);
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
    refuseOther(checkpoint, error);
  }
}

/** The edge of the tree that was signed, from stored tiles: from it every entry that follows is hashed anew. */
async function readEdge(reader: Reader, { size, root }: SignedCheckpoint): Promise<TreeEdge> {
  const edge = await fulfil(planEdge(sha256, size), (tile) => reader.tile(tile)).catch(
    (error: unknown) => refuseOther({ size }, error),
  );
  if (!areEqualBytes(new CompactRange(sha256, size, edge).root(), root))
    refuseOther({ size }, new TlogRefused('root-differs', 'its tiles lead to another root'));
  return { size, edge };
}

function refuseOther({ size }: Pick<SignedCheckpoint, 'size'>, error: unknown): never {
  if (!(error instanceof TlogRefused)) throw error;
  throw new LogRefused(
    `the log in the database does not go on from the ${size} entries that were signed (${error.message}): it is another log, or was changed. ${REMEDY}`,
  );
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
  'keep what there is, give the configuration a new log.origin and a new log.keyFile, and begin a new epoch with ' +
  'sallyport log recover --config FILE --statement TEXT';
