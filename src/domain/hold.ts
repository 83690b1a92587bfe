import type { AccountId, HoldId } from './ids.ts';
import type { Person } from './principal.ts';
import { type FieldError, Problem } from './problem.ts';
import type { Instant } from './time.ts';

/** Contents that are kept from erasure for a case. It has always an end. */
export interface Hold {
  readonly id: HoldId;
  /** `undefined`: every account, and what belongs to none. */
  readonly account: AccountId | undefined;
  /** It covers entries from `from` on, up to but not including `to`, whenever they were or will be written. */
  readonly from: Instant;
  readonly to: Instant;
  readonly case: string;
  /** Exclusive: at this instant it is over. */
  readonly until: Instant;
  readonly placedAt: Instant;
  readonly placedBy: Person;
  readonly lifted: { readonly at: Instant; readonly by: Person } | undefined;
}

/** Every active hold. `version` counts the placings and liftings there were. */
export interface HoldBook {
  readonly version: number;
  readonly holds: readonly Hold[];
}

export type HoldState = 'active' | 'lifted' | 'ended';

/** Judged at each question. A lifting holds from its place in the log on, whatever the clocks say. */
export function holdState(hold: Hold, at: Instant): HoldState {
  if (hold.lifted !== undefined) return 'lifted';
  return at >= hold.until ? 'ended' : 'active';
}

/** Whether at `at` this hold keeps the content of an entry that was written at `entry.at`. */
export function holdCovers(
  hold: Hold,
  entry: { readonly account: string | undefined; readonly at: Instant },
  at: Instant,
): boolean {
  return (
    holdState(hold, at) === 'active' &&
    (hold.account === undefined || hold.account === entry.account) &&
    hold.from <= entry.at &&
    entry.at < hold.to
  );
}

/** What an administrator asked for, its fields already well-formed. */
export type HoldWish = Omit<Hold, 'id' | 'placedAt' | 'placedBy' | 'lifted'>;

/** Makes a hold of a wish. Throws `invalid-request` naming each field that cannot be. */
export function placeHold(
  wish: HoldWish,
  facts: { id: HoldId; placedBy: Person; now: Instant },
): Hold {
  const errors: FieldError[] = [];
  if (wish.from < 0)
    errors.push({ pointer: `/from`, detail: 'This lies before 1970: so does nothing in the log.' });
  if (wish.to <= wish.from)
    errors.push({ pointer: '/to', detail: 'The end lies before the beginning.' });
  if (wish.until <= facts.now)
    errors.push({ pointer: '/until', detail: 'This lies in the past: nothing would be kept.' });
  if (errors.length > 0)
    throw new Problem('invalid-request', 'The hold cannot be placed like this.', { errors });
  const { account, from, to, until } = wish;
  return {
    id: facts.id,
    account,
    from,
    to,
    case: wish.case,
    until,
    placedAt: facts.now,
    placedBy: facts.placedBy,
    lifted: undefined,
  };
}

/** Ends a hold. Throws `version-conflict` if it has already been lifted or has ended by itself. */
export function liftHold(hold: Hold, by: { person: Person; now: Instant }): Hold {
  if (holdState(hold, by.now) !== 'active')
    throw new Problem('version-conflict', 'This hold has already ended.');
  return { ...hold, lifted: { at: by.now, by: by.person } };
}
