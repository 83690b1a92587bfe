import type { Event } from '../domain/event.ts';
import type { Instant } from '../domain/time.ts';

/** A private member has no value here, and a copy of the object with another event does not have it. */
declare class MadeByRecorder {
  private readonly recorded: true;
}

/**
 * An event that is on disk, in the tree, at this index. Only the recorder makes one: elsewhere it
 * could only be cast, and a test refuses that.
 */
export interface Recorded<E extends Event> extends MadeByRecorder {
  readonly index: number;
  readonly at: Instant;
  readonly event: E;
}
