import { CompactRange } from '../../tlog/compact-range.ts';
import { areEqualBytes } from '../../tlog/bytes.ts';
import type { Checkpoint } from '../../tlog/checkpoint.ts';
import { hashLeaf, type Sha256 } from '../../tlog/hash.ts';
import { verifyInclusion } from '../../tlog/inclusion.ts';
import { heightsBetween } from '../../tlog/subtree.ts';
import { TlogRefused } from '../../tlog/tlog-refused.ts';
import { isCommittedTo } from '../disclosed.ts';
import { commitmentIn } from '../envelope.ts';
import type { LogItem, VerifiableLog } from '../verifiable-log.ts';
import { Findings, type Found } from './verdict.ts';

/** What came of hashing the entries. */
export interface TreeWalked {
  readonly integrity: Found;
  /** How many entries were folded or climbed from. */
  readonly count: number;
  /** The root of the first `watched` leaves, if the range went through there. It counts if nothing was found. */
  readonly watchedRoot: Uint8Array | undefined;
}

/**
 * Folds the entries of the range into a root, climbs from each other entry to it, and holds each content
 * against its entry.
 */
export class TreeWalk {
  readonly #sha256: Sha256;
  readonly #log: VerifiableLog;
  readonly #checkpoint: Checkpoint;
  readonly #integrity = new Findings('integrity');
  readonly #watched: number | undefined;
  readonly #tree: CompactRange;
  #last = -1;
  #count = 0;
  #watchedRoot: Uint8Array | undefined;

  /** `watched`: the size at which the root is wanted, of an earlier checkpoint. */
  constructor(
    sha256: Sha256,
    given: { log: VerifiableLog; checkpoint: Checkpoint; watched: number | undefined },
  ) {
    this.#sha256 = sha256;
    this.#log = given.log;
    this.#checkpoint = given.checkpoint;
    this.#watched = given.watched;
    this.#tree = this.#begin();
    this.#watch();
  }

  meet(item: LogItem): void {
    this.#count += 1;
    if (item.index <= this.#last)
      this.#integrity.refute(`entry ${item.index} stands behind entry ${this.#last}`);
    this.#last = Math.max(this.#last, item.index);
    const { from, to } = this.#log.range;
    if (item.index >= from && item.index < to) this.#append(item);
    else this.#climb(item);
    this.#checkContent(item);
  }

  #checkContent({ index, entry, content }: LogItem): void {
    if (content === undefined) return;
    if (!isCommittedTo(this.#sha256, content, commitmentIn(entry)))
      this.#integrity.refute(`entry ${index}: its content is not the one it commits to`);
  }

  finish(): TreeWalked {
    this.#checkRoot();
    return {
      integrity: this.#integrity.found(),
      count: this.#count,
      watchedRoot: this.#watchedRoot,
    };
  }

  #checkRoot(): void {
    const { from, to } = this.#log.range;
    if (from === to) return;
    if (this.#tree.size !== to)
      return this.#integrity.refute(`entry ${this.#tree.size} is missing`);
    this.#appendRest();
    if (!areEqualBytes(this.#tree.root(), this.#checkpoint.root))
      this.#integrity.refute('the entries are not those of the tree that was signed');
  }

  #begin(): CompactRange {
    const { range, before } = this.#log;
    const { size } = this.#checkpoint;
    if (range.from > range.to || range.to > size)
      this.#integrity.refute(
        `entries ${range.from} to ${range.to} are said to be there, and ${size} were signed`,
      );
    try {
      return new CompactRange(this.#sha256, range.from, before);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#integrity.refute(`what stands before the entries: ${error.message}`);
      return new CompactRange(this.#sha256);
    }
  }

  #append(item: LogItem): void {
    if (item.index !== this.#tree.size) {
      this.#integrity.refute(`entry ${this.#tree.size} is missing before entry ${item.index}`);
      return;
    }
    this.#tree.append(hashLeaf(this.#sha256, item.entry));
    this.#watch();
  }

  #watch(): void {
    if (this.#tree.size === this.#watched) this.#watchedRoot = this.#tree.root();
  }

  #appendRest(): void {
    const heights = heightsBetween(this.#tree.size, this.#checkpoint.size);
    if (heights.length !== this.#log.after.length)
      return this.#integrity.refute('what stands behind the entries does not fit the tree');
    heights.forEach((height, at) => {
      const root = this.#log.after[at];
      if (root !== undefined) this.#tree.appendSubtree(root, height);
    });
  }

  #climb({ index, entry, proof }: LogItem): void {
    const { size, root } = this.#checkpoint;
    const leaf = hashLeaf(this.#sha256, entry);
    try {
      verifyInclusion(this.#sha256, { leaf, index, size, root, proof: proof ?? [] });
    } catch (error) {
      if (!(error instanceof TlogRefused)) throw error;
      this.#integrity.refute(`entry ${index}: ${error.message}`);
    }
  }
}
