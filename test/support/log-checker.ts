import Database from 'better-sqlite3';
import { canonicalText } from '../../src/audit/canonical.ts';
import {
  commitTo,
  type Content,
  SALT_SIZE,
  type Section,
  SECTIONS,
} from '../../src/audit/content.ts';
import { decodeEnvelope, type Envelope, tagOf } from '../../src/audit/envelope.ts';
import { type AuditRecord, readRecord } from '../../src/audit/record.ts';
import { type Absent, checkErasures } from './log-erasures.ts';
import { type Attempt, replay } from './log-replay.ts';
import { verifyStored } from './log-verifying.ts';
import { naiveEdge, naiveRoot } from './naive-tree.ts';
import { hex, sha256 } from './sha256.ts';

/** A log that keeps every promise. */
export interface LogReport {
  readonly size: number;
  /** In hex. */
  readonly rootHash: string;
  readonly records: readonly AuditRecord[];
  /** Every `access.attempted`, in the order of the log. */
  readonly attempts: readonly Attempt[];
}

export interface LogExpectation {
  /** No gateway runs on it any more, or the next one has started: then every attempt has its end. */
  readonly isStopped?: boolean;
}

interface EntryRow {
  readonly idx: number;
  readonly entry: Uint8Array;
  readonly leaf: Uint8Array;
}

type ContentRow = { readonly idx: number; readonly salts: Uint8Array } & {
  readonly [name in (typeof SECTIONS)[number]]: Uint8Array | null;
};

interface StoredLog {
  readonly entries: readonly EntryRow[];
  readonly contents: ReadonlyMap<number, ContentRow>;
  readonly subtrees: readonly { level: number; position: number; hash: Uint8Array }[];
  readonly state: { size: number; edge: Uint8Array; last_time: number };
  readonly tagKeys: readonly { whose: string; name: string; key: Uint8Array; next: number }[];
}

/**
 * Opens a SQLite store read-only and holds it to every invariant of the log: the tree, the contents,
 * the tags, the times, the ends, and that each access stood on a basis that was live where it stands.
 * Throws with all violations, one a line.
 */
export async function checkLog(file: string, expectation: LogExpectation = {}): Promise<LogReport> {
  const log = readLog(file);
  const violations: string[] = [];
  const report = (line: string): void => void violations.push(line);
  const envelopes = checkTree(log, report);
  const records = checkContents(log, envelopes, report);
  checkTags(log, envelopes, records, report);
  checkErasures(absentContents(log, envelopes), envelopes, records, report);
  const attempts = replay(records, expectation.isStopped ?? false, report);
  const [first] = records.values();
  // What a gateway wrote has to satisfy the verifier that people are given, too.
  if (violations.length === 0 && [...records.values()].some(isOfGateway))
    violations.push(...(await verifyStored(log, String(first?.['origin']))));
  if (violations.length > 0)
    throw new Error(
      `the log in ${file} breaks ${violations.length} rules:\n${violations.join('\n')}`,
    );
  return {
    size: log.entries.length,
    rootHash: hex(naiveRoot(log.entries.map(({ leaf }) => leaf))),
    records: [...records.values()],
    attempts,
  };
}

function isOfGateway({ event }: AuditRecord): boolean {
  return event === 'configuration.loaded';
}

function readLog(file: string): StoredLog {
  const db = new Database(file, { readonly: true });
  try {
    // One transaction: the writer may be at work.
    db.exec('BEGIN');
    const all = <Row>(sql: string): Row[] => db.prepare(sql).all() as unknown as Row[];
    const [state] = all<StoredLog['state']>('SELECT size, edge, last_time FROM log_state');
    if (state === undefined) throw new Error('there is no state of the log');
    return {
      entries: all<EntryRow>('SELECT idx, entry, leaf FROM entries ORDER BY idx'),
      contents: new Map(
        all<ContentRow>('SELECT * FROM contents ORDER BY idx').map((row) => [row.idx, row]),
      ),
      subtrees: all('SELECT level, position, hash FROM subtrees ORDER BY level, position'),
      state,
      tagKeys: all('SELECT whose, name, key, next FROM tag_keys'),
    };
  } finally {
    db.close();
  }
}

type Report = (violation: string) => void;

/** Indexes, leaves, tree, tiles and times. */
function checkTree(log: StoredLog, report: Report): ReadonlyMap<number, Envelope> {
  const envelopes = new Map<number, Envelope>();
  let earlier = 0;
  log.entries.forEach(({ idx, entry, leaf }, at) => {
    if (idx !== at) report(`entry ${idx} stands at place ${at}`);
    if (hex(sha256(Buffer.concat([Uint8Array.of(0), entry]))) !== hex(leaf))
      report(`entry ${idx}: its leaf is not the hash of its bytes`);
    const envelope = tryDecode(entry, (why) => report(`entry ${idx}: ${why}`));
    if (envelope === undefined) return;
    envelopes.set(idx, envelope);
    if (envelope.time < earlier) report(`entry ${idx}: time runs backwards`);
    earlier = envelope.time;
  });
  checkState(log, earlier, report);
  checkSubtrees(log, report);
  return envelopes;
}

function tryDecode(entry: Uint8Array, report: Report): Envelope | undefined {
  try {
    return decodeEnvelope(entry);
  } catch (error) {
    report(String(error));
    return undefined;
  }
}

function checkState({ state, entries }: StoredLog, lastTime: number, report: Report): void {
  const leaves = entries.map(({ leaf }) => leaf);
  if (state.size !== leaves.length)
    report(`the log says it has ${state.size} entries, and has ${leaves.length}`);
  if (hex(state.edge) !== hex(naiveEdge(leaves))) report('the edge is not that of the leaves');
  if (state.last_time !== lastTime)
    report(`the log says its last time is ${state.last_time}, and it is ${lastTime}`);
}

function checkSubtrees({ subtrees, entries }: StoredLog, report: Report): void {
  const leaves = entries.map(({ leaf }) => leaf);
  const stored = new Map(subtrees.map((row) => [`${row.level}/${row.position}`, hex(row.hash)]));
  for (let level = 1, width = 256; width <= leaves.length; level += 1, width *= 256)
    for (let position = 0; (position + 1) * width <= leaves.length; position += 1) {
      const root = naiveRoot(leaves.slice(position * width, (position + 1) * width));
      const name = `${level}/${position}`;
      if (stored.get(name) !== hex(root)) report(`subtree ${name} is not the root of its leaves`);
      stored.delete(name);
    }
  for (const name of stored.keys()) report(`subtree ${name} is of leaves that are not there`);
}

function checkContents(
  log: StoredLog,
  envelopes: ReadonlyMap<number, Envelope>,
  report: Report,
): ReadonlyMap<number, AuditRecord> {
  const records = new Map<number, AuditRecord>();
  for (const [idx, envelope] of envelopes) {
    const row = log.contents.get(idx);
    const { time, publicPayload } = envelope;
    if (publicPayload !== undefined && row !== undefined)
      report(`entry ${idx}: it is public and has content too`);
    if (publicPayload === undefined && row !== undefined && !isCommittedTo(row, envelope))
      report(`entry ${idx}: its content is missing or is not what it commits to`);
    try {
      records.set(idx, readRecord({ index: idx, time, publicPayload }, sectionBytes(row)));
    } catch (error) {
      report(`entry ${idx}: its content cannot be read: ${String(error)}`);
    }
  }
  for (const idx of log.contents.keys())
    if (!envelopes.has(idx)) report(`content ${idx} is of an entry that is not there`);
  return records;
}

function absentContents(log: StoredLog, envelopes: ReadonlyMap<number, Envelope>): Absent[] {
  const accounts = ownersOfTags(log, envelopes.size, 'account');
  return [...envelopes].flatMap(([index, envelope]) =>
    envelope.publicPayload === undefined && !log.contents.has(index)
      ? [{ index, envelope, account: accounts.get(hex(envelope.accountTag))?.name }]
      : [],
  );
}

/** Every tag that was given out, whose it is, and which of his. */
function ownersOfTags({ tagKeys }: StoredLog, size: number, whose: 'account' | 'actor') {
  const owners = new Map<string, { readonly name: string; readonly n: number }>();
  for (const { name, key, next } of tagKeys.filter((row) => row.whose === whose))
    for (let n = 0; n < Math.min(next, size); n += 1)
      owners.set(hex(tagOf(sha256, whose, key, n)), { name, n });
  return owners;
}

function isCommittedTo(row: ContentRow, envelope: Envelope): boolean {
  const present = SECTIONS.filter((name) => row[name] !== null);
  if (row.salts.length !== present.length * SALT_SIZE) return false;
  const sections = present.map((name, at): [string, Section] => {
    const salt = row.salts.subarray(at * SALT_SIZE, (at + 1) * SALT_SIZE);
    return [name, { bytes: row[name] ?? new Uint8Array(), salt }];
  });
  const content = Object.fromEntries(sections) as Content;
  return hex(commitTo(sha256, content)) === hex(envelope.commitment);
}

function sectionBytes(row: ContentRow | undefined) {
  return Object.fromEntries(SECTIONS.map((name) => [name, row?.[name] ?? undefined]));
}

/** Every account's and every actor's tags are 0, 1, 2 … without a gap, and nobody else's. */
function checkTags(
  log: StoredLog,
  envelopes: ReadonlyMap<number, Envelope>,
  records: ReadonlyMap<number, AuditRecord>,
  report: Report,
): void {
  for (const whose of ['account', 'actor'] as const) {
    const owners = ownersOfTags(log, envelopes.size, whose);
    const keys = log.tagKeys.filter((row) => row.whose === whose);
    const counters = new Map<string, number>();
    for (const [idx, envelope] of envelopes) {
      const owner = owners.get(hex(whose === 'account' ? envelope.accountTag : envelope.actorTag));
      // Of an erased entry only its tag says whose it was.
      const name = log.contents.has(idx) ? nameIn(records.get(idx), whose) : owner?.name;
      if (name !== owner?.name && name === undefined)
        report(`entry ${idx}: it carries a tag of ${whose} ${owner?.name}`);
      if (name === undefined) continue;
      const n = counters.get(name) ?? 0;
      counters.set(name, n + 1);
      if (!keys.some((row) => row.name === name))
        report(`entry ${idx}: ${whose} ${name} has no key`);
      else if (owner?.name !== name || owner.n !== n)
        report(`entry ${idx}: it does not carry tag ${n} of ${whose} ${name}`);
    }
    for (const { name, next } of keys)
      if (next !== (counters.get(name) ?? 0))
        report(`${whose} ${name} has ${next} tags, but another number of entries`);
  }
}

function nameIn(record: AuditRecord | undefined, whose: 'account' | 'actor'): string | undefined {
  if (whose === 'actor') return actorName(record?.['actor']);
  const account = record?.['account'];
  return typeof account === 'string' ? account : undefined;
}

function actorName(actor: unknown): string | undefined {
  if (typeof actor !== 'object' || actor === null) return undefined;
  const { realm, issuer, subject } = actor as { realm: string; issuer?: string; subject: string };
  const isNobody = realm === 'gateway' || realm === 'stranger';
  return isNobody ? undefined : canonicalText([issuer ?? '', subject]);
}
