import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { prepareWholeRows } from '../../src/store/sqlite/whole-rows.ts';

const TABLES = `CREATE TABLE entries (idx INTEGER PRIMARY KEY, entry BLOB, leaf BLOB);
  CREATE TABLE contents (idx INTEGER PRIMARY KEY, action BLOB, actor BLOB, net BLOB, reason BLOB, subject BLOB, salts BLOB)`;

/** Bytes that a text would not survive. */
const HOSTILE = [
  Buffer.alloc(0),
  Buffer.from([0]),
  Buffer.from([0, 0, 0xff, 0xfe, 0]),
  Buffer.from([0xc3, 0x28, 0xed, 0xa0, 0x80]),
  Buffer.from('an umlaut: ü, an emoji: 🏛', 'utf8'),
  randomBytes(70_000),
];

describe('entries read as one blob', () => {
  it('come apart into the bytes that were stored, whatever those are', () => {
    const db = new Database(':memory:');
    db.exec(TABLES);
    HOSTILE.forEach((bytes, idx) => {
      const other = HOSTILE.at(idx - 1) ?? bytes;
      db.prepare('INSERT INTO entries VALUES (?, ?, ?)').run(idx, bytes, other);
      db.prepare('INSERT INTO contents VALUES (?, ?, NULL, ?, NULL, ?, ?)').run(
        idx,
        bytes,
        other,
        bytes,
        other,
      );
    });
    const rows = [...prepareWholeRows(db)(0, 100)];
    assert.equal(rows.length, HOSTILE.length);
    rows.forEach((row, idx) => {
      const bytes = new Uint8Array(HOSTILE[idx] ?? assert.fail());
      const other = new Uint8Array(HOSTILE.at(idx - 1) ?? assert.fail());
      assert.deepEqual(row, {
        idx,
        entry: bytes,
        leaf: other,
        content: { sections: [bytes, null, other, null, bytes], salts: other },
      });
    });
    db.close();
  });

  it('say where there is no content, and where a part is missing', () => {
    const db = new Database(':memory:');
    db.exec(`${TABLES}; INSERT INTO entries VALUES (3, x'01', x'02'), (5, NULL, NULL)`);
    assert.deepEqual(
      [...prepareWholeRows(db)(1, 2)],
      [
        { idx: 3, entry: Uint8Array.of(1), leaf: Uint8Array.of(2), content: undefined },
        { idx: 5, entry: new Uint8Array(), leaf: new Uint8Array(), content: undefined },
      ],
    );
    db.close();
  });
});
