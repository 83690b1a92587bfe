import { commitTo } from '../audit/content.ts';
import { decodeEnvelope } from '../audit/envelope.ts';
import { areEqualBytes } from '../tlog/bytes.ts';
import { CompactRange, type FullSubtree } from '../tlog/compact-range.ts';
import { hashLeaf, type Sha256 } from '../tlog/hash.ts';
import { readStoredContent, type StoredContent } from './whole-entry.ts';

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
  readonly content: StoredContent | undefined;
}

export interface Rehashed {
  readonly rehash: Rehash;
  /** The subtrees that became full on the way; they are stored too, and have to be these. */
  readonly completed: readonly FullSubtree[];
}

/** Hashes stored entries, in the order of the log, and holds what is stored against it. */
export function rehashRows(sha256: Sha256, from: TreeEdge, rows: readonly EntryRow[]): Rehashed {
  const range = new CompactRange(sha256, from.size, from.edge);
  const completed: FullSubtree[] = [];
  for (const row of rows) {
    const leaf = hashLeaf(sha256, row.entry);
    const why = row.idx === range.size ? flawOf(sha256, row, leaf) : `it is missing`;
    if (why !== undefined)
      return { rehash: { outcome: 'flawed', why: `entry ${range.size}: ${why}` }, completed };
    completed.push(...range.append(leaf));
  }
  const tree = { size: range.size, edge: range.edge() };
  return { rehash: { outcome: 'sound', tree }, completed };
}

function flawOf(sha256: Sha256, row: EntryRow, leaf: Uint8Array): string | undefined {
  if (!areEqualBytes(leaf, row.leaf)) return 'its leaf hash is not that of its bytes';
  try {
    const { commitment, publicPayload } = decodeEnvelope(row.entry);
    if (publicPayload !== undefined)
      return row.content === undefined ? undefined : 'it is public and has content too';
    return isCommittedTo(sha256, row.content, commitment)
      ? undefined
      : 'its content is not the one it commits to';
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return error.message;
  }
}

function isCommittedTo(sha256: Sha256, row: EntryRow['content'], commitment: Uint8Array): boolean {
  const content = row && readStoredContent(row);
  return content !== undefined && areEqualBytes(commitTo(sha256, content), commitment);
}
