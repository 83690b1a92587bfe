import { openBundle } from '../audit/bundle-reader.ts';
import type { VerifiableLog } from '../audit/verifiable-log.ts';
import { loopbackFetch } from '../http/loopback-fetch.ts';
import { openLargeFile } from './verify/input-file.ts';
import { NODE_CRYPTO } from './verify/node-crypto.ts';
import { openUrlLog } from './verify/url-log.ts';
import { UsageMistake } from './verify/usage-mistake.ts';
import type { WholeLog } from './verify/whole-log.ts';

/** Where a log is taken from: one of these. */
export interface SourceOptions {
  readonly bundle?: string;
  readonly url?: string;
  readonly store?: string;
}

/**
 * Opens what is to be verified; `note`: as it was when this checkpoint was signed. Throws a UsageMistake
 * unless exactly one source is named.
 */
export async function openSource(
  options: SourceOptions,
  note?: Uint8Array,
): Promise<VerifiableLog> {
  const { bundle } = options;
  const named = Object.values(namedSources(options));
  if (named.length !== 1) throw new UsageMistake('name one of --bundle, --url, --store');
  if (bundle !== undefined) return openBundle(await openLargeFile(bundle));
  const log = await openWhole(options, note);
  if (log === undefined) throw new UsageMistake('name one of --bundle, --url, --store');
  return log;
}

/** Opens a log that can be looked into anywhere, if one is named. Throws a UsageMistake if two are. */
export async function openWhole(
  { url, store }: SourceOptions,
  note?: Uint8Array,
): Promise<WholeLog | undefined> {
  if (url !== undefined && store !== undefined)
    throw new UsageMistake('name one of --url and --store');
  if (url !== undefined) return openUrlLog(NODE_CRYPTO.sha256, url, { fetch: loopbackFetch });
  if (store === undefined) return undefined;
  // Only here is Node's own SQLite loaded: a gateway has another one.
  const { openStoreLog } = await import('./verify/store-log.ts');
  return openStoreLog(NODE_CRYPTO.sha256, store, note);
}

function namedSources({ bundle, url, store }: SourceOptions): readonly string[] {
  return [bundle, url, store].filter((name) => name !== undefined);
}
