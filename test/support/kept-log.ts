import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { SALT_SIZE, type Section, SECTIONS } from '../../src/audit/content.ts';
import type { DisclosedContent } from '../../src/audit/disclosed.ts';
import type { TagKey } from '../../src/audit/verifiable-log.ts';
import { hashLeaf } from '../../src/tlog/hash.ts';
import { sha256 } from './sha256.ts';

/** All of a log that was signed, in memory. */
export interface KeptLog {
  /** The last checkpoint. */
  readonly note: Uint8Array;
  readonly size: number;
  readonly entries: readonly Uint8Array[];
  readonly leaves: readonly Uint8Array[];
  readonly contents: ReadonlyMap<number, DisclosedContent>;
  readonly tagKeys: readonly TagKey[];
}

/** Reads a SQLite store up to its last checkpoint. */
export function keepLog(file: string): KeptLog {
  const db = new Database(file, { readonly: true });
  try {
    const all = <Row>(sql: string): Row[] => db.prepare(sql).all() as unknown as Row[];
    const [last] = all<{ size: number; note: Buffer }>(
      'SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1',
    );
    assert.ok(last !== undefined, 'nothing was signed');
    const rows = all<{ entry: Buffer }>('SELECT entry FROM entries ORDER BY idx');
    const entries = rows.slice(0, last.size).map(({ entry }) => new Uint8Array(entry));
    const contents = all<ContentRow>('SELECT * FROM contents').filter((row) => row.idx < last.size);
    const tagKeys = all<TagKey>('SELECT whose, name, key, next FROM tag_keys');
    return {
      note: new Uint8Array(last.note),
      size: last.size,
      entries,
      leaves: entries.map((entry) => hashLeaf(sha256, entry)),
      contents: new Map(contents.map((row) => [row.idx, contentOf(row)])),
      tagKeys: tagKeys.map((row) => ({ ...row, key: new Uint8Array(row.key) })),
    };
  } finally {
    db.close();
  }
}

type ContentRow = { readonly idx: number; readonly salts: Buffer } & {
  readonly [name in (typeof SECTIONS)[number]]: Buffer | null;
};

function contentOf(row: ContentRow): DisclosedContent {
  const present = SECTIONS.filter((name) => row[name] !== null);
  const sections = present.map((name, at): [string, Section] => {
    const salt = row.salts.subarray(at * SALT_SIZE, (at + 1) * SALT_SIZE);
    return [name, { bytes: new Uint8Array(row[name] ?? []), salt: new Uint8Array(salt) }];
  });
  return { sections: Object.fromEntries(sections), digests: undefined };
}
