import { areEqualBytes } from './bytes.ts';
import { HASH_SIZE, hashNode, type Sha256 } from './hash.ts';
import { type LeafRange, splitSize } from './subtree.ts';
import { planSubtrees, type TilePlan } from './tile-plan.ts';
import { TlogRefused } from './tlog-refused.ts';

/** The claim that a leaf stands at an index of the tree with that size and root. */
export interface Inclusion {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
  /** From the leaf's sibling up to a child of the root. */
  readonly proof: readonly Uint8Array[];
}

/**
 * Plans the proof that the leaf at `index` is in the tree of `size` leaves (RFC 9162 section 2.1.3.1).
 * Throws a RangeError if there is no such leaf.
 */
export function planInclusion(sha256: Sha256, index: number, size: number): TilePlan<Uint8Array[]> {
  return planSubtrees(sha256, inclusionPath(index, size), size);
}

/**
 * The subtrees beside the way from a leaf to the root, lowest first: their roots are its proof. Proofs of
 * leaves near each other share most of them. Throws a RangeError if there is no such leaf.
 */
export function inclusionPath(index: number, size: number): LeafRange[] {
  if (!isIndexIn(index, size)) throw new RangeError(`a tree of size ${size} has no leaf ${index}`);
  return siblingsOf(index, size);
}

/**
 * Checks an inclusion proof (RFC 9162 section 2.1.3.2). Throws a TlogRefused: `index-out-of-range`,
 * `size-out-of-range`, `hash-malformed`, `proof-length-wrong` or `root-differs`.
 *
 * The size says how the tree is shaped, and trees of several sizes have the same path to a leaf: only
 * a checkpoint ties a size to its root.
 */
export function verifyInclusion(sha256: Sha256, claim: Inclusion): void {
  if (!isSize(claim.size)) throw new TlogRefused('size-out-of-range', 'the size is no tree’s');
  if (!isIndexIn(claim.index, claim.size))
    throw new TlogRefused('index-out-of-range', 'the tree has no leaf with this index');
  checkHashes([claim.leaf, claim.root, ...claim.proof]);
  if (!areEqualBytes(climb(sha256, claim), claim.root))
    throw new TlogRefused('root-differs', 'the proof leads to another root');
}

/** Throws a TlogRefused `hash-malformed` unless each has the length of a hash. */
export function checkHashes(hashes: readonly Uint8Array[]): void {
  if (hashes.some((hash) => hash.length !== HASH_SIZE))
    throw new TlogRefused('hash-malformed', 'a hash has not 32 bytes');
}

export function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

function isIndexIn(index: number, size: number): boolean {
  return isSize(index) && isSize(size) && index < size;
}

function siblingsOf(index: number, size: number): LeafRange[] {
  const siblings: LeafRange[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitSize(end - start);
    if (index < middle) {
      siblings.push({ start: middle, end });
      end = middle;
    } else {
      siblings.push({ start, end: middle });
      start = middle;
    }
  }
  return siblings.toReversed();
}

function climb(sha256: Sha256, { leaf, index, size, proof }: Inclusion): Uint8Array {
  let [node, last] = [index, size - 1];
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) throw new TlogRefused('proof-length-wrong', 'the proof is too long');
    if (node % 2 === 1 || node === last) {
      hash = hashNode(sha256, sibling, hash);
      // The last node of a row may have no sibling in it: it rises until it is a right child.
      for (; node % 2 === 0 && node !== 0; node /= 2) last = Math.floor(last / 2);
    } else hash = hashNode(sha256, hash, sibling);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw new TlogRefused('proof-length-wrong', 'the proof is too short');
  return hash;
}
