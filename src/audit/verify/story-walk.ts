import type { Checkpoint } from '../../tlog/checkpoint.ts';
import type { Sha256 } from '../../tlog/hash.ts';
import type { LogItem, VerifiableLog } from '../verifiable-log.ts';
import { EndsCheck } from './ends-check.ts';
import { readEntry } from './read-entry.ts';
import { Replay } from './replay.ts';
import { RetentionCheck } from './retention-check.ts';
import { ShapeCheck } from './shape-check.ts';
import { TagCheck } from './tag-check.ts';
import { Findings, type Found, type Verdict } from './verdict.ts';

/** What came of reading what the entries say. */
export interface StoryWalked {
  /** What speaks against the entries themselves and their contents; the tree is another's to check. */
  readonly integrity: Found;
  readonly authorization: Verdict;
  readonly completeness: Verdict;
  readonly retention: Verdict;
  /** The time of the last entry, in milliseconds since the epoch. */
  readonly lastTime: number;
}

/** Reads what every entry says, in order. What is kept grows with accounts, people and facts, never with entries. */
export class StoryWalk {
  readonly #log: VerifiableLog;
  readonly #integrity = new Findings('integrity');
  readonly #authorization = new Findings('authorization');
  readonly #completeness = new Findings('completeness');
  readonly #retention = new Findings('retention');
  readonly #shape: ShapeCheck;
  readonly #tags: TagCheck;
  readonly #ends: EndsCheck;
  readonly #kept: RetentionCheck;
  readonly #replay: Replay;
  readonly #size: number;
  #withheld = 0;
  #count = 0;

  constructor(sha256: Sha256, log: VerifiableLog, checkpoint: Checkpoint) {
    this.#log = log;
    this.#size = checkpoint.size;
    this.#shape = new ShapeCheck(checkpoint, this.#integrity);
    this.#tags = new TagCheck(
      sha256,
      { keys: log.tagKeys, isFromStart: log.range.from === 0, isWhole: this.#isRange },
      this.#completeness,
    );
    this.#ends = new EndsCheck(log.range.from, this.#completeness);
    this.#kept = new RetentionCheck(log.ahead, this.#retention);
    this.#replay = new Replay(sha256, this.#authorization, log.range.from === 0);
  }

  meet(item: LogItem): void {
    this.#count += 1;
    const entry = readEntry(item, this.#integrity);
    if (entry === undefined) return;
    if (entry.state === 'withheld') this.#withheld += 1;
    this.#shape.add(entry);
    // Beside a range stand facts from before it, not all of anybody's entries.
    const isCounted = !this.#isRange || item.proof === undefined;
    const account = isCounted ? this.#tags.add(entry) : undefined;
    const isErased = this.#kept.add(item, entry, account);
    this.#replay.add(entry, isErased);
    this.#ends.add(entry);
  }

  finish(): StoryWalked {
    if (!this.#isRange || this.#log.range.to === this.#size) this.#tags.finish();
    this.#kept.finish(this.#isAll);
    this.#replay.finish();
    if (!this.#isRange && this.#tags.count('account') === 0)
      this.#authorization.doubt(
        'no key of an account is here: entries that ended a basis may have been left out',
      );
    return {
      integrity: this.#integrity.found(),
      authorization: this.#authorization.verdict(this.#tellAuthorization()),
      completeness: this.#judgeCompleteness(),
      retention: this.#retention.verdict(this.#tellRetention()),
      lastTime: this.#shape.time,
    };
  }

  /** Whether entries stand side by side, so that none between them can have been left out. */
  get #isRange(): boolean {
    return this.#log.range.from < this.#log.range.to;
  }

  get #isAll(): boolean {
    return this.#log.range.from === 0 && this.#log.range.to === this.#size;
  }

  #tellAuthorization(): string {
    const { judged, erased, notAsked } = this.#replay.counts;
    const gone = erased === 0 ? '' : `; what ${erased} more said was erased by rule`;
    const earlier = notAsked === 0 ? '' : `; ${notAsked} before them were not asked about`;
    return `${judged} accesses, each held against what the entries before it say${gone}${earlier}`;
  }

  #judgeCompleteness(): Verdict {
    const shown = this.#count - this.#withheld;
    if (this.#withheld > 0 && !this.#hasKeys)
      this.#completeness.doubt(
        `what ${this.#withheld} entries say is not shown, and no key is here`,
      );
    const { attempts, open } = this.#ends;
    const keys = `${this.#tags.count('account')} accounts and ${this.#tags.count('actor')} people`;
    return this.#completeness.verdict(
      `${attempts} accesses, ${open} of them under way; the numbers on the entries of ${keys}; ${shown} entries say what they are`,
    );
  }

  get #hasKeys(): boolean {
    return this.#log.tagKeys.length > 0;
  }

  #tellRetention(): string {
    const { erased } = this.#kept;
    const overdue = this.#kept.overdue(this.#shape.time);
    const late = overdue === 0 ? '' : `; ${overdue} are still kept past their time`;
    return `${erased} contents are not there any more${late}`;
  }
}
