/**
 * One-shot SHA-256. Given by the caller, so that the same sources run in Node and in a browser. It keeps
 * nothing of what it is given: the next hash may be made from the same bytes.
 */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export const HASH_SIZE = 32;

/** Inputs are put together here: an allocation for each hash would cost about as much as the hash. */
const leafInput = new Uint8Array(1 + 1024);
const nodeInput = new Uint8Array(1 + 2 * HASH_SIZE);
nodeInput[0] = 1;

/** The hash of a leaf: SHA-256(0x00 ‖ entry), RFC 6962 section 2.1. */
export function hashLeaf(sha256: Sha256, entry: Uint8Array): Uint8Array {
  const length = 1 + entry.length;
  const input = length <= leafInput.length ? leafInput.subarray(0, length) : new Uint8Array(length);
  input.set(entry, 1);
  return sha256(input);
}

/** The hash of an inner node: SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1. */
export function hashNode(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_SIZE);
  return sha256(nodeInput);
}
