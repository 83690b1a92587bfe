import { type Envelope, tagOf } from '../audit/envelope.ts';
import type { StoredTagKey } from '../store/sqlite/log-snapshot.ts';
import { sha256 } from './crypto.ts';

interface Counted extends StoredTagKey {
  /** How many of its tags were met, in order. */
  met: number;
}

/**
 * Meets the tags of accounts and people in the order of the log. It looks for the next tag of each, and
 * needs no content for that: what was erased still counts.
 */
export class TagCount {
  readonly #next = new Map<string, Counted>();
  readonly #keys: Counted[];

  constructor(keys: readonly StoredTagKey[]) {
    this.#keys = keys.map((key) => ({ ...key, met: 0 }));
    for (const key of this.#keys) this.#await(key);
  }

  meet({ accountTag, actorTag }: Envelope): void {
    this.#meetOne('account', accountTag);
    this.#meetOne('actor', actorTag);
  }

  /** Whose counter is not the number of its entries, in a sentence each. */
  findings(): string[] {
    return this.#keys
      .filter(({ met, next }) => met !== next)
      .map(
        ({ whose, name, met, next }) =>
          `${whose} ${name}: ${next} entries were counted, ${met} are there in their order`,
      );
  }

  #meetOne(whose: Counted['whose'], tag: Uint8Array): void {
    const name = nameOf(tag);
    const key = this.#next.get(name);
    if (key?.whose !== whose) return;
    this.#next.delete(name);
    key.met += 1;
    this.#await(key);
  }

  #await(key: Counted): void {
    this.#next.set(nameOf(tagOf(sha256, key.whose, key.key, key.met)), key);
  }
}

/** One character a byte: a text is what a map can look for. */
function nameOf(tag: Uint8Array): string {
  let name = '';
  for (const byte of tag) name += String.fromCharCode(byte);
  return name;
}
