import { canonicalText } from '../canonical.ts';
import { areEqualBytes } from '../../tlog/bytes.ts';
import type { Sha256 } from '../../tlog/hash.ts';
import { tagOf } from '../envelope.ts';
import type { TagKey } from '../verifiable-log.ts';
import type { ReadEntry } from './read-entry.ts';
import type { Statement } from './statement.ts';
import type { Findings } from './verdict.ts';

/** How far somebody's tags have been met. */
interface Counter {
  readonly key: TagKey;
  /** The number of the next tag; `undefined` until the first is met, where the entries do not begin with the log. */
  next: number | undefined;
  /** The tag of that number. */
  tag: Uint8Array | undefined;
  /** Whether every tag before `next` has to be here. */
  readonly isGapless: boolean;
}

/** Looking for the number of a first tag ends here, if nobody says how many there are. */
const SEARCHED = 100_000;

/**
 * Counts the tags of accounts and people. A number that is not met was left out; an entry that carries
 * another's tag, or none where it should, was put down wrongly.
 */
export class TagCheck {
  readonly #sha256: Sha256;
  readonly #completeness: Findings;
  readonly #counters = new Map<string, Counter>();
  /** Whose tag is awaited next, by the tag itself. */
  readonly #awaited = new Map<number, Counter>();

  constructor(
    sha256: Sha256,
    given: { keys: readonly TagKey[]; isFromStart: boolean; isWhole: boolean },
    completeness: Findings,
  ) {
    this.#sha256 = sha256;
    this.#completeness = completeness;
    for (const key of given.keys) this.#addKey(key, given);
  }

  /** How many accounts' and how many people's keys are at hand. */
  count(whose: TagKey['whose']): number {
    return [...this.#counters.values()].filter(({ key }) => key.whose === whose).length;
  }

  /** Whose entry this is by its tag, if its content does not say. */
  add(entry: ReadEntry): string | undefined {
    const { accountTag, actorTag } = entry.envelope;
    const { says, state } = entry;
    const isSilent = state !== 'shown';
    const account = isSilent ? undefined : (says?.text('account') ?? null);
    const actor = isSilent ? undefined : (actorName(says) ?? null);
    this.#meet(entry.index, 'actor', actorTag, actor);
    return this.#meet(entry.index, 'account', accountTag, account);
  }

  /** Holds what was met against what the keys' holder says there is. */
  finish(): void {
    for (const { key, next, isGapless } of this.#counters.values())
      if (isGapless && key.next !== undefined && next !== undefined && next < key.next)
        this.#completeness.refute(
          `${describe(key)}: ${key.next} entries were written, and ${next} are here`,
        );
  }

  #addKey(key: TagKey, given: { isFromStart: boolean; isWhole: boolean }): void {
    const isGapless = given.isWhole || key.whose === 'account';
    const counter: Counter = { key, isGapless, next: undefined, tag: undefined };
    this.#counters.set(`${key.whose} ${key.name}`, counter);
    if (given.isFromStart) this.#await(counter, 0);
  }

  /** `name`: what the content says; `null`: that there is nobody; `undefined`: it is not shown. */
  #meet(
    index: number,
    whose: TagKey['whose'],
    tag: Uint8Array,
    name: string | null | undefined,
  ): string | undefined {
    const awaited = this.#awaited.get(shortOf(tag));
    if (
      awaited?.tag !== undefined &&
      areEqualBytes(awaited.tag, tag) &&
      awaited.key.whose === whose
    ) {
      this.#await(awaited, (awaited.next ?? 0) + 1);
      if (name !== undefined && name !== awaited.key.name)
        this.#completeness.refute(`entry ${index} carries the tag of ${describe(awaited.key)}`);
      return awaited.key.name;
    }
    const counter = typeof name === 'string' ? this.#counters.get(`${whose} ${name}`) : undefined;
    if (counter !== undefined) this.#find(index, counter, tag);
    return undefined;
  }

  /** The tag is not the next: it is the first of all, one after a gap, or nobody's. */
  #find(index: number, counter: Counter, tag: Uint8Array): void {
    const { key, next } = counter;
    const found = this.#search(key, next ?? 0, tag);
    if (found === undefined)
      return this.#completeness.refute(
        `entry ${index} does not carry the next tag of ${describe(key)}`,
      );
    if (next !== undefined && counter.isGapless)
      this.#completeness.refute(
        `before entry ${index}, ${found - next} entries of ${describe(key)} were left out`,
      );
    this.#await(counter, found + 1);
  }

  #search(key: TagKey, from: number, tag: Uint8Array): number | undefined {
    const end = Math.max(key.next ?? 0, from + SEARCHED);
    for (let n = from; n < end; n += 1) if (areEqualBytes(this.#tagOf(key, n), tag)) return n;
    return undefined;
  }

  #await(counter: Counter, next: number): void {
    if (counter.tag !== undefined) this.#awaited.delete(shortOf(counter.tag));
    counter.next = next;
    counter.tag = this.#tagOf(counter.key, next);
    this.#awaited.set(shortOf(counter.tag), counter);
  }

  #tagOf({ whose, key }: TagKey, n: number): Uint8Array {
    return tagOf(this.#sha256, whose, key, n);
  }
}

function actorName(says: Statement | undefined): string | undefined {
  const actor = says?.within('actor');
  const realm = actor?.text('realm');
  if (actor === undefined || realm === 'gateway' || realm === 'stranger') return undefined;
  return canonicalText([actor.text('issuer') ?? '', actor.text('subject') ?? '']);
}

/** Six bytes are enough to look a tag up by; whoever finds one compares the whole. */
function shortOf(tag: Uint8Array): number {
  let short = 0;
  for (let at = 0; at < 6; at += 1) short = short * 256 + (tag[at] ?? 0);
  return short;
}

function describe({ whose, name }: TagKey): string {
  return whose === 'account' ? `account ${name}` : `person ${name}`;
}
