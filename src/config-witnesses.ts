import { readWitnessUrl } from './config-addresses.ts';
import { demand, Unfit } from './config-mistake.ts';
import type { TextFile } from './config-types.ts';
import { sha256 } from './recorder/crypto.ts';
import type { AskedWitness } from './recorder/witness-exchange.ts';
import { formatVerifierKey } from './tlog/note-key.ts';
import type { Quorum } from './tlog/quorum.ts';
import { TlogRefused } from './tlog/tlog-refused.ts';
import { parseTrustPolicy, type PolicyParty, type TrustPolicy } from './tlog/trust-policy.ts';

/** Whom a log asks to cosign, and how many of them have to. */
export interface WitnessPolicy {
  readonly witnesses: readonly AskedWitness[];
  readonly quorum: Quorum;
}

/**
 * Reads a policy file (C2SP tlog-policy) for the log it is about. Each witness needs an address, and
 * somebody has to have cosigned. Its `log` lines, which are there for those who verify, are passed over.
 * Throws an `Unfit` that says which line is wrong.
 */
export function readWitnessPolicy({ file, text }: TextFile): WitnessPolicy {
  const { witnesses, quorum } = parsePolicy(file, text);
  const asked = witnesses.map((party) => {
    const where = `names ${file}, where the address in line ${lineOf(text, party)}`;
    demand(party.url !== undefined, `${where} is missing`);
    return { key: party.key, url: readUrl(where, party.url) };
  });
  demand(quorum.threshold > 0, `names ${file}, where nobody has to cosign (quorum none)`);
  return { witnesses: asked, quorum };
}

function parsePolicy(file: string, text: string): TrustPolicy {
  try {
    return parseTrustPolicy(sha256, text);
  } catch (error) {
    if (error instanceof TlogRefused) throw new Unfit(`names ${file}, where ${error.message}`);
    throw error;
  }
}

function readUrl(where: string, url: string): string {
  try {
    return readWitnessUrl(url);
  } catch (error) {
    if (error instanceof Unfit) throw new Unfit(`${where} ${error.message}`);
    throw error;
  }
}

function lineOf(text: string, { key }: PolicyParty): number {
  const written = formatVerifierKey(key);
  return (
    text.split('\n').findIndex((line) => /^\s*witness\s/.test(line) && line.includes(written)) + 1
  );
}
