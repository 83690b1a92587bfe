import type { Event } from '../domain/event.ts';
import type { Instant } from '../domain/time.ts';

declare const recordedBrand: unique symbol;

/**
 * An event that is on disk, in the tree, at this index. Only the recorder makes one: the brand has no
 * value, so elsewhere it could only be cast, and a test refuses that.
 */
export interface Recorded<E extends Event> {
  readonly [recordedBrand]: true;
  readonly index: number;
  readonly at: Instant;
  readonly event: E;
}
