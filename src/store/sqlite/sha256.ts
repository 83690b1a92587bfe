import { hash } from 'node:crypto';

const SIZE = 32;

/**
 * One-shot SHA-256. Asked for as text and put into a small array: Node gives a buffer of its own for three
 * times the price, and a message to another thread would take that buffer's whole pool along.
 */
export function sha256(bytes: Uint8Array): Uint8Array {
  const text = hash('sha256', bytes, 'binary');
  const digest = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += 1) digest[at] = text.charCodeAt(at);
  return digest;
}
