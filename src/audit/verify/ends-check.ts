import { KINDS } from '../envelope.ts';
import type { ReadEntry } from './read-entry.ts';
import type { Findings } from './verdict.ts';

/** Every access has one end: when the gateway has been started anew, exactly one, and never two. */
export class EndsCheck {
  readonly #from: number;
  readonly #completeness: Findings;
  /** Accesses without an end so far, by index; whether they say anything. */
  readonly #open = new Map<number, 'shown' | 'silent'>();
  #attempts = 0;
  #silentEnds = 0;

  /** `from`: the first entry there is; accesses before it may have begun unseen. */
  constructor(from: number, completeness: Findings) {
    this.#from = from;
    this.#completeness = completeness;
  }

  get attempts(): number {
    return this.#attempts;
  }

  /** Accesses that were under way, as far as can be seen. */
  get open(): number {
    return [...this.#open.values()].filter((state) => state === 'shown').length;
  }

  add(entry: ReadEntry): void {
    switch (entry.envelope.kind) {
      case KINDS['access.attempted']:
        this.#attempts += 1;
        this.#open.set(entry.index, entry.state === 'shown' ? 'shown' : 'silent');
        return;
      case KINDS['access.finished']:
      case KINDS['access.interrupted']:
        return this.#end(entry);
      case KINDS['policy or configuration']:
        if (entry.says?.text('event') === 'gateway.started') this.#restart(entry.index);
        return;
      default:
    }
  }

  #end({ index, says }: ReadEntry): void {
    if (says === undefined) {
      this.#silentEnds += 1;
      return;
    }
    const attempt = says.number('attempt');
    if (attempt !== undefined && attempt < this.#from) return;
    if (attempt === undefined || attempt >= index || !this.#open.delete(attempt))
      this.#completeness.refute(`entry ${index} ends access ${attempt}, which was not open`);
  }

  /** Whoever starts first ends what a crash left open: what is still open then will never end. */
  #restart(index: number): void {
    for (const [attempt, state] of this.#open) {
      this.#open.delete(attempt);
      // An end that says nothing cannot be told from others: it may be that of any access.
      if (this.#silentEnds > 0) this.#silentEnds -= 1;
      else if (state === 'shown')
        this.#completeness.refute(
          `access ${attempt} has no end, though the gateway was started anew at entry ${index}`,
        );
    }
  }
}
