import { randomBytes } from 'node:crypto';
import { makeSignerKey } from '../../tlog/signer-key.ts';
import { openSigner, publicKeyOf, sha256 } from '../../recorder/crypto.ts';
import type { Manipulation, Scene } from './manipulation.ts';
import { signTree } from './store-tables.ts';

/** One byte of a column made another; `at` counts from 1, as SQLite does. */
function flip(table: string, column: string, index: number, at: number): (scene: Scene) => void {
  return ({ db }) => {
    const bytes = db.prepare(`SELECT ${column} AS bytes FROM ${table} WHERE idx = ?`).get(index);
    const copy = Buffer.from(bytes?.['bytes'] as Uint8Array);
    copy[at - 1] = (copy[at - 1] ?? 0) ^ 1;
    db.prepare(`UPDATE ${table} SET ${column} = ? WHERE idx = ?`).run(copy, index);
  };
}

/** What somebody can do who writes into the database file, and has no key. */
export const FILE_MANIPULATIONS: readonly Manipulation[] = [
  {
    name: 'the time of an access is changed',
    by: 'file',
    caughtBy: 'integrity',
    apply: (scene) => flip('entries', 'entry', scene.targets.access, 16)(scene),
  },
  {
    name: 'the leaf hash is made to fit the changed entry',
    by: 'file',
    caughtBy: 'integrity',
    apply: (scene) => {
      const { access } = scene.targets;
      flip('entries', 'entry', access, 60)(scene);
      flip('entries', 'leaf', access, 1)(scene);
    },
  },
  {
    name: 'the words of an access are changed',
    by: 'file',
    caughtBy: 'integrity',
    apply: (scene) => flip('contents', 'action', scene.targets.access, 20)(scene),
  },
  {
    name: 'the salt of a content is changed',
    by: 'file',
    caughtBy: 'integrity',
    apply: (scene) => flip('contents', 'salts', scene.targets.access, 3)(scene),
  },
  {
    name: 'who did it is taken from another entry',
    by: 'file',
    caughtBy: 'integrity',
    apply: ({ db, targets }) =>
      void db
        .prepare(
          'UPDATE contents SET actor = (SELECT actor FROM contents WHERE idx = ?) WHERE idx = ?',
        )
        .run(targets.grant, targets.access),
  },
  {
    name: 'two contents change places',
    by: 'file',
    caughtBy: 'integrity',
    apply: ({ db, targets }) =>
      db.exec(`UPDATE contents SET idx = -1 WHERE idx = ${targets.access};
               UPDATE contents SET idx = ${targets.access} WHERE idx = ${targets.end};
               UPDATE contents SET idx = ${targets.end} WHERE idx = -1`),
  },
  {
    name: 'the reason of an access is taken out',
    by: 'file',
    caughtBy: 'integrity',
    apply: ({ db, targets }) =>
      void db.prepare('UPDATE contents SET reason = NULL WHERE idx = ?').run(targets.access),
  },
  {
    name: 'the content of an access is deleted',
    by: 'file',
    caughtBy: 'retention',
    apply: ({ db, targets }) =>
      void db.prepare('DELETE FROM contents WHERE idx = ?').run(targets.access),
  },
  {
    name: 'an entry is deleted',
    by: 'file',
    caughtBy: 'integrity',
    apply: ({ db, targets }) =>
      void db.prepare('DELETE FROM entries WHERE idx = ?').run(targets.access),
  },
  {
    name: 'an entry is deleted and those behind it move up',
    by: 'file',
    caughtBy: 'integrity',
    apply: ({ db, targets }) =>
      db.exec(`DELETE FROM entries WHERE idx = ${targets.access};
               DELETE FROM contents WHERE idx = ${targets.access};
               UPDATE entries SET idx = -idx WHERE idx > ${targets.access};
               UPDATE entries SET idx = -idx - 1 WHERE idx < 0;
               UPDATE contents SET idx = -idx WHERE idx > ${targets.access};
               UPDATE contents SET idx = -idx - 1 WHERE idx < 0;
               UPDATE log_state SET size = size - 1`),
  },
  {
    name: 'two entries change places',
    by: 'file',
    caughtBy: 'integrity',
    apply: ({ db, targets }) =>
      db.exec(
        ['entries', 'contents']
          .map(
            (table) => `UPDATE ${table} SET idx = -1 WHERE idx = ${targets.access};
              UPDATE ${table} SET idx = ${targets.access} WHERE idx = ${targets.end};
              UPDATE ${table} SET idx = ${targets.end} WHERE idx = -1`,
          )
          .join(';'),
      ),
  },
  {
    name: 'the last entries are cut off',
    by: 'file',
    caughtBy: 'integrity',
    apply: ({ db, targets }) =>
      db.exec(`DELETE FROM contents WHERE idx >= ${targets.size - 2};
               DELETE FROM entries WHERE idx >= ${targets.size - 2};
               UPDATE log_state SET size = ${targets.size - 2}`),
  },
  {
    name: 'an entry is put in',
    by: 'file',
    caughtBy: 'integrity',
    apply: ({ db, targets }) =>
      db.exec(`UPDATE entries SET idx = -idx WHERE idx >= ${targets.access};
               UPDATE entries SET idx = -idx + 1 WHERE idx < 0;
               UPDATE contents SET idx = -idx WHERE idx >= ${targets.access};
               UPDATE contents SET idx = -idx + 1 WHERE idx < 0;
               INSERT INTO entries SELECT ${targets.access}, entry, leaf FROM entries WHERE idx = ${targets.grant};
               INSERT INTO contents SELECT ${targets.access}, action, actor, net, reason, subject, salts
                 FROM contents WHERE idx = ${targets.grant};
               UPDATE log_state SET size = size + 1`),
  },
  {
    name: 'another key signs the log under its name',
    by: 'file',
    caughtBy: 'integrity',
    apply: ({ db, signer, targets }) => {
      const seed = new Uint8Array(randomBytes(32));
      const key = makeSignerKey(sha256, publicKeyOf, { name: signer.key.name, type: 'note', seed });
      signTree(db, openSigner(key), { size: targets.size, root: new Uint8Array(randomBytes(32)) });
    },
  },
  {
    name: 'the key of an account’s tags is exchanged',
    by: 'file',
    caughtBy: 'completeness',
    apply: ({ db }) =>
      void db.prepare("UPDATE tag_keys SET key = ? WHERE whose = 'account'").run(randomBytes(32)),
  },
];
