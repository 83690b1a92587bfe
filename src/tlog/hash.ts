/**
 * One-shot SHA-256. Given by the caller, so that the same sources run in Node and in a browser. It keeps
 * nothing of what it is given: the next hash may be made from the same bytes.
 */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export const HASH_SIZE = 32;

/** The hash of a leaf: SHA-256(0x00 ‖ entry), RFC 6962 section 2.1. */
export function hashLeaf(sha256: Sha256, entry: Uint8Array): Uint8Array {
  const length = 1 + entry.length;
  const input =
    length > LEAF_INPUT.length ? new Uint8Array(length) : LEAF_INPUT.subarray(0, length);
  input.set(entry, 1);
  return sha256(input);
}

/** Filled anew for each leaf that is not longer: reading a log back hashes some millions. */
const LEAF_INPUT = new Uint8Array(512);

/** The hash of an inner node: SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1. */
export function hashNode(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  NODE_INPUT.set(left, 1);
  NODE_INPUT.set(right, 1 + HASH_SIZE);
  return sha256(NODE_INPUT);
}

/** Filled anew for each node: a tree has as many as it has leaves. */
const NODE_INPUT = new Uint8Array(1 + 2 * HASH_SIZE);
NODE_INPUT[0] = 1;
