import { randomBytes } from 'node:crypto';
import { SECTIONS } from '../../audit/content.ts';
import type { PreparedEntry } from '../../audit/entry.ts';
import { encodeEnvelope, TAG_SIZE, tagOf } from '../../audit/envelope.ts';
import type { Instant, Milliseconds } from '../../domain/time.ts';
import { CompactRange } from '../../tlog/compact-range.ts';
import { hashLeaf } from '../../tlog/hash.ts';
import type { Statements } from '../statements.ts';
import type { Runner, SqliteDatabase } from './database.ts';
import { sha256 } from './sha256.ts';

/** The end of a log: its size and the leaf hash of its last entry. Salts make it that of no other log. */
export interface LogTip {
  readonly size: number;
  readonly leaf: Uint8Array;
}

interface TagKey {
  readonly whose: 'account' | 'actor';
  readonly name: string;
  readonly key: Uint8Array;
  next: number;
}

/** Puts entries at the end of the log: index, tags, envelope, leaf and tree are made here. */
export class Appender {
  readonly #run: Runner;
  readonly #sql: Statements;
  readonly #retentionMs: Milliseconds;
  readonly #tagKeys = new Map<string, TagKey>();
  readonly #countedTags = new Set<TagKey>();
  #range = new CompactRange(sha256);

  constructor(run: Runner, sql: Statements, retentionMs: Milliseconds) {
    this.#run = run;
    this.#sql = sql;
    this.#retentionMs = retentionMs;
  }

  get size(): number {
    return this.#range.size;
  }

  /** The time of the last entry, as the database has it; what memory holds is renewed if another instance appended. */
  refresh(): Instant {
    const state = this.#run.get(this.#sql.logState);
    if (state === undefined) throw new Error('the log has no state row');
    if (state.size !== this.#range.size) {
      this.#range = new CompactRange(sha256, state.size, state.edge);
      this.#tagKeys.clear();
    }
    return state.last_time;
  }

  /** `undefined` while there is no entry. */
  tip(): LogTip | undefined {
    const { size } = this.#range;
    const row = this.#run.get(this.#sql.leafAt, { idx: size - 1 });
    return row && { size, leaf: row.leaf };
  }

  append(entry: PreparedEntry, at: Instant, isClockClamped: boolean): number {
    const idx = this.#range.size;
    const bytes = encodeEnvelope({
      kind: entry.kind,
      isClockClamped,
      time: at,
      retainUntil: this.#retainUntil(entry, at),
      commitment: entry.commitment,
      accountTag: this.#nextTag('account', entry.account),
      actorTag: this.#nextTag('actor', entry.actor),
      publicPayload: entry.publicPayload,
    });
    const leaf = hashLeaf(sha256, bytes);
    this.#run.run(this.#sql.insertEntry, { idx, entry: bytes, leaf });
    if (entry.publicPayload === undefined)
      this.#run.run(this.#sql.insertContent, contentRow(idx, entry));
    for (const { level, position, hash } of this.#range.append(leaf))
      this.#run.run(this.#sql.insertSubtree, { level, position, hash });
    return idx;
  }

  /** Writes size, edge and counters once a transaction, after all its entries. */
  writeState(lastTime: Instant): void {
    this.#writeTags();
    this.#run.run(this.#sql.setLogState, {
      size: this.#range.size,
      edge: this.#range.edge(),
      last_time: lastTime,
    });
  }

  /** Writes how many tags were given out, and forgets whose: from here on the table alone knows. */
  releaseTags(): void {
    this.#writeTags();
    this.#tagKeys.clear();
  }

  #writeTags(): void {
    for (const { whose, name, next } of this.#countedTags)
      this.#run.run(this.#sql.setNextTag, { whose, name, next });
    this.#countedTags.clear();
  }

  #retainUntil(entry: PreparedEntry, at: Instant): Instant {
    if (entry.publicPayload !== undefined || entry.statesUntil === 'open') return 0;
    return Math.max(at, entry.statesUntil ?? at) + this.#retentionMs;
  }

  /** Random bytes where there is no account or actor, so that their absence does not show. */
  #nextTag(whose: 'account' | 'actor', name: string | undefined): Uint8Array {
    if (name === undefined) return randomBytes(TAG_SIZE);
    const id = `${whose} ${name}`;
    const known = this.#tagKeys.get(id) ?? this.#loadTagKey(whose, name);
    this.#tagKeys.set(id, known);
    this.#countedTags.add(known);
    const tag = tagOf(sha256, whose, known.key, known.next);
    known.next += 1;
    return tag;
  }

  #loadTagKey(whose: 'account' | 'actor', name: string): TagKey {
    const row = this.#run.get(this.#sql.tagKey, { whose, name });
    if (row !== undefined) return { whose, name, key: row.key, next: row.next };
    const key = randomBytes(32);
    this.#run.run(this.#sql.insertTagKey, { whose, name, key, next: 0 });
    return { whose, name, key, next: 0 };
  }
}

function contentRow(idx: number, entry: PreparedEntry) {
  const { content } = entry;
  return {
    idx,
    action: content.action?.bytes ?? null,
    actor: content.actor?.bytes ?? null,
    net: content.net?.bytes ?? null,
    reason: content.reason?.bytes ?? null,
    subject: content.subject?.bytes ?? null,
    salts: Buffer.concat(SECTIONS.flatMap((name) => content[name]?.salt ?? [])),
  };
}

/** Throws unless the log's length is its size and its last leaf is the hash of its last entry. */
export function checkTail(db: SqliteDatabase, size: number): void {
  const last = db
    .prepare<[], { idx: number; entry: Uint8Array; leaf: Uint8Array }>(
      'SELECT idx, entry, leaf FROM entries ORDER BY idx DESC LIMIT 1',
    )
    .get();
  if ((last?.idx ?? -1) + 1 !== size)
    throw new Error(
      `the log says it has ${size} entries, but its last has index ${last?.idx ?? 'none'}`,
    );
  if (last !== undefined && Buffer.compare(last.leaf, hashLeaf(sha256, last.entry)) !== 0)
    throw new Error(`the leaf hash of entry ${last.idx} is not that of its bytes`);
}

/** Throws unless the log goes on from where it was known to stand: an older copy of the file does not. */
export function checkGoesOn(db: SqliteDatabase, from: LogTip): void {
  const row = db
    .prepare<[number], { leaf: Uint8Array }>('SELECT leaf FROM entries WHERE idx = ?')
    .get(from.size - 1);
  if (row === undefined || Buffer.compare(row.leaf, from.leaf) !== 0)
    throw new Error(
      `entry ${from.size - 1}, which was recorded, is not in the database file: it is another or an older one`,
    );
}
