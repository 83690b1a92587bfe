import type { Sha256 } from './hash.ts';
import { parseVerifierKey, type VerifierKey } from './note-key.ts';
import { makeQuorum, NO_QUORUM, type Quorum } from './quorum.ts';
import { TlogRefused } from './tlog-refused.ts';

/** A log or a witness, and where it is reached if that was said. */
export interface PolicyParty {
  readonly key: VerifierKey;
  readonly url: string | undefined;
}

/** Which logs to believe, and how many of which witnesses have to have cosigned (C2SP tlog-policy). */
export interface TrustPolicy {
  readonly logs: readonly PolicyParty[];
  readonly witnesses: readonly PolicyParty[];
  readonly quorum: Quorum;
}

/** What has been read so far. */
interface Draft {
  readonly logs: PolicyParty[];
  readonly witnesses: PolicyParty[];
  readonly named: Map<string, VerifierKey | Quorum>;
  /** Each may be a member once, so that nobody counts twice. */
  readonly members: Set<string>;
  quorum: Quorum | undefined;
}

/**
 * Reads a policy file: `log`, `witness`, `group` and `quorum` lines, each naming only what stands above it.
 * Throws a TlogRefused `policy-malformed` or `key-malformed` that says which line.
 */
export function parseTrustPolicy(sha256: Sha256, text: string): TrustPolicy {
  if (/[\0-\x08\x0b-\x1f\x7f]/.test(text)) throw malformed('it has control characters');
  const draft: Draft = {
    logs: [],
    witnesses: [],
    named: new Map(),
    members: new Set(),
    quorum: undefined,
  };
  text.split('\n').forEach((line, at) => {
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    if (words.length > 0 && !words[0]?.startsWith('#')) readLine(sha256, draft, words, at + 1);
  });
  if (draft.quorum === undefined) throw malformed('it has no quorum line');
  return { logs: draft.logs, witnesses: draft.witnesses, quorum: draft.quorum };
}

function readLine(sha256: Sha256, draft: Draft, words: readonly string[], line: number): void {
  const [keyword, ...rest] = words;
  const problem = (): string | undefined => {
    if (keyword === 'log') return readLog(sha256, draft, rest);
    if (keyword === 'witness') return readWitness(sha256, draft, rest);
    if (keyword === 'group') return readGroup(draft, rest);
    if (keyword === 'quorum') return readQuorum(draft, rest);
    return 'begins with no word that is known';
  };
  try {
    const found = problem();
    if (found !== undefined) throw malformed(found);
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
    const says = error.reason === 'key-malformed' ? `has no key: ${error.message}` : error.message;
    throw new TlogRefused(error.reason, `line ${line} ${says}`);
  }
}

/** Readers of lines answer with what is wrong, or with nothing. */
type Problem = string | undefined;

function readLog(sha256: Sha256, draft: Draft, words: readonly string[]): Problem {
  const [vkey, url] = words;
  if (vkey === undefined || words.length > 2) return 'is not: log <vkey> [<url>]';
  return addParty(draft.logs, { key: parseVerifierKey(sha256, vkey), url });
}

function readWitness(sha256: Sha256, draft: Draft, words: readonly string[]): Problem {
  const [name, vkey, url] = words;
  if (name === undefined || vkey === undefined || words.length > 3)
    return 'is not: witness <name> <vkey> [<url>]';
  const key = parseVerifierKey(sha256, vkey);
  if (key.type !== 'cosignature') return 'has a key that is not for cosignatures';
  return addName(draft, name, key) ?? addParty(draft.witnesses, { key, url });
}

function readGroup(draft: Draft, words: readonly string[]): Problem {
  const [name, threshold, ...names] = words;
  if (name === undefined || threshold === undefined || names.length === 0)
    return 'is not: group <name> <threshold> <name>…';
  const count = countOf(threshold, names.length);
  if (count === undefined) return 'has a threshold that is none';
  const members = names.flatMap((member) => draft.named.get(member) ?? []);
  if (members.length < names.length) return 'names what is not defined above it';
  if (names.some((member) => draft.members.has(member)) || new Set(names).size < names.length)
    return 'names a member a second time';
  for (const member of names) draft.members.add(member);
  return addName(draft, name, makeQuorum(count, members));
}

function readQuorum(draft: Draft, words: readonly string[]): Problem {
  const [name = ''] = words;
  if (draft.quorum !== undefined) return 'is a second quorum';
  const named = name === 'none' ? NO_QUORUM : draft.named.get(name);
  if (named === undefined || words.length > 1) return 'names what is not defined above it';
  draft.quorum = 'members' in named ? named : makeQuorum(1, [named]);
  return undefined;
}

function addParty(parties: PolicyParty[], party: PolicyParty): Problem {
  const publicKey = party.key.publicKey.join();
  if (parties.some(({ key }) => key.publicKey.join() === publicKey)) return 'repeats a public key';
  parties.push(party);
  return undefined;
}

function addName(draft: Draft, name: string, meaning: VerifierKey | Quorum): Problem {
  if (name === 'none' || draft.named.has(name)) return 'defines a name that is taken';
  draft.named.set(name, meaning);
  return undefined;
}

function countOf(threshold: string, members: number): number | undefined {
  if (threshold === 'all') return members;
  if (threshold === 'any') return 1;
  const count = /^[1-9][0-9]{0,3}$/.test(threshold) ? Number(threshold) : members + 1;
  return count <= members ? count : undefined;
}

function malformed(detail: string): TlogRefused {
  return new TlogRefused('policy-malformed', detail);
}
