import { decodeBase64Of, encodeBase64 } from './base64.ts';
import type { TreeHead } from './consistency.ts';
import { parseDecimal } from './decimal.ts';
import { HASH_SIZE } from './hash.ts';
import { isSize } from './inclusion.ts';
import { splitNote } from './note-form.ts';
import { TlogRefused } from './tlog-refused.ts';

/** What a log says of itself at one size. */
export interface Checkpoint extends TreeHead {
  /** Which log this is; for ever the same. */
  readonly origin: string;
}

/**
 * The text that is signed: origin, size and root in base 64, one line each (C2SP tlog-checkpoint, section
 * Note text). Throws a RangeError for an origin of no or several lines, a size or a root that is none.
 */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  if (!/^[^\0-\x1f]+$/.test(origin)) throw new RangeError('an origin is one line');
  if (!isSize(size) || root.length !== HASH_SIZE)
    throw new RangeError(`no tree has size ${size} and a root of ${root.length} bytes`);
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/**
 * Reads a note's text. Extension lines, which nobody can audit, are refused unless `mayExtend`. Throws a
 * TlogRefused `checkpoint-malformed`.
 */
export function parseCheckpoint(text: string, { mayExtend = false } = {}): Checkpoint {
  const [origin = '', digits = '', base64 = '', ...rest] = text.split('\n');
  const end = rest.pop();
  const size = parseDecimal(digits);
  const root = decodeBase64Of(HASH_SIZE, base64);
  if (origin === '' || end !== '') throw malformed('a checkpoint is three lines');
  if (size === undefined) throw malformed('the second line is no size');
  if (root === undefined) throw malformed('the third line is no root hash');
  if (rest.some((line) => !mayExtend || line === '')) throw malformed('a fourth line follows');
  return { origin, size, root };
}

/**
 * The origin a checkpoint claims, for choosing the keys to verify it with and for nothing else: it may be a
 * lie. Throws a TlogRefused: `note-malformed`, `checkpoint-malformed`.
 */
export function claimedOrigin(note: Uint8Array): string {
  return parseCheckpoint(splitNote(note).text, { mayExtend: true }).origin;
}

/** The size a checkpoint claims, for finding the keys that had to sign it; it may be a lie. `undefined` for what is no checkpoint. */
export function claimedSize(note: Uint8Array): number | undefined {
  try {
    return parseCheckpoint(splitNote(note).text, { mayExtend: true }).size;
  } catch (error) {
    if (error instanceof TlogRefused) return undefined;
    throw error;
  }
}

function malformed(detail: string): TlogRefused {
  return new TlogRefused('checkpoint-malformed', detail);
}
