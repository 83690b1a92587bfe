import { NODE_CRYPTO } from '../src/cli/verify/node-crypto.ts';
import { openStoreLog } from '../src/cli/verify/store-log.ts';
import { walkStoryAside } from '../src/cli/verify-story.ts';
import { conclude, type VerifyOptions, walkTree } from '../src/audit/verify.ts';
import type { LogItem, VerifiableLog } from '../src/audit/verifiable-log.ts';
import { parseVerifierKey } from '../src/tlog/note-key.ts';
import { SPECIMEN_ORIGIN } from '../src/cli/drill/specimen-log.ts';
import { type BenchLog, close, sign } from './log-store.ts';

/** How fast a signed log is verified: the tree alone on one core, and all verdicts on two. */
export async function benchVerify(log: BenchLog): Promise<void> {
  const vkey = await sign(log);
  await close(log);
  const { file } = log;
  const trust = { origin: SPECIMEN_ORIGIN, logKeys: [parseVerifierKey(NODE_CRYPTO.sha256, vkey)] };
  const wish = { crypto: NODE_CRYPTO, trust };
  await timeTree(file, wish);
  await timeAll(file, wish);
}

async function timeTree(file: string, wish: VerifyOptions): Promise<void> {
  const log = openStoreLog(NODE_CRYPTO.sha256, file);
  const begun = performance.now();
  const walked = await walkTree(withoutContents(log), wish);
  tell(
    'verify, the tree alone    ',
    walked?.count ?? 0,
    begun,
    'wanted: at least 150000 on one core',
  );
  log.close();
}

async function timeAll(file: string, wish: VerifyOptions): Promise<void> {
  const log = openStoreLog(NODE_CRYPTO.sha256, file);
  const begun = performance.now();
  const order = { source: { store: file }, accounts: [], trust: wish.trust, note: log.checkpoint };
  const [tree, story] = await Promise.all([walkTree(log, wish), walkStoryAside(order)]);
  const report = await conclude(log, wish, tree && story && { tree, story });
  tell('verify, all on two cores  ', tree?.count ?? 0, begun, 'wanted: about 55000');
  for (const { name, outcome } of report.verdicts) console.log(`  ${name.padEnd(16)} ${outcome}`);
  console.log(`  resident          ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`);
  log.close();
}

/** The same entries, as somebody has them who may read no content. */
function withoutContents(log: VerifiableLog): VerifiableLog {
  const bare = (item: LogItem): LogItem => ({
    index: item.index,
    entry: item.entry,
    content: undefined,
  });
  return {
    ...log,
    async *items() {
      for await (const batch of log.items()) yield batch.map(bare);
    },
  };
}

function tell(what: string, count: number, begun: number, wanted: string): void {
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `${what}${Math.round(count / seconds)} entries/s (${count} in ${seconds.toFixed(1)} s; ${wanted})`,
  );
}
