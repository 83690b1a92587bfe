import type { Happening } from './happening.ts';
import type { AccountId, HoldId } from './ids.ts';
import type { Instant, Milliseconds } from './time.ts';

export interface LogRead extends Happening {
  readonly event: 'log.read';
  readonly account?: AccountId;
  /** What was asked, as the query string of the request. */
  readonly query: string;
  readonly count: number;
}

/** Records were handed out as a file. It is recorded before the first byte of it. */
export interface LogExported extends Happening {
  readonly event: 'log.exported';
  readonly account?: AccountId;
  readonly query: string;
  /** `bundle`, `jsonl`, `csv`, `ocsf`. */
  readonly format: string;
  /** How far the log reached: nothing from this index on is in it. */
  readonly size: number;
}

export interface PolicyLoaded extends Happening {
  readonly event: 'policy.loaded';
  readonly policy: string;
  readonly model: string;
  readonly rules: string;
}

export interface ConfigurationLoaded extends Happening {
  readonly event: 'configuration.loaded';
  readonly digest: string;
}

export interface GatewayStarted extends Happening {
  readonly event: 'gateway.started';
  readonly instance: string;
  readonly version: string;
}

export interface GatewayStopped extends Happening {
  readonly event: 'gateway.stopped';
  readonly instance: string;
}

/**
 * The wall clock was set by more than five minutes, held against the time that had passed. Forward: whatever
 * ends by time may have ended early. Back: the log goes on with the time that passes, so nothing lives longer.
 */
export interface ClockStepped extends Happening {
  readonly event: 'clock.stepped';
  /** Negative: it was set back. */
  readonly stepMs: Milliseconds;
}

/** Written while nothing else is, so that a log that fell silent can be told from one that was cut short. Public. */
export interface LogHeartbeat extends Happening {
  readonly event: 'log.heartbeat';
  /** The next entry follows after this time at the latest, while the gateway runs and can write. */
  readonly everyMs: Milliseconds;
}

/** Another key signs the log from here on; until `overlapUntil` the one before signs too. Public. */
export interface LogKeyRotated extends Happening {
  readonly event: 'log.key-rotated';
  /** Verifier keys, as lines of C2SP signed-note. */
  readonly key: string;
  readonly previousKey: string;
  readonly overlapUntil: Instant;
}

/**
 * Contents whose time was over were erased: of the entries from index `from` up to but not including
 * `to`, `count`. Public.
 */
export interface RetentionErased extends Happening {
  readonly event: 'retention.erased';
  /** The rule it was done by: how long contents are kept after what they state has ended, such as `365d`. */
  readonly policy: string;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Contents of entries from `from` up to but not including `to` are kept until `until`, however old. */
export interface HoldPlaced extends Happening {
  readonly event: 'hold.placed';
  readonly hold: HoldId;
  /** Without it: every account. */
  readonly account?: AccountId;
  readonly case: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly until: Instant;
}

export interface HoldLifted extends Happening {
  readonly event: 'hold.lifted';
  readonly hold: HoldId;
  readonly account?: AccountId;
  /** When it would have ended by itself: what ends it is kept as long as what began it. */
  readonly until: Instant;
}

/**
 * The first entry of a log that goes on from another whose database was lost: a new epoch, with an
 * origin of its own. Public.
 */
export interface LogRecovered extends Happening {
  readonly event: 'log.recovered';
  readonly origin: string;
  readonly format: string;
  /** The last checkpoint of the log before, to the letter. */
  readonly previous: string;
  /** What happened, in the words of whoever runs it. */
  readonly statement: string;
}

/** The first entry of every other log. Public by design: nothing in it is personal. */
export interface LogBegun extends Happening {
  readonly event: 'log.begun';
  readonly origin: string;
  readonly format: string;
}

/** What the log tells of itself, and of the gateway that writes it. */
export type LogEvent =
  | LogRead
  | LogExported
  | PolicyLoaded
  | ConfigurationLoaded
  | GatewayStarted
  | GatewayStopped
  | ClockStepped
  | LogHeartbeat
  | LogKeyRotated
  | RetentionErased
  | HoldPlaced
  | HoldLifted
  | LogRecovered
  | LogBegun;
