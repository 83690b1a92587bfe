import { areEqualBytes } from '../../tlog/bytes.ts';
import { type Envelope, KINDS } from '../envelope.ts';
import type { LogItem } from '../verifiable-log.ts';
import { type Erasure, ErasureTimes } from './erasure-times.ts';
import { type ReadEntry, readEntry } from './read-entry.ts';
import { Findings } from './verdict.ts';

const DAY_MS = 86_400_000;
/** Erasure waits a day after a start, and goes in batches. */
const GRACE_DAYS = 8;

/** A hold as its entries tell it; instants in milliseconds since the epoch. */
interface Hold {
  readonly account: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly until: number;
  /** The entries that placed and lifted it. */
  readonly placed: number;
  lifted: number;
}

/**
 * A content is there, or it was erased by rule: some later entry says so, its time was over then, and no
 * hold kept it. What was said about erasures and holds is taken ahead, and has to be met in its place.
 */
export class RetentionCheck {
  readonly #retention: Findings;
  readonly #ahead = new Map<number, Uint8Array>();
  readonly #holds = new Map<string, Hold>();
  readonly #erasures: ErasureTimes;
  readonly #mostErased: number;
  #absent = 0;
  /** How many contents that are there may be erased from a day on; days since the epoch. */
  readonly #dueFrom = new Map<number, number>();

  constructor(ahead: readonly LogItem[], retention: Findings) {
    this.#retention = retention;
    const erasures: Erasure[] = [];
    let count = 0;
    for (const item of ahead) {
      this.#ahead.set(item.index, item.entry);
      // Whatever is wrong with it is found where it stands.
      const entry = readEntry(item, new Findings('retention'));
      const erasure = entry && readErasure(entry);
      if (erasure !== undefined) {
        erasures.push(erasure);
        count += entry?.says?.number('count') ?? 0;
      } else if (entry !== undefined) this.#readHold(entry);
    }
    this.#erasures = new ErasureTimes(erasures);
    this.#mostErased = count;
  }

  /** Contents that were erased by rule. */
  get erased(): number {
    return this.#absent;
  }

  /** Contents that were still there long after their time, as the log's last entry tells the time. */
  overdue(lastTime: number): number {
    let count = 0;
    for (const [day, due] of this.#dueFrom)
      if ((day + GRACE_DAYS) * DAY_MS < lastTime) count += due;
    return count;
  }

  /** `account`: whose entry it is by its tag. Answers whether its content was erased by rule. */
  add(item: LogItem, entry: ReadEntry, account: string | undefined): boolean {
    this.#meetAhead(item, entry.envelope);
    if (entry.state === 'shown') this.#note(entry.envelope);
    if (entry.state !== 'absent') return false;
    this.#absent += 1;
    const why = this.#whyNot(entry, account);
    if (why !== undefined)
      this.#retention.refute(`entry ${entry.index}: its content is missing, ${why}`);
    return why === undefined;
  }

  finish(isWhole: boolean): void {
    for (const index of this.#ahead.keys())
      this.#retention.refute(`entry ${index} was given ahead and does not stand in its place`);
    if (isWhole && this.#absent > this.#mostErased)
      this.#retention.refute(
        `${this.#absent} contents are missing, and ${this.#mostErased} were said to be erased`,
      );
  }

  #note({ retainUntil }: Envelope): void {
    if (retainUntil === 0) return;
    const day = Math.ceil(retainUntil / DAY_MS);
    this.#dueFrom.set(day, (this.#dueFrom.get(day) ?? 0) + 1);
  }

  #meetAhead({ index, entry }: LogItem, { kind }: Envelope): void {
    if (kind !== KINDS.erasure && kind !== KINDS.hold) return;
    const given = this.#ahead.get(index);
    if (given === undefined || !areEqualBytes(given, entry))
      return this.#retention.refute(`entry ${index} was not given ahead as it stands`);
    this.#ahead.delete(index);
  }

  #whyNot({ index, envelope }: ReadEntry, account: string | undefined): string | undefined {
    const { retainUntil, time } = envelope;
    const erasedAt = this.#erasures.lastOf(index);
    if (erasedAt === undefined) return 'and no entry says that it was erased';
    if (retainUntil === 0) return 'and it is one that is never erased';
    if (erasedAt < retainUntil) return 'erased before its time was over';
    const holds = [...this.#holds.values()].filter((hold) => isAbout(hold, { time, account }));
    if (holds.length === 0) return undefined;
    const mayBeErasedBy = (erasure: Erasure): boolean =>
      erasure.at >= retainUntil && !holds.some((hold) => isActive(hold, erasure));
    return this.#erasures.of(index).some(mayBeErasedBy) ? undefined : 'erased while a hold kept it';
  }

  #readHold({ index, says }: ReadEntry): void {
    const id = says?.text('hold');
    if (says === undefined || id === undefined) return;
    const known = this.#holds.get(id);
    if (says.text('event') === 'hold.lifted') {
      if (known !== undefined) known.lifted = Math.min(known.lifted, index);
      return;
    }
    this.#holds.set(id, {
      account: says.text('account'),
      from: says.number('from') ?? 0,
      to: says.number('to') ?? Infinity,
      until: says.number('until') ?? Infinity,
      placed: index,
      lifted: Infinity,
    });
  }
}

/** An entry whose account nobody knows any more is blamed on no hold of one account. */
function isAbout(hold: Hold, of: { time: number; account: string | undefined }): boolean {
  const isOfItsAccount = hold.account === undefined || hold.account === of.account;
  return isOfItsAccount && hold.from <= of.time && of.time < hold.to;
}

function isActive(hold: Hold, { index, at }: Erasure): boolean {
  return hold.placed < index && index < hold.lifted && at < hold.until;
}

function readErasure({ index, envelope, says }: ReadEntry): Erasure | undefined {
  if (envelope.kind !== KINDS.erasure) return undefined;
  const [from, to] = [says?.number('from'), says?.number('to')];
  if (from === undefined || to === undefined || to > index) return undefined;
  return { index, from, to, at: envelope.time };
}
