import type { Checkpoint } from '../../tlog/checkpoint.ts';
import { KINDS } from '../envelope.ts';
import type { ReadEntry } from './read-entry.ts';
import type { Findings } from './verdict.ts';

const LOG_FORMAT = 'sallyport-log/v1';

/** What holds of every log, whatever it tells: how it begins, and that its time never runs backwards. */
export class ShapeCheck {
  readonly #checkpoint: Checkpoint;
  readonly #integrity: Findings;
  #time = 0;

  constructor(checkpoint: Checkpoint, integrity: Findings) {
    this.#checkpoint = checkpoint;
    this.#integrity = integrity;
  }

  /** The time of the last entry, in milliseconds since the epoch. */
  get time(): number {
    return this.#time;
  }

  add(entry: ReadEntry): void {
    const { index, envelope } = entry;
    if (envelope.time < this.#time)
      this.#integrity.refute(`entry ${index}: its time lies before that of the entry before it`);
    this.#time = Math.max(this.#time, envelope.time);
    const isBeginning = envelope.kind === KINDS.genesis || envelope.kind === KINDS.recovery;
    if (isBeginning !== (index === 0))
      this.#integrity.refute(
        index === 0
          ? 'entry 0 does not begin a log'
          : `entry ${index} begins a log in the middle of one`,
      );
    if (index === 0) this.#checkBeginning(entry);
  }

  #checkBeginning({ says }: ReadEntry): void {
    if (says === undefined) return;
    if (says.text('origin') !== this.#checkpoint.origin)
      this.#integrity.refute('entry 0 is the beginning of a log with another origin');
    if (says.text('format') !== LOG_FORMAT)
      this.#integrity.doubt(`entry 0: the format ${says.text('format')} is not known`);
  }
}
