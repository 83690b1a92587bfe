import { joinBytes } from '../tlog/bytes.ts';
import { HASH_SIZE, type Sha256 } from '../tlog/hash.ts';
import { CONTENT_PREFIX, SALT_SIZE, SECTION_PREFIXES, SECTIONS } from './content.ts';

/**
 * Commits to one stored content after the other, as `commitTo` does, and makes no new buffer for any:
 * who reads a whole log back does this some millions of times.
 */
export class ContentCommitter {
  readonly #sha256: Sha256;
  readonly #sections: SectionInput[];
  readonly #content = joinBytes(CONTENT_PREFIX, new Uint8Array(SECTIONS.length * HASH_SIZE));

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
    this.#sections = SECTIONS.map((name) => new SectionInput(SECTION_PREFIXES[name]));
  }

  /**
   * The commitment of sections in the order of `SECTIONS`, `null` for an absent one, with the salts of those
   * that are there side by side; `undefined` if there are more or fewer salts than that.
   */
  commit(sections: readonly (Uint8Array | null)[], salts: Uint8Array): Uint8Array | undefined {
    let salted = 0;
    for (let at = 0; at < SECTIONS.length; at += 1) {
      const place = CONTENT_PREFIX.length + at * HASH_SIZE;
      const bytes = sections[at];
      if (bytes === null || bytes === undefined) {
        this.#content.fill(0, place, place + HASH_SIZE);
        continue;
      }
      const salt = salts.subarray(salted, salted + SALT_SIZE);
      salted += SALT_SIZE;
      if (salted > salts.length) return undefined;
      this.#content.set(this.#digest(at, salt, bytes), place);
    }
    return salted === salts.length ? this.#sha256(this.#content) : undefined;
  }

  #digest(at: number, salt: Uint8Array, bytes: Uint8Array): Uint8Array {
    const input = this.#sections[at];
    if (input === undefined) throw new RangeError(`there is no section ${at}`);
    return this.#sha256(input.fill(salt, bytes));
  }
}

/** What is hashed for one section: a prefix that stays, then salt and bytes of one content after the other. */
class SectionInput {
  readonly #prefix: Uint8Array;
  #bytes: Uint8Array;

  constructor(prefix: Uint8Array) {
    this.#prefix = prefix;
    this.#bytes = prefix.slice();
  }

  fill(salt: Uint8Array, bytes: Uint8Array): Uint8Array {
    const from = this.#prefix.length + SALT_SIZE;
    const length = from + bytes.length;
    if (length > this.#bytes.length)
      this.#bytes = joinBytes(this.#prefix, new Uint8Array(2 * length - this.#prefix.length));
    this.#bytes.set(salt, this.#prefix.length);
    this.#bytes.set(bytes, from);
    return this.#bytes.subarray(0, length);
  }
}
