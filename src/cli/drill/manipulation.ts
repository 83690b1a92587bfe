import type { DatabaseSync } from 'node:sqlite';
import type { VerdictName } from '../../audit/verify.ts';
import type { Signer } from '../../tlog/note.ts';
import type { ForgedLog } from './forged-log.ts';
import type { Targets } from './targets.ts';

/**
 * Something that somebody does to a stored log. `file`: he can write the database file, and has no key.
 * `machine`: he has the machine whole, and signs what he made.
 */
export interface Manipulation {
  readonly name: string;
  readonly by: 'file' | 'machine';
  /** The verdict that catches it; `consistency` needs an earlier checkpoint, or a witness who kept one. */
  readonly caughtBy: VerdictName;
  readonly apply: (scene: Scene) => void;
}

export interface Scene {
  /** The copy of the store; its guards are dropped. */
  readonly db: DatabaseSync;
  readonly targets: Targets;
  readonly signer: Signer;
  /** Rewrites the log from its entries on, tree and counters included, and signs it. */
  readonly forge: (change: (log: ForgedLog) => void) => void;
}
