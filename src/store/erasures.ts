import type { Kysely } from 'kysely';
import { decodeEnvelope, KINDS } from '../audit/envelope.ts';
import type { Instant } from '../domain/time.ts';
import type { Schema } from './schema.ts';

/** No erasure spans more indexes than this: those over an index are found without looking at all of them. */
export const WIDEST_ERASURE = 4096;

/** An erasure as its entry states it: contents of entries from `from` up to but not including `to`. */
export interface Erasure {
  readonly from: number;
  readonly to: number;
  readonly at: Instant;
}

/** Whether this erasure was allowed to take the content of this entry, and says that it did. */
export function isErased(
  entry: { readonly index: number; readonly retainUntil: Instant },
  { from, to, at }: Erasure,
): boolean {
  const isOver = entry.retainUntil !== 0 && entry.retainUntil <= at;
  return isOver && from <= entry.index && entry.index < to;
}

/** The erasures that touch entries from `first` up to but not including `end`. Only what stands in the log counts. */
export async function findErasures(
  db: Kysely<Schema>,
  first: number,
  end: number,
): Promise<readonly Erasure[]> {
  const rows = await db
    .selectFrom('erasures')
    .innerJoin('entries', 'entries.idx', 'erasures.idx')
    .select('entries.entry')
    .where('from_idx', '>', first - WIDEST_ERASURE)
    .where('from_idx', '<', end)
    .where('to_idx', '>', first)
    .execute();
  return rows.flatMap(({ entry }) => readErasure(entry) ?? []);
}

/** What the entry of an erasure says; `undefined` for any other entry. */
export function readErasure(entry: Uint8Array): Erasure | undefined {
  const { kind, time, publicPayload } = decodeEnvelope(entry);
  if (kind !== KINDS.erasure || publicPayload === undefined) return undefined;
  const stated: unknown = JSON.parse(new TextDecoder().decode(publicPayload));
  if (typeof stated !== 'object' || stated === null) return undefined;
  const { from, to } = stated as { from?: unknown; to?: unknown };
  return typeof from === 'number' && typeof to === 'number' ? { from, to, at: time } : undefined;
}
