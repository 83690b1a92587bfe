import type { DatabaseSync } from 'node:sqlite';
import { type Content, SECTIONS, type SectionName } from '../../audit/content.ts';
import { sha256 } from '../../recorder/crypto.ts';
import { formatCheckpoint } from '../../tlog/checkpoint.ts';
import { CompactRange } from '../../tlog/compact-range.ts';
import { hashLeaf } from '../../tlog/hash.ts';
import { type Signer, signNote } from '../../tlog/note.ts';

/** An entry as it is stored; `salts` is null where it has no content. */
export interface StoredRow {
  readonly entry: Uint8Array;
  readonly sections: { readonly [name in SectionName]?: Uint8Array | null };
  readonly salts: Uint8Array | null;
}

export interface TagRow {
  readonly whose: string;
  readonly name: string;
  readonly key: Uint8Array;
  readonly next: number;
}

/** The log of a store, as it lies in its tables. */
export function readRows(db: DatabaseSync): { rows: StoredRow[]; tagKeys: TagRow[] } {
  const rows = db
    .prepare(
      `SELECT entry, salts, ${SECTIONS.join(', ')} FROM entries LEFT JOIN contents USING (idx) ORDER BY idx`,
    )
    .all()
    .map(({ entry, salts, ...sections }) => ({ entry, salts, sections }) as unknown as StoredRow);
  const tagKeys = db.prepare('SELECT whose, name, key, next FROM tag_keys').all();
  return { rows, tagKeys: tagKeys as unknown as TagRow[] };
}

/** Whoever owns the file can drop what guards it. */
export function dropGuards(db: DatabaseSync): void {
  db.exec('PRAGMA foreign_keys = OFF');
  const triggers = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${String(name)}`);
}

export interface WrittenLog {
  readonly entries: readonly {
    readonly bytes: Uint8Array;
    readonly content: Content | undefined;
  }[];
  readonly tagRows: readonly TagRow[];
}

/** Puts another log in the place of the stored one: tree, edge and counters fit, and it is signed. */
export function writeLog(db: DatabaseSync, log: WrittenLog, signer: Signer): void {
  db.exec('BEGIN; DELETE FROM contents; DELETE FROM entries; DELETE FROM subtrees');
  const range = new CompactRange(sha256);
  const insert = {
    entry: db.prepare('INSERT INTO entries (idx, entry, leaf) VALUES (?, ?, ?)'),
    content: db.prepare(
      `INSERT INTO contents (idx, salts, ${SECTIONS.join(', ')}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    subtree: db.prepare('INSERT INTO subtrees (level, position, hash) VALUES (?, ?, ?)'),
    tag: db.prepare('UPDATE tag_keys SET next = ? WHERE whose = ? AND name = ?'),
  };
  for (const [idx, { bytes, content }] of log.entries.entries()) {
    const leaf = hashLeaf(sha256, bytes);
    insert.entry.run(idx, bytes, leaf);
    if (content !== undefined) insert.content.run(idx, ...contentValues(content));
    for (const { level, position, hash } of range.append(leaf))
      insert.subtree.run(level, position, hash);
  }
  for (const { whose, name, next } of log.tagRows) insert.tag.run(next, whose, name);
  db.prepare('UPDATE log_state SET size = ?, edge = ?').run(range.size, range.edge());
  signTree(db, signer, { size: range.size, root: range.root() });
  db.exec('COMMIT');
}

/** Signs a tree, and forgets every checkpoint but this one. */
export function signTree(
  db: DatabaseSync,
  signer: Signer,
  head: { size: number; root: Uint8Array },
): void {
  const note = signNote(formatCheckpoint({ origin: signer.key.name, ...head }), [signer]);
  db.exec('DELETE FROM checkpoints');
  db.prepare('INSERT INTO checkpoints (size, note, published_at) VALUES (?, ?, 0)').run(
    head.size,
    note,
  );
}

function contentValues(content: Content): (Uint8Array | null)[] {
  const salts = SECTIONS.flatMap((name) => content[name]?.salt ?? []);
  return [Buffer.concat(salts), ...SECTIONS.map((name) => content[name]?.bytes ?? null)];
}
