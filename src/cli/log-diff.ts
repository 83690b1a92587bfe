import { writeFileSync } from 'node:fs';
import { type DiffJudgement, judgeDiff, type Past, type SourceTree } from '../audit/diff.ts';
import { planRoot, fulfil } from '../tlog/tile-plan.ts';
import { parseHashes } from '../tlog/proof-lines.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import {
  type LogTrust,
  type VerifiedCheckpoint,
  verifyCheckpoint,
} from '../tlog/verify-checkpoint.ts';
import { formatEvidence } from './verify/evidence.ts';
import { readSmallFile, readSmallText } from './verify/input-file.ts';
import { NODE_CRYPTO } from './verify/node-crypto.ts';
import { MEANINGS, visible } from './verify/report-text.ts';
import { SourceRefused } from './verify/source-refused.ts';
import { readTrust } from './verify/trust.ts';
import { UsageMistake } from './verify/usage-mistake.ts';
import type { WholeLog } from './verify/whole-log.ts';
import { readTrustWish, type TrustOptions } from './verify-log.ts';
import { endingOf } from './verify-ending.ts';
import { openWhole } from './verify-source.ts';

interface DiffOptions extends Pick<TrustOptions, 'key' | 'keyFile'> {
  readonly url?: string;
  readonly store?: string;
  readonly proof?: string;
  readonly out?: string;
}

/**
 * Holds two signed checkpoints against each other and ends the program: 0 one grew from the other, 1 cannot
 * decide, 2 one is no checkpoint that the log has signed, 3 evidence of misbehaviour; 64 and 66 as `verify`.
 */
export async function diffCheckpoints(
  first: string,
  second: string,
  options: DiffOptions,
): Promise<never> {
  try {
    process.exit(await diff({ first, second }, options));
  } catch (error) {
    const { code, why } = endingOf(error);
    console.error(why);
    process.exit(code);
  }
}

async function diff(files: { first: string; second: string }, options: DiffOptions) {
  const trust = readTrust(NODE_CRYPTO.sha256, await readTrustWish(options));
  const notes = {
    first: await readSmallFile(files.first),
    second: await readSmallFile(files.second),
  };
  const pair = {
    first: verifyNote(files.first, trust, notes.first),
    second: verifyNote(files.second, trust, notes.second),
  };
  const proof = options.proof === undefined ? undefined : await readProof(options.proof);
  const log = await openWhole(options);
  const source = log && (await lookInto(log, trust, [pair.first.size, pair.second.size]));
  const judgement = judgeDiff(NODE_CRYPTO.sha256, pair, { proof, source });
  log?.close();
  const code = exitCodeOf(judgement);
  console.log(visible(`${code}: ${MEANINGS[code]}: ${judgement.detail}`));
  if (judgement.outcome === 'conflict' && options.out !== undefined)
    writeEvidence(options.out, formatEvidence(judgement, { ...notes, source: log?.checkpoint }));
  return code;
}

function exitCodeOf({ outcome }: DiffJudgement): 0 | 1 | 3 {
  if (outcome === 'conflict') return 3;
  return outcome === 'undecided' ? 1 : 0;
}

function verifyNote(where: string, trust: LogTrust, note: Uint8Array): VerifiedCheckpoint {
  try {
    return verifyCheckpoint(NODE_CRYPTO.verifyEd25519, trust, note);
  } catch (error) {
    if (error instanceof TlogRefused) throw new SourceRefused(`${where}: ${error.message}`);
    throw error;
  }
}

/** What the log at hand was at these sizes, as far as it can tell. Its own checkpoint is verified first. */
async function lookInto(
  log: WholeLog,
  trust: LogTrust,
  sizes: readonly number[],
): Promise<SourceTree> {
  const tip = verifyNote('the log at hand', trust, log.checkpoint);
  const past = new Map<number, Past>();
  for (const size of sizes) {
    const proof = await log.proveGrowth(size);
    if (proof !== undefined) past.set(size, { root: await rootAt(log, size), proof });
  }
  return { tip, past };
}

function rootAt(log: WholeLog, size: number): Promise<Uint8Array> {
  return fulfil(planRoot(NODE_CRYPTO.sha256, size), (tile) => log.readTile(tile));
}

async function readProof(file: string): Promise<readonly Uint8Array[]> {
  const lines = (await readSmallText(file)).split('\n').filter((line) => line !== '');
  const hashes = parseHashes(lines);
  if (hashes === undefined)
    throw new UsageMistake(`${file} is no list of hashes in base 64, one a line`);
  return hashes;
}

/** What is evidence is told whether it could be written or not. */
function writeEvidence(file: string, evidence: string): void {
  try {
    writeFileSync(file, evidence, { flag: 'wx' });
    console.log(`the evidence is in ${file}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
  }
}
