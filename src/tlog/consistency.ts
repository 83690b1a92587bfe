import { areEqualBytes } from './bytes.ts';
import { hashNode, type Sha256 } from './hash.ts';
import { checkHashes, isSize } from './inclusion.ts';
import { type LeafRange, splitSize } from './subtree.ts';
import { planSubtrees, type TilePlan } from './tile-plan.ts';
import { TlogRefused } from './tlog-refused.ts';

/** What a tree is told by. */
export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** The claim that the tree `to` begins with the leaves of the tree `from`. */
export interface Consistency {
  readonly from: TreeHead;
  readonly to: TreeHead;
  readonly proof: readonly Uint8Array[];
}

/**
 * Plans the proof that a tree only grew between two sizes (RFC 9162 section 2.1.4.1); empty if they are
 * equal. Throws a RangeError unless 0 < from ≤ to: every tree begins with the empty one.
 */
export function planConsistency(sha256: Sha256, from: number, to: number): TilePlan<Uint8Array[]> {
  if (!isSize(to) || !isSize(from) || from === 0 || from > to)
    throw new RangeError(`nothing is to be proved from size ${from} to ${to}`);
  return planSubtrees(sha256, from === to ? [] : dividedSubtrees(from, to), to);
}

/**
 * Checks a consistency proof (RFC 9162 section 2.1.4.2). For equal sizes the roots must be equal and the
 * proof empty. A first size of 0 is refused: there nothing can be proved, and the caller must know it.
 * Throws a TlogRefused: `size-out-of-range`, `hash-malformed`, `proof-length-wrong` or `root-differs`.
 */
export function verifyConsistency(sha256: Sha256, { from, to, proof }: Consistency): void {
  if (!isSize(from.size) || !isSize(to.size) || from.size === 0 || from.size > to.size)
    throw new TlogRefused('size-out-of-range', 'no tree grew between these sizes');
  checkHashes([from.root, to.root, ...proof]);
  const path = isPowerOfTwo(from.size) ? [from.root, ...proof] : proof;
  const roots = from.size === to.size ? unchanged(from, proof) : climb(sha256, from, to, path);
  if (!areEqualBytes(roots.old, from.root))
    throw new TlogRefused('root-differs', 'the proof leads to another first root');
  if (!areEqualBytes(roots.new, to.root))
    throw new TlogRefused('root-differs', 'the proof leads to another second root');
}

interface Roots {
  readonly old: Uint8Array;
  readonly new: Uint8Array;
}

function unchanged({ root }: TreeHead, proof: readonly Uint8Array[]): Roots {
  if (proof.length > 0) throw new TlogRefused('proof-length-wrong', 'the proof is too long');
  return { old: root, new: root };
}

function climb(sha256: Sha256, from: TreeHead, to: TreeHead, path: readonly Uint8Array[]): Roots {
  let [node, last] = [from.size - 1, to.size - 1];
  for (; node % 2 === 1; node = Math.floor(node / 2)) last = Math.floor(last / 2);
  const [seed, ...siblings] = path;
  if (seed === undefined) throw new TlogRefused('proof-length-wrong', 'the proof is empty');
  let roots: Roots = { old: seed, new: seed };
  for (const sibling of siblings) {
    if (last === 0) throw new TlogRefused('proof-length-wrong', 'the proof is too long');
    if (node % 2 === 1 || node === last) {
      roots = joinLeft(sha256, sibling, roots);
      for (; node % 2 === 0 && node !== 0; node /= 2) last = Math.floor(last / 2);
    } else roots = { ...roots, new: hashNode(sha256, roots.new, sibling) };
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw new TlogRefused('proof-length-wrong', 'the proof is too short');
  return roots;
}

function joinLeft(sha256: Sha256, left: Uint8Array, roots: Roots): Roots {
  return { old: hashNode(sha256, left, roots.old), new: hashNode(sha256, left, roots.new) };
}

/** The subtrees that the old edge cuts the new tree into, as the proof lists them, lowest first. */
function dividedSubtrees(from: number, to: number): LeafRange[] {
  const subtrees: LeafRange[] = [];
  let [start, end] = [0, to];
  while (from < end) {
    const middle = start + splitSize(end - start);
    if (from <= middle) {
      subtrees.push({ start: middle, end });
      end = middle;
    } else {
      subtrees.push({ start, end: middle });
      start = middle;
    }
  }
  // A first tree that is one perfect subtree is not repeated: whoever checks has its root.
  if (start !== 0) subtrees.push({ start, end });
  return subtrees.toReversed();
}

function isPowerOfTwo(size: number): boolean {
  return size === 1 || splitSize(size + 1) === size;
}
