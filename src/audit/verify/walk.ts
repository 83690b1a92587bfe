import { formatInstant } from '../../domain/time.ts';
import type { LogItem, VerifiableLog } from '../verifiable-log.ts';
import type { VerifyOptions } from './options.ts';
import { EndsCheck } from './ends-check.ts';
import { readEntry } from './read-entry.ts';
import { Replay } from './replay.ts';
import { RetentionCheck } from './retention-check.ts';
import { ShapeCheck } from './shape-check.ts';
import type { Signed } from './signed.ts';
import { TagCheck } from './tag-check.ts';
import { TreeCheck } from './tree-check.ts';
import { Findings, type Verdict } from './verdict.ts';

/** What came of one walk along the entries. */
export interface Walked {
  readonly integrity: Verdict;
  readonly authorization: Verdict;
  readonly completeness: Verdict;
  readonly retention: Verdict;
  /** The root at the size of the earlier checkpoint; it counts if the integrity was verified. */
  readonly watchedRoot: Uint8Array | undefined;
}

interface Wish extends VerifyOptions {
  readonly signed: Signed;
  readonly watched: number | undefined;
}

/** Meets every entry once, in order. What is kept grows with accounts, people and facts, never with entries. */
export async function walk(log: VerifiableLog, wish: Wish): Promise<Walked> {
  const walking = new Walking(log, wish);
  let done = 0;
  for await (const batch of log.items()) {
    for (const item of batch) walking.meet(item);
    done += batch.length;
    wish.onProgress?.(done);
  }
  return walking.finish();
}

class Walking {
  readonly #log: VerifiableLog;
  readonly #sha256: VerifyOptions['crypto']['sha256'];
  readonly #integrity = new Findings('integrity');
  readonly #authorization = new Findings('authorization');
  readonly #completeness = new Findings('completeness');
  readonly #retention = new Findings('retention');
  readonly #tree: TreeCheck;
  readonly #shape: ShapeCheck;
  readonly #tags: TagCheck;
  readonly #ends: EndsCheck;
  readonly #kept: RetentionCheck;
  readonly #replay: Replay;
  readonly #size: number;
  #withheld = 0;

  constructor(log: VerifiableLog, { crypto, signed, watched }: Wish) {
    const { checkpoint } = signed;
    const { sha256 } = crypto;
    this.#log = log;
    this.#sha256 = sha256;
    this.#size = checkpoint.size;
    this.#tree = new TreeCheck(sha256, { log, checkpoint, watched }, this.#integrity);
    this.#shape = new ShapeCheck(checkpoint, this.#integrity);
    this.#tags = new TagCheck(
      sha256,
      { keys: log.tagKeys, isFromStart: log.range.from === 0, isWhole: this.#isRange },
      this.#completeness,
    );
    this.#ends = new EndsCheck(log.range.from, this.#completeness);
    this.#kept = new RetentionCheck(sha256, log.ahead, this.#retention);
    this.#replay = new Replay(sha256, this.#authorization);
  }

  meet(item: LogItem): void {
    this.#tree.add(item);
    const entry = readEntry(this.#sha256, item, this.#integrity);
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

  finish(): Walked {
    this.#tree.finish();
    if (!this.#isRange || this.#log.range.to === this.#size) this.#tags.finish();
    this.#kept.finish(this.#isAll);
    if (!this.#isRange && this.#tags.count('account') === 0)
      this.#authorization.doubt(
        'no key of an account is here: entries that ended a basis may have been left out',
      );
    return {
      integrity: this.#integrity.verdict(this.#tellIntegrity()),
      authorization: this.#authorization.verdict(this.#tellAuthorization()),
      completeness: this.#judgeCompleteness(),
      retention: this.#retention.verdict(this.#tellRetention()),
      watchedRoot: this.#tree.watchedRoot,
    };
  }

  /** Whether entries stand side by side, so that none between them can have been left out. */
  get #isRange(): boolean {
    return this.#log.range.from < this.#log.range.to;
  }

  get #isAll(): boolean {
    return this.#log.range.from === 0 && this.#log.range.to === this.#size;
  }

  #tellIntegrity(): string {
    const { from, to } = this.#log.range;
    const { count } = this.#tree;
    if (this.#isAll) return `all ${count} entries are those that were signed, up to ${this.#until}`;
    const among = `of the ${this.#size} that were signed`;
    return this.#isRange
      ? `${count} entries, all from ${from} to ${to - 1} among them, ${among}`
      : `${count} entries ${among}`;
  }

  get #until(): string {
    return formatInstant(this.#shape.time);
  }

  #tellAuthorization(): string {
    const { judged, erased } = this.#replay.counts;
    const rest = erased === 0 ? '' : `; what ${erased} more said was erased by rule`;
    return `${judged} accesses, each held against what the entries before it say${rest}`;
  }

  #judgeCompleteness(): Verdict {
    const shown = this.#tree.count - this.#withheld;
    if (this.#withheld > 0 && !this.#hasKeys)
      this.#completeness.doubt(
        `what ${this.#withheld} entries say is not shown, and no key is here`,
      );
    const { attempts, open } = this.#ends;
    const keys = `${this.#tags.count('account')} accounts and ${this.#tags.count('actor')} people`;
    return this.#completeness.verdict(
      `${attempts} accesses, ${open} of them under way; the entries of ${keys} numbered without a gap; ${shown} entries say what they are`,
    );
  }

  get #hasKeys(): boolean {
    return this.#log.tagKeys.length > 0;
  }

  #tellRetention(): string {
    const { erased } = this.#kept;
    const overdue = this.#kept.overdue(this.#shape.time);
    const late = overdue === 0 ? '' : `; ${overdue} are still kept past their time`;
    return `${erased} contents were erased, each when its time was over${late}`;
  }
}
