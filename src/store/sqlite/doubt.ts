import type { PreparedEntry } from '../../audit/entry.ts';
import { decodeEnvelope, ENVELOPE_SIZE } from '../../audit/envelope.ts';
import { toHex } from '../../audit/hex.ts';
import type { Instant } from '../../domain/time.ts';
import type { Act, Settled } from '../store.ts';
import type { SqliteDatabase } from './database.ts';

interface StoredEntry {
  readonly index: number;
  readonly at: Instant;
}

/**
 * Settles acts of which nobody could say whether they had been written, by looking for their entries
 * from index `from` on. Only while nothing else writes: what is not there now will never be.
 */
export function settleDoubt(db: SqliteDatabase, acts: readonly Act[], from: number): Settled[] {
  if (acts.length === 0) return [];
  const stored = readStored(db, from);
  return acts.map((act) => settleAct(act, stored));
}

function readStored(db: SqliteDatabase, from: number): ReadonlyMap<string, StoredEntry> {
  const rows = db
    .prepare<[number], { idx: number; entry: Uint8Array }>(
      'SELECT idx, entry FROM entries WHERE idx >= ?',
    )
    .all(from);
  return new Map(
    rows.map(({ idx, entry }) => {
      const { time, commitment } = decodeEnvelope(entry);
      return [markOf(commitment, entry.subarray(ENVELOPE_SIZE)), { index: idx, at: time }];
    }),
  );
}

/** An act is written whole or not at all, so its first entry speaks for it; the others tell their indexes. */
function settleAct(act: Act, stored: ReadonlyMap<string, StoredEntry>): Settled {
  const found = act.entries.map((entry) => stored.get(markOfPrepared(entry)));
  const first = found[0];
  if (first === undefined || found.includes(undefined))
    return { outcome: 'failed', cause: 'it was not written' };
  return { outcome: 'recorded', indexes: found.flatMap((one) => one?.index ?? []), at: first.at };
}

function markOfPrepared(entry: PreparedEntry): string {
  return markOf(entry.commitment, entry.publicPayload ?? new Uint8Array());
}

/** What tells one entry from all others: commitments are salted, and public entries have their text. */
function markOf(commitment: Uint8Array, payload: Uint8Array): string {
  return `${toHex(commitment)} ${toHex(payload)}`;
}
