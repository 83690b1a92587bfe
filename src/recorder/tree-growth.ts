import type { Reader } from '../store/store.ts';
import { planConsistency, type TreeHead, verifyConsistency } from '../tlog/consistency.ts';
import { fulfil } from '../tlog/tile-plan.ts';
import { sha256 } from './crypto.ts';

/**
 * Proves from the stored tiles that the tree `from` only grew into the tree `to`. Throws a TlogRefused if
 * it did not, or is larger; every tree begins with the empty one.
 */
export async function proveGrowth(reader: Reader, from: TreeHead, to: TreeHead): Promise<void> {
  if (from.size === 0) return;
  const proof = from.size > to.size ? [] : await readGrowth(reader, from.size, to.size);
  verifyConsistency(sha256, { from, to, proof });
}

/**
 * The proof that the tree only grew between two sizes (RFC 9162 section 2.1.4.1); from size 0 it is
 * empty. Throws a RangeError if the first is larger.
 */
export async function readGrowth(reader: Reader, from: number, to: number): Promise<Uint8Array[]> {
  return from === 0 ? [] : readProof(reader, from, to);
}

function readProof(reader: Reader, from: number, to: number): Promise<Uint8Array[]> {
  return fulfil(planConsistency(sha256, from, to), (tile) => reader.tile(tile));
}
