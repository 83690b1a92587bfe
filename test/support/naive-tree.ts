import { sha256 } from './sha256.ts';

/** The Merkle tree hash as RFC 6962 section 2.1 defines it: slow, and with nothing to go wrong. */
export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array());
  if (leaves.length === 1) return leaves[0] ?? new Uint8Array();
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  const left = naiveRoot(leaves.slice(0, half));
  const right = naiveRoot(leaves.slice(half));
  return sha256(Buffer.concat([Uint8Array.of(1), left, right]));
}

/** The edge of a tree: roots of its perfect subtrees, largest first. */
export function naiveEdge(leaves: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let rest = leaves;
  while (rest.length > 0) {
    const size = 2 ** Math.floor(Math.log2(rest.length));
    parts.push(naiveRoot(rest.slice(0, size)));
    rest = rest.slice(size);
  }
  return new Uint8Array(Buffer.concat(parts));
}
