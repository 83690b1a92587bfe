import { ContentCommitter } from '../audit/content-committer.ts';
import type { Instant } from '../domain/time.ts';
import { decodeEnvelope, type Envelope } from '../audit/envelope.ts';
import { areEqualBytes } from '../tlog/bytes.ts';
import { CompactRange, type FullSubtree } from '../tlog/compact-range.ts';
import { hashLeaf, type Sha256 } from '../tlog/hash.ts';
import { type Erasure, isErased } from './erasures.ts';

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
  readonly content: StoredSections | undefined;
}

/** The sections in the order of `SECTIONS`, and 16 bytes of salt for each that is there. */
export interface StoredSections {
  readonly sections: readonly (Uint8Array | null)[];
  readonly salts: Uint8Array;
}

export interface Rehashed {
  readonly rehash: Rehash;
  /** The subtrees that became full on the way; they are stored too, and have to be these. */
  readonly completed: readonly FullSubtree[];
  /** Entries whose content is not there: it has to have been erased. */
  readonly absent: readonly AbsentContent[];
}

/** An entry that commits to a content which is not there any more. */
export interface AbsentContent {
  readonly index: number;
  readonly retainUntil: Instant;
}

/** What is wrong with the first that no erasure was allowed to take; `undefined` if all were erased by rule. */
export function flawOfAbsent(
  absent: readonly AbsentContent[],
  erasures: readonly Erasure[],
): string | undefined {
  const missing = absent.find((entry) => !erasures.some((erasure) => isErased(entry, erasure)));
  return (
    missing &&
    `entry ${missing.index}: its content is missing, and nothing says that it was erased when its time was over`
  );
}

/** Hashes stored entries, in the order of the log, and holds what is stored against it. */
export function rehashRows(sha256: Sha256, from: TreeEdge, rows: Iterable<EntryRow>): Rehashed {
  const range = new CompactRange(sha256, from.size, from.edge);
  const judge = new EntryJudge(sha256);
  const completed: FullSubtree[] = [];
  const absent: AbsentContent[] = [];
  for (const row of rows) {
    const judged = row.idx === range.size ? judge.judge(row) : { why: 'it is missing' };
    if ('why' in judged)
      return {
        rehash: { outcome: 'flawed', why: `entry ${range.size}: ${judged.why}` },
        completed,
        absent,
      };
    if (judged.isAbsent === true)
      absent.push({ index: row.idx, retainUntil: judged.envelope.retainUntil });
    completed.push(...range.append(judged.leaf));
  }
  const tree = { size: range.size, edge: range.edge() };
  return { rehash: { outcome: 'sound', tree }, completed, absent };
}

/** An entry whose leaf and content are those of its bytes; or why it is none, with its envelope if that is whole. */
export type Judged =
  | {
      readonly leaf: Uint8Array;
      readonly envelope: Envelope;
      /** Its content is not there: whether it was erased is for others to say. */
      readonly isAbsent?: boolean;
    }
  | { readonly why: string; readonly envelope?: Envelope };

/** Holds stored entries against themselves, one after the other. */
export class EntryJudge {
  readonly #sha256: Sha256;
  readonly #committer: ContentCommitter;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
    this.#committer = new ContentCommitter(sha256);
  }

  judge(row: EntryRow): Judged {
    const leaf = hashLeaf(this.#sha256, row.entry);
    if (!areEqualBytes(leaf, row.leaf)) return { why: 'its leaf hash is not that of its bytes' };
    try {
      const envelope = decodeEnvelope(row.entry);
      const isAbsent = row.content === undefined && envelope.publicPayload === undefined;
      const why = isAbsent ? undefined : this.#flawOfContent(row.content, envelope);
      return why === undefined ? { leaf, envelope, isAbsent } : { why, envelope };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { why: error.message };
    }
  }

  #flawOfContent(content: EntryRow['content'], envelope: Envelope): string | undefined {
    if (envelope.publicPayload !== undefined)
      return content === undefined ? undefined : 'it is public and has content too';
    const commitment = content && this.#committer.commit(content.sections, content.salts);
    if (commitment !== undefined && areEqualBytes(commitment, envelope.commitment))
      return undefined;
    return 'its content is not the one it commits to';
  }
}
