import assert from 'node:assert/strict';
import { type TlogRefusal, TlogRefused } from '../../src/tlog/tlog-refused.ts';

/** The same bytes with one bit changed. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice();
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

/** Each way to change one bit. */
export function* allFlips(bytes: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) yield flipBit(bytes, bit);
}

export function isRefused(act: () => unknown, ...reasons: readonly TlogRefusal[]): void {
  assert.throws(act, (error: unknown) => {
    assert.ok(error instanceof TlogRefused, String(error));
    if (reasons.length > 0) assert.ok(reasons.includes(error.reason), error.reason);
    return true;
  });
}
