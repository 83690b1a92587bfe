import { copyFileSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { VerifiableLog } from '../audit/verifiable-log.ts';
import {
  conclude,
  verifyLog,
  type VerifyOptions,
  type VerifyReport,
  walkTree,
} from '../audit/verify.ts';
import { EXIT_NO_INPUT } from './exit.ts';
import { readSmallFile, readSmallText } from './verify/input-file.ts';
import { NODE_CRYPTO } from './verify/node-crypto.ts';
import { showProgress } from './verify/progress.ts';
import { describeReport, formatReport } from './verify/report-text.ts';
import { readAccountKey, withTagKeys } from './verify/tag-keys.ts';
import { readTrust, type TrustWish } from './verify/trust.ts';
import { endingOf } from './verify-ending.ts';
import { openSource, type SourceOptions } from './verify-source.ts';
import { type StoryOrder, walkStoryAside } from './verify-story.ts';

/** Whom to believe about a log, as options. */
export interface TrustOptions {
  readonly key?: readonly string[];
  readonly keyFile?: string;
  readonly witnesses?: string;
}

interface VerifyCommand extends SourceOptions, TrustOptions {
  readonly since?: string;
  readonly account?: readonly string[];
  readonly json?: boolean;
  readonly page?: string;
}

/**
 * Verifies a log, or a part of it, and ends the program: 0 verified, 1 cannot decide, 2 not verified,
 * 3 evidence of misbehaviour; 64 for wrong usage, 66 for what cannot be read.
 */
export async function verify(options: VerifyCommand): Promise<never> {
  try {
    if (options.page !== undefined) return writePage(options.page);
    const report = await judge(options);
    const json = () => JSON.stringify(describeReport(report), undefined, 2);
    console.log(options.json === true ? json() : formatReport(report));
    process.exit(report.exitCode);
  } catch (error) {
    const { code, why } = endingOf(error);
    if (options.json === true) console.log(JSON.stringify({ exitCode: code, refused: why }));
    console.error(why);
    process.exit(code);
  }
}

async function judge(options: VerifyCommand): Promise<VerifyReport> {
  const trust = readTrust(NODE_CRYPTO.sha256, await readTrustWish(options));
  const accounts = (options.account ?? []).map(readAccountKey);
  const since = options.since === undefined ? undefined : await readSmallFile(options.since);
  const log = withTagKeys(await openSource(options), accounts);
  const progress = showProgress(process.stderr, lengthOf(log));
  try {
    const wish = { crypto: NODE_CRYPTO, trust, since, onProgress: progress.tell };
    if (options.url !== undefined) return await verifyLog(log, wish);
    return await judgeOnTwoCores(log, wish, { source: options, accounts });
  } finally {
    progress.end();
  }
}

/** What is read from a file is read twice, once for each half. */
async function judgeOnTwoCores(
  log: VerifiableLog,
  wish: VerifyOptions,
  { source, accounts }: Pick<StoryOrder, 'source' | 'accounts'>,
): Promise<VerifyReport> {
  const { trust } = wish;
  const order: StoryOrder = { source, accounts, trust, note: log.checkpoint };
  const [tree, story] = await Promise.allSettled([walkTree(log, wish), walkStoryAside(order)]);
  if (tree.status === 'rejected') throw tree.reason;
  if (story.status === 'rejected') throw story.reason;
  const walked =
    tree.value === undefined || story.value === undefined
      ? undefined
      : { tree: tree.value, story: story.value };
  return conclude(log, wish, walked);
}

/** Keys as they were given and from files, one a line. */
export async function readTrustWish(options: TrustOptions): Promise<TrustWish> {
  const { key = [], keyFile, witnesses } = options;
  const file = keyFile === undefined ? '' : await readSmallText(keyFile);
  const lines = file.split('\n').filter((line) => line.trim() !== '');
  const policy = witnesses === undefined ? undefined : await readSmallText(witnesses);
  return { keys: [...key, ...lines], witnesses: policy };
}

function lengthOf({ range }: VerifiableLog): number {
  return range.to - range.from;
}

const PAGE = new URL('../../dist/verify.html', import.meta.url);

/** Puts the verifier that runs in a browser where it was asked for. */
function writePage(file: string): never {
  try {
    copyFileSync(fileURLToPath(PAGE), file, constants.COPYFILE_EXCL);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(EXIT_NO_INPUT);
  }
  console.log(`${file}: open it in a browser; it needs no network`);
  process.exit(0);
}
