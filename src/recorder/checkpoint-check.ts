import type { LogSnapshot } from '../store/sqlite/log-snapshot.ts';
import type { StoredCheckpoint } from '../store/store.ts';
import { areEqualBytes } from '../tlog/bytes.ts';
import type { CompactRange } from '../tlog/compact-range.ts';
import { claimedSize } from '../tlog/checkpoint.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { judgeCheckpoint, type KeyHistory } from './checkpoint-judge.ts';
import { chooseKeys, readHeldKeys } from './choose-keys.ts';
import { readKeyChain } from './key-chain.ts';
import { demandOrigin } from './log-origin.ts';
import { LogRefused } from './log-refused.ts';
import type { SigningPlaces } from './open-publisher.ts';

type Report = (finding: string) => void;

/** What was signed, and under which words it is told of. */
interface Awaited {
  readonly what: string;
  readonly size: number;
  readonly root: Uint8Array;
}

const PIECE = 500;

/** Holds what was signed of a log, in the database and in the guard, against the tree as it grows. */
export class CheckpointCheck {
  readonly #log: LogSnapshot;
  readonly #history: KeyHistory | undefined;
  readonly #report: Report;
  readonly #guard: Awaited | undefined;
  /** The stored checkpoints that come next, by size. */
  #waiting: Awaited[] = [];
  #readUpTo = 0;
  #isReadOut = false;
  #keyChanges = 0;
  #differing = 0;
  #count = 0;

  /** Whatever cannot be read of keys and guard is told, and the rest is checked. */
  static async open(
    log: LogSnapshot,
    places: SigningPlaces,
    guard: Uint8Array | undefined,
    report: Report,
  ): Promise<CheckpointCheck> {
    const history = await readHistory(log, places, report);
    return new CheckpointCheck(log, history, guard, report);
  }

  private constructor(
    log: LogSnapshot,
    history: KeyHistory | undefined,
    guard: Uint8Array | undefined,
    report: Report,
  ) {
    this.#log = log;
    this.#history = history;
    this.#report = report;
    this.#refill();
    this.#guard = this.#readGuard(guard);
  }

  /** How many were held against the tree. */
  get count(): number {
    return this.#count;
  }

  /** The tree has grown by one entry. */
  meet(range: CompactRange): void {
    if (this.#guard?.size === range.size) this.#compare(range, this.#guard);
    while (this.#waiting[0]?.size === range.size) {
      const [first, ...rest] = this.#waiting;
      this.#waiting = rest;
      if (first !== undefined) this.#compare(range, first);
      if (rest.length === 0) this.#refill();
    }
  }

  /** An entry that changes the key stands at that index: the index of such entries must have it. */
  meetKeyChange(idx: number): void {
    this.#keyChanges += 1;
    const change = this.#history?.chain[this.#keyChanges - 1];
    if (this.#history !== undefined && change?.index !== idx)
      this.#report(`entry ${idx}: it changes the key, and the index of such entries has another`);
  }

  finish(): void {
    if (this.#differing > 1)
      this.#report(`${this.#differing} checkpoints in all do not commit to these entries`);
    const beyond = this.#waiting.find(({ size }) => size > this.#log.end);
    if (beyond !== undefined)
      this.#report(`${beyond.what} is beyond the last entry: the database is an older one`);
    if (this.#guard !== undefined && this.#guard.size > this.#log.end)
      this.#report(
        `the guard stands at ${this.#guard.size}, and the database holds ${this.#log.end} entries: it is an older one`,
      );
    const expected = this.#history?.chain.filter(({ index }) => index < this.#log.end).length;
    if (expected !== undefined && expected !== this.#keyChanges)
      this.#report(`${expected} entries change the key by their index, and ${this.#keyChanges} do`);
  }

  #compare(range: CompactRange, { what, root }: Awaited): void {
    this.#count += 1;
    if (areEqualBytes(range.root(), root)) return;
    this.#differing += 1;
    if (this.#differing === 1)
      this.#report(`${what} does not commit to the entries that are there`);
  }

  #refill(): void {
    if (this.#isReadOut) return;
    const stored = this.#log.checkpointsAfter(this.#readUpTo, PIECE);
    this.#isReadOut = stored.length < PIECE;
    this.#readUpTo = stored.at(-1)?.size ?? this.#readUpTo;
    this.#waiting = stored.flatMap((one) => this.#readStored(one));
    if (this.#waiting.length === 0) this.#refill();
  }

  #readStored({ size, note, publishedAt }: StoredCheckpoint): Awaited[] {
    const what = `the checkpoint of size ${size}`;
    return this.#read(what, { size, note, at: publishedAt });
  }

  #readGuard(note: Uint8Array | undefined): Awaited | undefined {
    if (note === undefined) {
      if (this.#readUpTo > 0)
        this.#report('the guard file is missing, and the log has been signed');
      return undefined;
    }
    const size = claimedSize(note);
    if (size === undefined) this.#report('the guard is no checkpoint');
    return size === undefined ? undefined : this.#read('the guard', { size, note })[0];
  }

  #read(what: string, signed: Parameters<typeof judgeCheckpoint>[1]): Awaited[] {
    if (this.#history === undefined) return [];
    try {
      const { size, root } = judgeCheckpoint(this.#history, signed);
      return [{ what, size, root }];
    } catch (error) {
      if (!(error instanceof TlogRefused)) throw error;
      this.#report(`${what} is not one that the log's key has signed: ${error.message}`);
      return [];
    }
  }
}

async function readHistory(
  log: LogSnapshot,
  places: SigningPlaces,
  report: Report,
): Promise<KeyHistory | undefined> {
  const { origin, keyFile } = places;
  try {
    await demandOrigin(log.reader, origin);
    const chain = await readKeyChain(log.reader, origin);
    const keys = chooseKeys(places, await readHeldKeys(places), chain, Infinity);
    if (keys !== undefined)
      return { origin, first: chain[0]?.previousKey ?? keys.current.verifier, chain };
    report(`the key file ${keyFile} is missing: no signature can be verified`);
  } catch (error) {
    if (!(error instanceof LogRefused)) throw error;
    report(error.message);
  }
  return undefined;
}
