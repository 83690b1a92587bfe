import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import type { Change } from '../../src/domain/change.ts';
import { actorOf, type Event, GATEWAY } from '../../src/domain/event.ts';
import type { AccessRequestId, GrantId, SessionId, VisitId } from '../../src/domain/ids.ts';
import type { Principal } from '../../src/domain/principal.ts';
import type { Act } from '../../src/store/store.ts';
import { actOf, newSecret, record, remark, type Stage } from '../support/acts.ts';
import { placing, someHold } from '../support/erasure-suite.ts';
import { bygone, type ForgetfulLog, openForgetfulLog, tooLate } from '../support/forgetting.ts';
import {
  accessRequest,
  accountRegistered,
  ACME,
  GLOBEX,
  grantIssued,
  OLIVE,
  permit,
  requestSubmitted,
  sessionStarted,
  visitOpened,
} from '../support/specimens.ts';

/** Every word of one person's stay begins so, in whatever row or section it stands. */
const word = (n: number, where: string): string => `zebra${n}.${where}.`;

/** A stay of somebody whose every text is a word of its own. */
function wordyStay(n: number): { act: Act; later: Act } {
  const set = bygone();
  const say = (where: string): string => word(n, where);
  const uuid = (): string => `${say('id')}-${Math.random()}`;
  const principal: Principal = {
    ...set.session.principal,
    subject: say('subject'),
    name: say('name'),
    email: `${say('mail')}@corp.example`,
    verifiedEmail: `${say('mail')}@corp.example`,
  };
  const session = { ...set.session, id: uuid() as SessionId, principal };
  const grant = {
    ...set.grant,
    id: uuid() as GrantId,
    reason: say('because'),
    issuedBy: { ...OLIVE, name: say('owner'), email: say('owners-mail') },
    grantee: {
      kind: 'person',
      person: { issuer: principal.issuer, subject: principal.subject },
      email: principal.email,
    },
  } as const;
  const visit = {
    ...set.visit,
    id: uuid() as VisitId,
    principal,
    session: session.id,
    purpose: say('purpose'),
    ticket: say('ticket'),
    to: `/${say('to')}`,
  };
  const { issuer, subject, name, email } = principal;
  const asked = accessRequest({
    id: uuid() as AccessRequestId,
    requester: { issuer, subject, name, email },
    reason: { code: 'bug', text: say('asks-because'), ticket: say('asks-ticket') },
    to: `/${say('asks-to')}`,
    expiresAt: 1,
  });
  const person = {
    issuer: principal.issuer,
    subject: principal.subject,
    realm: 'staff',
    name: principal.name,
    email: principal.email,
    verifiedEmail: principal.verifiedEmail,
    lastSignInAt: 1,
  } as const;
  const events: readonly [Event, ...Event[]] = [
    { ...sessionStarted(session), network: { ip: '192.0.2.1', userAgent: say('browser') } },
    { ...grantIssued(grant), reason: grant.reason },
    { ...requestSubmitted(asked), actor: actorOf(principal, session.id) },
    { ...visitOpened(visit, grant), ticket: visit.ticket },
    {
      event: 'agreement.accepted',
      actor: actorOf(principal, session.id),
      version: say('version'),
      textDigest: 'sha256:00',
    },
  ];
  const changes: readonly Change[] = [
    { put: 'person', person },
    { put: 'session', session, secret: newSecret(), idToken: say('id-token') },
    { put: 'grant', grant },
    { put: 'access-request', request: asked },
    { put: 'visit', visit },
    { put: 'visit-key', key: { hash: newSecret(), visit: visit.id, use: 'token', expiresAt: 1 } },
    { put: 'agreement', person, version: say('version') },
    {
      put: 'used-key',
      key: { key: say('key'), bodyDigest: say('digest'), made: say('made'), expiresAt: 1 },
    },
  ];
  const wordy: Stage = { session, grant, visit, permit: permit({ visit }) };
  return { act: actOf(events, changes), later: tooLate(wordy, `/${say('path')}`) };
}

/** What of the words stands anywhere in the files, by where it came from. */
function wordsIn(file: string, isKept: (n: number) => boolean): string[] {
  const found = ['', '-wal', '-shm'].flatMap((end) => {
    if (!existsSync(file + end)) return [];
    const text = readFileSync(file + end, 'latin1');
    return [...text.matchAll(/zebra(\d+)\.([a-z-]+)\./g)].flatMap(([, n, where]) =>
      isKept(Number(n)) ? [] : [`${where} of ${n} in ${end === '' ? 'the database' : end}`],
    );
  });
  return found;
}

const register: Act = actOf(
  [accountRegistered(), accountRegistered(GLOBEX)],
  [ACME, GLOBEX].map((id) => ({
    put: 'account',
    account: { id, name: undefined, registeredAt: 1 },
  })),
);

async function write(log: ForgetfulLog, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 1) {
    const { act, later } = wordyStay(n);
    await Promise.all([record(log.store, act), record(log.store, later)]);
    // What stays for good lies between what goes.
    if (n % 7 === 0)
      await record(
        log.store,
        actOf([{ event: 'policy.loaded', actor: GATEWAY, policy: 'p', model: 'm', rules: 'r' }]),
      );
  }
}

const nothing = (): boolean => false;

describe('after an erasure on a running store', () => {
  it('no word of any section, of any row, stands anywhere in its files', async (test) => {
    const log = await openForgetfulLog(test);
    await record(log.store, register);
    await write(log, 0, 40);
    assert.ok(wordsIn(log.file, nothing).length > 500);
    const places = new Set(wordsIn(log.file, nothing).map((one) => one.split(' ')[0]));
    assert.equal(places.size, 20, [...places].join(' '));
    // The newest version is still needed: somebody accepts one that is no word.
    await record(log.store, acceptance());
    await log.age();
    await log.retention.run();
    assert.deepEqual(
      log.reports.map(({ is }) => is),
      ['erased'],
    );
    assert.deepEqual(wordsIn(log.file, nothing), []);
    await log.check();
  });

  it('neither do copies that were left behind when pages were split and joined', async (test) => {
    const log = await openForgetfulLog(test);
    await record(log.store, register);
    await write(log, 0, 400);
    await record(log.store, acceptance());
    // Some are kept, so that pages are joined rather than given back.
    const { at } = await record(log.store, remark('the end of the hold'));
    await record(log.store, placing(someHold({ account: ACME, from: at - 40, to: at + 1 })));
    await log.age();
    await log.retention.run();
    const held = keptIn(log.file);
    const isKept = (n: number): boolean => held.has(n);
    assert.ok(held.size < 400);
    assert.deepEqual(wordsIn(log.file, isKept), []);
    await write(log, 1000, 1100);
    await log.store.purge({ isThorough: false });
    const isKeptNow = (n: number): boolean => held.has(n) || n >= 1000;
    assert.deepEqual(wordsIn(log.file, isKeptNow), [], 'what was wiped is not written back');
    await log.check();
    assertSound(log.file);
  });

  it('while somebody reads, the words wait in the journal; the next run takes them out', async (test) => {
    const log = await openForgetfulLog(test);
    await record(log.store, register);
    await write(log, 0, 3);
    await record(log.store, acceptance());
    await log.age();
    const reader = new Database(log.file, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM contents').get();
    await log.retention.run();
    assert.deepEqual(
      log.reports.map(({ is }) => is),
      ['erased', 'unpurged'],
    );
    assert.ok(wordsIn(log.file, nothing).length > 0);
    await record(log.store, remark('the log is not held up'));
    reader.exec('ROLLBACK');
    reader.close();
    await log.retention.run();
    assert.deepEqual(wordsIn(log.file, nothing), []);
    assert.equal(log.reports.length, 2);
  });
});

function acceptance(): Act {
  const actor = { realm: 'staff', issuer: 'https://staff.example', subject: 'ann' } as const;
  return actOf([
    { event: 'agreement.accepted', actor, version: 'newest', textDigest: 'sha256:00' },
  ]);
}

/** The people of whom some content is still there, by SQL: their words may be. */
function keptIn(file: string): ReadonlySet<number> {
  const db = new Database(file, { readonly: true });
  try {
    const rows = db
      .prepare<[], string>(
        `SELECT coalesce(CAST(action AS TEXT), '') || coalesce(CAST(actor AS TEXT), '')
           || coalesce(CAST(reason AS TEXT), '') || coalesce(CAST(subject AS TEXT), '') FROM contents`,
      )
      .pluck()
      .all();
    return new Set(
      rows.flatMap((row) => [...row.matchAll(/zebra(\d+)\./g)].map(([, n]) => Number(n))),
    );
  } finally {
    db.close();
  }
}

function assertSound(file: string): void {
  const db = new Database(file, { readonly: true });
  try {
    assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
    assert.deepEqual(db.pragma('foreign_key_check'), []);
  } finally {
    db.close();
  }
}
