import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { TagKey } from '../audit/verifiable-log.ts';
import type { StoryWalked } from '../audit/verify.ts';
import type { LogTrust } from '../tlog/verify-checkpoint.ts';
import type { SourceOptions } from './verify-source.ts';

/** What a thread of its own is told, to read what the entries of a log say. */
export interface StoryOrder {
  readonly source: Pick<SourceOptions, 'bundle' | 'store'>;
  readonly accounts: readonly TagKey[];
  readonly trust: LogTrust;
  /** The checkpoint that the other half has: both must look at the same log. */
  readonly note: Uint8Array;
}

/** Walks half of a log in a thread of its own. Rejects with what the reading of it threw. */
export async function walkStoryAside(order: StoryOrder): Promise<StoryWalked | undefined> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const url = new URL(`./verify-story-thread.${extension}`, import.meta.url);
  const worker = new Worker(url, { workerData: order });
  const [walked] = (await once(worker, 'message')) as [StoryWalked | undefined];
  return walked;
}
