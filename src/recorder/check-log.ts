import { type Envelope, KINDS } from '../audit/envelope.ts';
import type { Milliseconds } from '../domain/time.ts';
import { type AbsentContent, EntryJudge, type EntryRow, flawOfAbsent } from '../store/rehash.ts';
import { type LogSnapshot, openSnapshot } from '../store/sqlite/log-snapshot.ts';
import { areEqualBytes } from '../tlog/bytes.ts';
import { CompactRange } from '../tlog/compact-range.ts';
import { hashLeaf } from '../tlog/hash.ts';
import { countHashes } from '../tlog/tile.ts';
import { CheckpointCheck } from './checkpoint-check.ts';
import { sha256 } from './crypto.ts';
import { LogRefused } from './log-refused.ts';
import type { SigningPlaces } from './open-publisher.ts';
import { readFileIfThere } from './private-file.ts';
import { TagCount } from './tag-count.ts';

/** What a look at a whole log came to. */
export interface LogCheck {
  readonly entries: number;
  readonly checkpoints: number;
  readonly findings: number;
  readonly ms: Milliseconds;
}

/** Entries that are read in one go. */
const PIECE = 4096;
const STRAYS = 100;

/**
 * Holds a stored log to every rule that it can be held to without anybody's help, beside a gateway or
 * without, and tells each finding in a sentence. Throws `LogRefused` if there is no log to look at.
 */
export async function checkLog(
  file: string,
  places: SigningPlaces,
  tell: (finding: string) => void,
): Promise<LogCheck> {
  // Before the log: what was guarded then, the log must have now.
  const guard = await readFileIfThere(places.guardFile);
  const log = open(file);
  try {
    let findings = 0;
    const report = (finding: string): void => {
      findings += 1;
      tell(finding);
    };
    const since = performance.now();
    const checkpoints = await CheckpointCheck.open(log, places, guard, report);
    new WholeLog(log, checkpoints, report).check();
    const ms = performance.now() - since;
    return { entries: log.end, checkpoints: checkpoints.count, findings, ms };
  } finally {
    log.close();
  }
}

function open(file: string): LogSnapshot {
  try {
    return openSnapshot(file);
  } catch (error) {
    throw new LogRefused(`${file} holds no log that can be read (${String(error)})`);
  }
}

/** One pass over a log, from its first entry to its last. */
class WholeLog {
  readonly #log: LogSnapshot;
  readonly #checkpoints: CheckpointCheck;
  readonly #report: (finding: string) => void;
  readonly #judge = new EntryJudge(sha256);
  readonly #tags: TagCount;
  readonly #range = new CompactRange(sha256);
  readonly #absent: AbsentContent[] = [];
  #isComparable = true;
  #next = 0;
  #time = 0;

  constructor(log: LogSnapshot, checkpoints: CheckpointCheck, report: (finding: string) => void) {
    this.#log = log;
    this.#checkpoints = checkpoints;
    this.#report = report;
    this.#tags = new TagCount(log.tagKeys);
  }

  check(): void {
    while (this.#next < this.#log.end)
      this.#checkPiece(Math.min(PIECE, this.#log.end - this.#next));
    if (this.#isComparable) this.#checkTree();
    this.#checkState();
    this.#checkpoints.finish();
    for (const finding of this.#tags.findings()) this.#report(finding);
    for (const idx of this.#log.strayContents(STRAYS))
      this.#report(`content ${idx} is of an entry that is not there`);
  }

  #checkPiece(count: number): void {
    const completed: ReturnType<CompactRange['append']> = [];
    const first = this.#next;
    for (const row of this.#log.rows(this.#next, count)) {
      if (row.idx >= this.#log.end) break;
      this.#checkPlace(row.idx);
      completed.push(...this.#checkEntry(row));
    }
    this.#checkAbsent(first);
    for (const { level, position, hash } of completed)
      if (!areEqualBytes(this.#log.subtree(level, position) ?? NOTHING, hash))
        this.#report(`subtree ${level}/${position} is not the root of its leaves`);
  }

  /** Asked only after the contents: one that is not there any more had its erasure written with it. */
  #checkAbsent(first: number): void {
    const absent = this.#absent.splice(0);
    if (absent.length === 0) return;
    const erasures = this.#log.erasures(first, this.#next);
    for (const entry of absent) {
      const why = flawOfAbsent([entry], erasures);
      if (why !== undefined) this.#report(why);
    }
  }

  /** Where an entry is missing, nothing behind it can be compared with what was signed. */
  #checkPlace(idx: number): void {
    const missing = idx - this.#next;
    if (missing > 0) {
      const which =
        missing === 1 ? `entry ${this.#next} is` : `entries ${this.#next} to ${idx - 1} are`;
      this.#report(`${which} missing: nothing behind can be compared with what was signed`);
      this.#isComparable = false;
    }
    this.#next = idx + 1;
  }

  #checkEntry(row: EntryRow): ReturnType<CompactRange['append']> {
    const judged = this.#judge.judge(row);
    if ('why' in judged) this.#report(`entry ${row.idx}: ${judged.why}`);
    else if (judged.isAbsent === true)
      this.#absent.push({ index: row.idx, retainUntil: judged.envelope.retainUntil });
    if (judged.envelope !== undefined) this.#checkEnvelope(row.idx, judged.envelope);
    if (!this.#isComparable) return [];
    const leaf = 'leaf' in judged ? judged.leaf : hashLeaf(sha256, row.entry);
    const completed = this.#range.append(leaf);
    this.#checkpoints.meet(this.#range);
    return completed;
  }

  #checkEnvelope(idx: number, envelope: Envelope): void {
    if (envelope.time < this.#time) this.#report(`entry ${idx}: it is older than the one before`);
    this.#time = Math.max(this.#time, envelope.time);
    if (envelope.kind === KINDS['key change']) this.#checkpoints.meetKeyChange(idx);
    this.#tags.meet(envelope);
  }

  #checkTree(): void {
    if (!areEqualBytes(this.#range.edge(), this.#log.edge))
      this.#report('the edge of the tree is not that of its entries');
    const levels = new Set([1, 2, 3, 4, 5, 6, ...this.#log.subtreeCounts.keys()]);
    for (const level of levels) {
      const stored = this.#log.subtreeCounts.get(level) ?? 0;
      const full = level < 1 ? 0 : countHashes(this.#range.size, level);
      if (stored !== full)
        this.#report(`level ${level} of the tree has ${stored} subtrees, and ${full} are full`);
    }
  }

  #checkState(): void {
    const { size, end, lastTime } = this.#log;
    if (size !== end)
      this.#report(`the log says it has ${size} entries, and its last is ${end - 1}`);
    if (lastTime !== this.#time)
      this.#report(`the log says its last time is ${lastTime}, and that is ${this.#time}`);
  }
}

const NOTHING = new Uint8Array();
