import type { VerifiableLog } from '../../audit/verifiable-log.ts';
import { type Checkpoint, parseCheckpoint } from '../../tlog/checkpoint.ts';
import { planConsistency } from '../../tlog/consistency.ts';
import type { Sha256 } from '../../tlog/hash.ts';
import { splitNote } from '../../tlog/note-form.ts';
import { fulfil } from '../../tlog/tile-plan.ts';
import type { Tile } from '../../tlog/tile.ts';
import { TlogRefused } from '../../tlog/tlog-refused.ts';
import { SourceRefused } from './source-refused.ts';

/** A log of which everything is there, so that its tree can be looked into anywhere. */
export interface WholeLog extends VerifiableLog {
  /** The hashes of a tile of the tree that the checkpoint tells of. */
  readTile(tile: Tile): Promise<Uint8Array>;
  close(): void;
}

/** What a checkpoint claims, before anybody has verified it. Throws a SourceRefused if it is none. */
export function readClaim(where: string, note: Uint8Array): Checkpoint {
  try {
    return parseCheckpoint(splitNote(note).text, { mayExtend: true });
  } catch (error) {
    if (error instanceof TlogRefused)
      throw new SourceRefused(`${where}: no checkpoint: ${error.message}`);
    throw error;
  }
}

/** The hashes that show how a tree has grown to what it is; `undefined` if it never was of that size, or is not whole. */
export async function growthFrom(
  sha256: Sha256,
  { from, to }: { readonly from: number; readonly to: number },
  readTile: WholeLog['readTile'],
): Promise<readonly Uint8Array[] | undefined> {
  if (from === 0 || from > to) return undefined;
  try {
    return await fulfil(planConsistency(sha256, from, to), readTile);
  } catch (error) {
    if (error instanceof TlogRefused) return undefined;
    throw error;
  }
}
