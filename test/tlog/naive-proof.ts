import { naiveRoot } from '../support/naive-tree.ts';

type Hashes = readonly Uint8Array[];

function halfOf(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

/** PATH(m, D_n) as RFC 6962 section 2.1.1 defines it. */
export function naiveInclusion(leaves: Hashes, index: number): Uint8Array[] {
  if (leaves.length <= 1) return [];
  const half = halfOf(leaves.length);
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return index < half
    ? [...naiveInclusion(left, index), naiveRoot(right)]
    : [...naiveInclusion(right, index - half), naiveRoot(left)];
}

/** SUBPROOF(m, D_n, b) as RFC 6962 section 2.1.2 defines it. */
export function naiveConsistency(leaves: Hashes, size: number, isWhole = true): Uint8Array[] {
  if (size === leaves.length) return isWhole ? [] : [naiveRoot(leaves)];
  const half = halfOf(leaves.length);
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return size <= half
    ? [...naiveConsistency(left, size, isWhole), naiveRoot(right)]
    : [...naiveConsistency(right, size - half, false), naiveRoot(left)];
}

/** On which side each hash of an inclusion proof stands: all that a size and an index say of it. */
export function inclusionSides(index: number, size: number): string {
  if (index >= size) return 'none';
  if (size === 1) return '';
  const half = halfOf(size);
  return index < half
    ? `${inclusionSides(index, half)}R`
    : `${inclusionSides(index - half, size - half)}L`;
}

/** The same of a consistency proof; `S` stands where the old tree's own subtree is listed. */
export function consistencySides(from: number, to: number, isWhole = true): string {
  if (from === 0 || from > to) return 'none';
  if (from === to) return isWhole ? '' : 'S';
  const half = halfOf(to);
  return from <= half
    ? `${consistencySides(from, half, isWhole)}R`
    : `${consistencySides(from - half, to - half, false)}L`;
}
