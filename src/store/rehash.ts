import { commitTo, type Content, SALT_SIZE, SECTIONS } from '../audit/content.ts';
import { decodeEnvelope } from '../audit/envelope.ts';
import { areEqualBytes } from '../tlog/bytes.ts';
import { CompactRange, type FullSubtree } from '../tlog/compact-range.ts';
import { hashLeaf, type Sha256 } from '../tlog/hash.ts';
import { type Erasure, isErased } from './erasures.ts';
import type { Schema } from './schema.ts';

/** A tree as it is gone on from: its size, and its right edge as `CompactRange` takes it. */
export interface TreeEdge {
  readonly size: number;
  readonly edge: Uint8Array;
}

/** What came of hashing stored entries anew: the tree with them, or the first that is not as it was written. */
export type Rehash =
  | { readonly outcome: 'sound'; readonly tree: TreeEdge }
  | { readonly outcome: 'flawed'; readonly why: string };

/** An entry as it is stored; `content` is absent where it has none. */
export interface EntryRow {
  readonly idx: number;
  readonly entry: Uint8Array;
  readonly leaf: Uint8Array;
  readonly content: Omit<Schema['contents'], 'idx'> | undefined;
}

export interface Rehashed {
  readonly rehash: Rehash;
  /** The subtrees that became full on the way; they are stored too, and have to be these. */
  readonly completed: readonly FullSubtree[];
}

/**
 * Hashes stored entries, in the order of the log, and holds what is stored against it. A content that is
 * not there is no flaw if its time was over when one of `erasures` took it away.
 */
export function rehashRows(
  sha256: Sha256,
  from: TreeEdge,
  rows: readonly EntryRow[],
  erasures: readonly Erasure[],
): Rehashed {
  const range = new CompactRange(sha256, from.size, from.edge);
  const completed: FullSubtree[] = [];
  for (const row of rows) {
    const leaf = hashLeaf(sha256, row.entry);
    const why = row.idx === range.size ? flawOf(sha256, row, leaf, erasures) : `it is missing`;
    if (why !== undefined)
      return { rehash: { outcome: 'flawed', why: `entry ${range.size}: ${why}` }, completed };
    completed.push(...range.append(leaf));
  }
  const tree = { size: range.size, edge: range.edge() };
  return { rehash: { outcome: 'sound', tree }, completed };
}

function flawOf(
  sha256: Sha256,
  row: EntryRow,
  leaf: Uint8Array,
  erasures: readonly Erasure[],
): string | undefined {
  if (!areEqualBytes(leaf, row.leaf)) return 'its leaf hash is not that of its bytes';
  try {
    const { commitment, publicPayload, retainUntil } = decodeEnvelope(row.entry);
    if (publicPayload !== undefined)
      return row.content === undefined ? undefined : 'it is public and has content too';
    if (row.content === undefined)
      return erasures.some((erasure) => isErased({ index: row.idx, retainUntil }, erasure))
        ? undefined
        : 'its content is missing, and nothing says that it was erased when its time was over';
    return isCommittedTo(sha256, row.content, commitment)
      ? undefined
      : 'its content is not the one it commits to';
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return error.message;
  }
}

function isCommittedTo(
  sha256: Sha256,
  row: NonNullable<EntryRow['content']>,
  commitment: Uint8Array,
): boolean {
  const present = SECTIONS.flatMap((name) => {
    const bytes = row[name];
    return bytes === null ? [] : [{ name, bytes }];
  });
  if (row.salts.length !== present.length * SALT_SIZE) return false;
  const sections = present.map(({ name, bytes }, at) => {
    const salt = row.salts.subarray(at * SALT_SIZE, (at + 1) * SALT_SIZE);
    return [name, { bytes, salt }] as const;
  });
  const content: Content = Object.fromEntries(sections);
  return areEqualBytes(commitTo(sha256, content), commitment);
}
