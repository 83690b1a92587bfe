import { decodeEnvelope } from '../../audit/envelope.ts';
import { readFields } from '../../audit/bundle-lines.ts';
import { decodeUtf8 } from '../../tlog/utf8.ts';

/** Which entries some erasures name. */
export interface Erasures {
  cover(index: number): boolean;
}

/** Reads what erasure entries say of themselves; one that cannot be read covers nothing. */
export function readErasures(entries: readonly Uint8Array[]): Erasures {
  const spans = entries.flatMap(readSpan);
  return { cover: (index) => spans.some(({ from, to }) => index >= from && index < to) };
}

/** From the first of them up to but not including the last. */
interface Span {
  readonly from: number;
  readonly to: number;
}

function readSpan(entry: Uint8Array): Span[] {
  try {
    const payload = decodeEnvelope(entry).publicPayload ?? new Uint8Array();
    const { from, to } = readFields(decodeUtf8(payload) ?? '');
    return typeof from === 'number' && typeof to === 'number' ? [{ from, to }] : [];
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return [];
    throw error;
  }
}
