import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import type { AccessAttempted } from '../../src/domain/event.ts';
import { hashLeaf } from '../../src/tlog/hash.ts';
import { Writer } from '../../src/store/sqlite/writer.ts';
import type { Act } from '../../src/store/store.ts';
import {
  actOf,
  asRecorded,
  attempt,
  BEGUN,
  closingVisit,
  finishing,
  newInstance,
  remark,
  revoking,
  settingUp,
  signingOut,
  type Stage,
  stage,
} from '../support/acts.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { checkLog } from '../support/log-checker.ts';
import { newDatabase } from '../support/new-database.ts';
import { naiveEdge } from '../support/naive-tree.ts';
import { sha256 } from '../support/sha256.ts';
import {
  accessAttempted,
  DAY,
  GLOBEX,
  HOUR,
  NOON,
  staff,
  visitOpened,
} from '../support/specimens.ts';

/** A writer that does as it is told: acts here carry no conditions, so what should never be can be. */
interface Forge {
  readonly file: string;
  readonly clock: FakeClock;
  write(...acts: readonly Act[]): number;
  /** Changes the file behind the writer's back. */
  tamper(...statements: readonly string[]): void;
}

async function forge(test: TestContext): Promise<Forge> {
  const file = await newDatabase(test);
  const clock = new FakeClock(NOON);
  return {
    file,
    clock,
    write: (...acts) => {
      const writer = new Writer({ file, instance: newInstance(), retentionMs: DAY, clock });
      const recorded = writer.commit(acts).map((one) => asRecorded(one).indexes[0] ?? -1);
      writer.close();
      return recorded.at(-1) ?? -1;
    },
    tamper: (...statements) => {
      const db = new Database(file);
      db.function('leaf_of', (entry) => hashLeaf(sha256, entry as Uint8Array));
      db.exec('PRAGMA foreign_keys = OFF');
      for (const trigger of TRIGGERS) db.exec(`DROP TRIGGER ${trigger}`);
      for (const statement of statements) db.exec(statement);
      db.close();
    },
  };
}

const TRIGGERS = [
  ...['entries', 'contents', 'subtrees'].flatMap((table) =>
    ['update', 'delete'].map((act) => `${table}_no_${act}`),
  ),
  'contents_at_the_end',
];

/** Makes leaves, edge and size those of the entries again, as a careful forger would. */
function rehash(file: string): void {
  const db = new Database(file);
  const leaves = db.prepare<[], Uint8Array>('SELECT leaf FROM entries ORDER BY idx').pluck().all();
  const edge = naiveEdge(leaves);
  db.prepare('UPDATE log_state SET size = ?, edge = ?').run(leaves.length, edge);
  db.close();
}

/** An attempt that nobody judged. */
function unjudged(of: Stage, over: Partial<AccessAttempted> = {}): Act {
  return actOf([{ ...accessAttempted(of.permit), ...over }]);
}

/** A change of the facts as a set of acts, or the attempt itself. */
type Story = (of: Stage, by: Forge) => readonly Act[];

describe('a log that keeps its promises', () => {
  it('passes, and is told of', async (test) => {
    const { file, write } = await forge(test);
    const set = stage(NOON);
    write(BEGUN, settingUp(set), ...Array.from({ length: 300 }, () => remark()));
    const index = write(attempt(set, '/invoices'));
    write(finishing(set, index));
    const report = await checkLog(file, { isStopped: true });
    assert.equal(report.size, 307);
    assert.equal(report.records.length, 307);
    const [only] = report.attempts;
    assert.equal(report.attempts.length, 1);
    assert.deepEqual(
      [only?.index, only?.account, only?.request.path, only?.basis.id],
      [305, 'acme', '/invoices', set.grant.id],
    );
  });

  it('passes while it is empty', async (test) => {
    const { file } = await forge(test);
    assert.deepEqual(await checkLog(file, { isStopped: true }), {
      size: 0,
      rootHash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      records: [],
      attempts: [],
    });
  });

  it('passes with an attempt under way, until it has been stopped', async (test) => {
    const { file, write } = await forge(test);
    const set = stage(NOON);
    write(settingUp(set), attempt(set));
    await checkLog(file);
    await assert.rejects(checkLog(file, { isStopped: true }), /attempt 4 has no end/);
  });
});

describe('a log whose bytes were changed is caught', () => {
  for (const [what, statements, violation] of [
    [
      'a byte of an entry',
      ["UPDATE entries SET entry = CAST(substr(entry, 1, 87) || x'00' AS BLOB) WHERE idx = 2"],
      /entry 2: its leaf is not the hash/,
    ],
    [
      'a leaf',
      ['UPDATE entries SET leaf = zeroblob(32) WHERE idx = 2'],
      /entry 2: its leaf is not the hash/,
    ],
    ['the last entry removed', ['DELETE FROM entries WHERE idx = 309'], /says it has 310 entries/],
    [
      'an entry removed, and the later ones moved up',
      ['DELETE FROM entries WHERE idx = 5', 'UPDATE entries SET idx = idx - 1 WHERE idx > 5'],
      /the edge is not that of the leaves/,
    ],
    ['an entry removed', ['DELETE FROM entries WHERE idx = 5'], /entry 6 stands at place 5/],
    ['the edge', ['UPDATE log_state SET edge = zeroblob(length(edge))'], /the edge is not/],
    ['the size', ['UPDATE log_state SET size = 309'], /says it has 309 entries, and has 310/],
    ['the last time', ['UPDATE log_state SET last_time = 1'], /last time is 1/],
    ['a subtree', ['UPDATE subtrees SET hash = zeroblob(32)'], /subtree 1\/0 is not the root/],
    ['a subtree removed', ['DELETE FROM subtrees'], /subtree 1\/0 is not the root/],
    [
      'a subtree added',
      ['INSERT INTO subtrees VALUES (2, 0, zeroblob(32))'],
      /subtree 2\/0 is of leaves that are not there/,
    ],
    [
      'a word of a content',
      [
        `UPDATE contents SET subject = CAST(replace(CAST(subject AS TEXT), 'acme', 'evil') AS BLOB)
         WHERE idx = 4`,
      ],
      /entry 4: its content is missing or is not what it commits to/,
    ],
    ['a salt', ['UPDATE contents SET salts = zeroblob(length(salts))'], /entry 4: its content is/],
    [
      'a content removed',
      ['DELETE FROM contents WHERE idx = 4'],
      /entry 4: its content is missing/,
    ],
    [
      'a section removed',
      ['UPDATE contents SET net = NULL WHERE idx = 5'],
      /entry 5: its content is missing or is not/,
    ],
    [
      'content for a public entry',
      ["INSERT INTO contents (idx, salts) VALUES (0, x'')"],
      /entry 0: it is public and has content too/,
    ],
    [
      'content for no entry',
      ["INSERT INTO contents (idx, salts) VALUES (999, x'')"],
      /content 999 is of an entry that is not there/,
    ],
    [
      'a key',
      ["UPDATE tag_keys SET key = zeroblob(32) WHERE whose = 'account'"],
      /tag 0 of account/,
    ],
    ['a key removed', ["DELETE FROM tag_keys WHERE whose = 'actor'"], /actor .* has no key/],
    ['a counter', ['UPDATE tag_keys SET next = next + 1'], /account acme has 5 tags/],
    [
      'a reserved byte, and everything hashed again',
      [
        `UPDATE entries SET entry = CAST(substr(entry, 1, 6) || x'01' || substr(entry, 8) AS BLOB)
         WHERE idx = 3`,
        'UPDATE entries SET leaf = leaf_of(entry) WHERE idx = 3',
      ],
      /entry 3: .*reserved/,
    ],
  ] as const)
    it(what, async (test) => {
      const { file, write, tamper } = await forge(test);
      const set = stage(NOON);
      write(BEGUN, settingUp(set), attempt(set), ...Array.from({ length: 304 }, () => remark()));
      await checkLog(file);
      tamper(...statements);
      await assert.rejects(checkLog(file), violation);
    });

  it('an omission, even when everything was hashed again', async (test) => {
    const { file, write, tamper } = await forge(test);
    const set = stage(NOON);
    write(settingUp(set), attempt(set), attempt(set), attempt(set));
    tamper(
      'DELETE FROM entries WHERE idx = 5',
      'DELETE FROM contents WHERE idx = 5',
      'UPDATE entries SET idx = 5 WHERE idx = 6',
      'UPDATE contents SET idx = 5 WHERE idx = 6',
    );
    rehash(file);
    await assert.rejects(checkLog(file), /entry 5: it does not carry tag 4 of account acme/);
  });

  it('times that run backwards, even when everything was hashed again', async (test) => {
    const { file, write, clock, tamper } = await forge(test);
    write(remark());
    clock.pass(HOUR);
    write(remark());
    clock.pass(HOUR);
    write(remark());
    tamper(
      `UPDATE entries SET entry = CAST(substr(entry, 1, 8) || zeroblob(8) || substr(entry, 17) AS BLOB)
       WHERE idx = 1`,
      'UPDATE entries SET leaf = leaf_of(entry)',
    );
    rehash(file);
    await assert.rejects(checkLog(file), /entry 1: time runs backwards/);
  });

  it('and all that is wrong is told at once', async (test) => {
    const { file, write, tamper } = await forge(test);
    write(remark(), remark());
    tamper(
      'UPDATE entries SET leaf = zeroblob(32)',
      'UPDATE tag_keys SET next = 9',
      'UPDATE log_state SET last_time = 1',
    );
    await assert.rejects(checkLog(file), /breaks 5 rules:(\n.+){5}$/);
  });
});

describe('an access without a basis is caught', () => {
  const other = stage(NOON);
  const stories: readonly (readonly [string, Story, RegExp])[] = [
    ['before its grant was issued', () => [], /its basis had not been issued/],
    ['before its visit was opened', () => [], /its visit had not been opened/],
    ['before its sign-in started', () => [], /its sign-in had not started/],
    [
      'after the revocation',
      (of) => [settingUp(of), revoking(of, NOON), unjudged(of)],
      /its basis had been revoked/,
    ],
    [
      'after the visit was closed',
      (of) => [settingUp(of), closingVisit(of, NOON), unjudged(of)],
      /its visit had been closed/,
    ],
    [
      'after the sign-out',
      (of) => [settingUp(of), signingOut(of), unjudged(of)],
      /its sign-in had ended/,
    ],
    [
      'by somebody the grant does not name',
      (of) => {
        const person = { issuer: 'https://staff.example', subject: 'carl' };
        const grantee = { kind: 'person', person, email: undefined } as const;
        return [settingUp({ ...of, grant: { ...of.grant, grantee } }), unjudged(of)];
      },
      /its basis did not admit its actor/,
    ],
    [
      'by a role the sign-in did not bring',
      (of) => {
        const principal = staff({ roles: ['compliance'] });
        const stripped = { ...of, session: { ...of.session, principal } };
        return [settingUp(stripped), unjudged(of)];
      },
      /its basis did not admit its actor/,
    ],
    [
      'on a grant that waits for an e-mail',
      (of) => {
        const grantee = { kind: 'email', email: 'sam@corp.example' } as const;
        return [settingUp({ ...of, grant: { ...of.grant, grantee } }), unjudged(of)];
      },
      /its basis did not admit its actor/,
    ],
    [
      'by somebody else on the same sign-in',
      (of) => {
        const actor = { ...accessAttempted(of.permit).actor, subject: 'carl' };
        return [settingUp(of), unjudged(of, { actor })];
      },
      /its sign-in was of somebody else/,
    ],
    [
      'on the visit of somebody else',
      (of) => {
        const theirs = { ...other.visit, principal: staff({ subject: 'carl' }) };
        const opening = actOf([visitOpened(theirs, of.grant)]);
        return [settingUp(of), opening, unjudged(of, { visit: theirs.id })];
      },
      /its visit was of somebody else/,
    ],
    [
      'in another account',
      (of) => [settingUp(of), unjudged(of, { account: GLOBEX })],
      /its visit was to another account\n.*its basis was for another account/,
    ],
    [
      'that changes something on a grant to look only',
      (of) => [
        settingUp({ ...of, grant: { ...of.grant, scope: 'read' } }),
        unjudged(of, { access: 'write' }),
      ],
      /its basis was to look only/,
    ],
    [
      'that changes something on a visit to look only',
      (of) => [
        settingUp({ ...of, visit: { ...of.visit, scope: 'read' } }),
        unjudged(of, { access: 'write' }),
      ],
      /its visit was to look only/,
    ],
    [
      'on a review, since none can be opened',
      (of) => [
        settingUp(of),
        unjudged(of, { basis: { kind: 'review', id: of.grant.id as never } }),
      ],
      /its basis had not been issued/,
    ],
    [
      'at the end of the grant',
      (of, { clock, write }) => {
        write(settingUp({ ...of, grant: { ...of.grant, expiresAt: NOON + HOUR } }));
        clock.pass(HOUR);
        return [unjudged(of)];
      },
      /its basis had expired/,
    ],
    [
      'before the grant starts',
      (of) => [settingUp({ ...of, grant: { ...of.grant, startsAt: NOON + 1 } }), unjudged(of)],
      /its basis had not started/,
    ],
    [
      'at the end of the sign-in',
      (of, { clock, write }) => {
        write(settingUp({ ...of, session: { ...of.session, expiresAt: NOON + HOUR } }));
        clock.pass(HOUR);
        return [unjudged(of)];
      },
      /its sign-in was over/,
    ],
  ];
  for (const [what, story, violation] of stories)
    it(what, async (test) => {
      const by = await forge(test);
      const set = stage(NOON);
      const acts = story(set, by);
      by.write(...(acts.length > 0 ? acts : [unjudged(set)]));
      await assert.rejects(checkLog(by.file), violation);
    });

  it('but not one just before the end, or at the start', async (test) => {
    const { file, clock, write } = await forge(test);
    const set = stage(NOON, { startsAt: NOON, expiresAt: NOON + HOUR });
    write(settingUp(set), unjudged(set));
    clock.pass(HOUR - 1);
    write(unjudged(set));
    assert.equal((await checkLog(file)).attempts.length, 2);
  });
});

describe('an end that is not right is caught', () => {
  it('when an attempt has two', async (test) => {
    const { file, write } = await forge(test);
    const set = stage(NOON);
    const index = write(settingUp(set), attempt(set));
    write(finishing(set, index), finishing(set, index));
    await assert.rejects(checkLog(file), /attempt 4 has two ends: 5 and 6/);
  });

  it('when there is no such attempt before it', async (test) => {
    const { file, write } = await forge(test);
    const set = stage(NOON);
    write(settingUp(set), finishing(set, 5), attempt(set));
    await assert.rejects(checkLog(file), /entry 4 ends attempt 5, which is not before it/);
  });

  it('when it is of another account', async (test) => {
    const { file, write } = await forge(test);
    const set = stage(NOON);
    const index = write(settingUp(set), attempt(set));
    write(finishing({ ...set, grant: { ...set.grant, account: GLOBEX } }, index));
    await assert.rejects(checkLog(file), /entry 5 ends attempt 4/);
  });
});

describe('a fact that is told wrongly is caught', () => {
  for (const [what, story, violation] of [
    [
      'a grant revoked twice',
      (of: Stage) => [settingUp(of), revoking(of, NOON), revoking(of, NOON)],
      /grant.revoked of a grant that is not there/,
    ],
    [
      'a grant issued twice',
      (of: Stage) => [settingUp(of), settingUp({ ...stage(NOON), grant: of.grant })],
      /issues grant .* again/,
    ],
    [
      'a visit closed twice',
      (of: Stage) => [settingUp(of), closingVisit(of, NOON), closingVisit(of, NOON)],
      /closes visit .* which is not open/,
    ],
    [
      'a sign-in ended twice',
      (of: Stage) => [settingUp(of), signingOut(of), signingOut(of)],
      /ends session .* which is not there/,
    ],
  ] as const)
    it(what, async (test) => {
      const { file, write } = await forge(test);
      write(...story(stage(NOON)));
      await assert.rejects(checkLog(file), violation);
    });
});
