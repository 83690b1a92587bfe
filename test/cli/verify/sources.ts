import type { TestContext } from 'node:test';
import { loopbackFetch } from '../../../src/http/loopback-fetch.ts';
import { openStoreLog } from '../../../src/cli/verify/store-log.ts';
import { openUrlLog } from '../../../src/cli/verify/url-log.ts';
import type { WholeLog } from '../../../src/cli/verify/whole-log.ts';
import type { LogItem, VerifiableLog } from '../../../src/audit/verifiable-log.ts';
import { sha256 } from '../../support/sha256.ts';

export function readStore(test: TestContext, file: string): WholeLog {
  const log = openStoreLog(sha256, file);
  test.after(() => log.close());
  return log;
}

export function readUrl(address: string, timeoutMs = 10_000): Promise<WholeLog> {
  return openUrlLog(sha256, address, { fetch: loopbackFetch, timeoutMs });
}

export async function itemsOf(log: VerifiableLog): Promise<LogItem[]> {
  const all: LogItem[] = [];
  for await (const items of log.items()) all.push(...items);
  return all;
}
