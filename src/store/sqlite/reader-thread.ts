import { parentPort, workerData } from 'node:worker_threads';
import type { Reader } from '../store.ts';
import { openForReading } from './database.ts';
import { SqliteReader } from './sqlite-reader.ts';

/** The look-ups that scan, and so must not run on the thread that answers requests. */
export const SCANS = [
  'records',
  'recordsFrom',
  'grants',
  'visits',
  'accessRequests',
  'accounts',
  'tile',
  'entryBundle',
  'rehash',
  'wholeEntries',
  'wholeEntriesAt',
  'wholeFound',
  'entriesTagged',
  'tagKeys',
  'expiredContents',
] as const;
export type Scan = (typeof SCANS)[number];

export interface ScanOrder {
  readonly id: number;
  readonly scan: Scan;
  readonly wanted: readonly unknown[];
}

export type ScanReport =
  /** Said once, when the thread can be ended: Node aborts the process if a thread is ended while it loads a native module. */
  | { readonly is: 'loaded' }
  | { readonly id: number; readonly found: unknown }
  | { readonly id: number; readonly failed: string };

if (parentPort !== null) {
  const port = parentPort;
  const { file } = workerData as { file: string };
  const db = openForReading(file);
  port.postMessage({ is: 'loaded' } satisfies ScanReport);
  const reader: Reader = new SqliteReader(db);
  const scans: { readonly [scan in Scan]: (...wanted: never[]) => Promise<unknown> } = {
    records: (query) => reader.records(query),
    recordsFrom: (from, limit) => reader.recordsFrom(from, limit),
    grants: (filter, wish) => reader.grants(filter, wish),
    accessRequests: (filter, wish) => reader.accessRequests(filter, wish),
    visits: (filter, wish) => reader.visits(filter, wish),
    accounts: (wish) => reader.accounts(wish),
    tile: (tile) => reader.tile(tile),
    entryBundle: (index, width) => reader.entryBundle(index, width),
    rehash: (from, count) => reader.rehash(from, count),
    wholeEntries: (from, to) => reader.wholeEntries(from, to),
    wholeEntriesAt: (indexes) => reader.wholeEntriesAt(indexes),
    wholeFound: (query) => reader.wholeFound(query),
    entriesTagged: (search) => reader.entriesTagged(search),
    tagKeys: (after) => reader.tagKeys(after),
    expiredContents: (from, limit) => reader.expiredContents(from, limit),
  };
  port.on('message', (order: ScanOrder) => {
    scans[order.scan](...(order.wanted as never[])).then(
      (found) => port.postMessage({ id: order.id, found } satisfies ScanReport),
      (error: unknown) =>
        port.postMessage({ id: order.id, failed: String(error) } satisfies ScanReport),
    );
  });
}
