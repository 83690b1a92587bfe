import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { decodeEnvelope, tagOf } from '../../src/audit/envelope.ts';
import type { AccountId } from '../../src/domain/account-id.ts';
import type { Change } from '../../src/domain/change.ts';
import { type AccessRequest, endRequest } from '../../src/domain/access-request.ts';
import { bindGrantee, type Grantee, revokeGrant } from '../../src/domain/grant.ts';
import type { AccessRequestId, GrantId } from '../../src/domain/ids.ts';
import type { Person } from '../../src/domain/principal.ts';
import type {
  AccessRequestFilter,
  Act,
  FollowedEntry,
  Store,
  VisitFilter,
} from '../../src/store/store.ts';
import { CompactRange } from '../../src/tlog/compact-range.ts';
import { decodeEntryBundle } from '../../src/tlog/entry-bundle.ts';
import { fulfil, planRoot } from '../../src/tlog/tile-plan.ts';
import {
  actOf,
  asRecorded,
  attempt,
  BEGUN,
  closingVisit,
  finishing,
  newSecret,
  record,
  remark,
  revoking,
  settingUp,
  signingOut,
  stage,
} from './acts.ts';
import type { LogReport } from './log-checker.ts';
import { hex, sha256 } from './sha256.ts';
import {
  accessRequest,
  accountRegistered,
  ACME,
  DAY,
  GLOBEX,
  grant,
  grantIssued,
  grantRevoked,
  HOUR,
  NOON,
  OLIVE,
  requestSubmitted,
  staff,
} from './specimens.ts';

/** A database of its own for each test, and what only its own tools can see of it. */
export interface Engine {
  /** Opens the database, as a new instance. The one before must have been closed. */
  open(retentionMs?: number): Promise<Store>;
  checkLog(isStopped?: boolean): Promise<LogReport>;
  entry(index: number): Uint8Array;
  tagKey(whose: 'account' | 'actor', name: string): Uint8Array;
  discard(): void;
}

export const RETENTION_MS = 365 * DAY;

/** What every engine must do. `now` is the wall clock: the engine keeps its own time. */
export function describeStore(name: string, create: () => Engine): void {
  let engine: Engine;
  let store: Store;

  beforeEach(async () => {
    engine = create();
    store = await engine.open();
  });

  afterEach(async () => {
    await store.close();
    engine.discard();
  });

  /** Closes it and opens it again, as another instance. */
  async function reopen(): Promise<void> {
    await store.close();
    store = await engine.open();
  }

  /** A world with one account and one visit in it. */
  async function setUp(over: Parameters<typeof stage>[1] = {}) {
    const set = stage(Date.now(), over);
    await record(store, settingUp(set));
    return set;
  }

  describe(`${name}: an act`, () => {
    it('is recorded at the next indexes, and its changes can be read', async () => {
      assert.deepEqual((await record(store, BEGUN)).indexes, [0]);
      const before = Date.now();
      const set = stage(before);
      const recorded = await record(store, settingUp(set));
      assert.deepEqual(recorded.indexes, [1, 2, 3, 4]);
      assert.ok(recorded.at >= before && recorded.at <= Date.now() + 1);
      assertSame(await store.reader.grant(set.grant.id), set.grant);
      assertSame(await store.reader.visit(set.visit.id), set.visit);
      assertSame(await store.reader.session(set.session.id), set.session);
      const read = await store.reader.record(3);
      assert.equal(read?.event, 'grant.issued');
      assert.equal(read['account'], 'acme');
    });

    it('carries one time, and its entries stand together', async () => {
      const set = stage(Date.now());
      const both = await Promise.all([
        store.commit(settingUp(set)),
        store.commit(remark()),
        store.commit(actOf([accountRegistered(GLOBEX), accountRegistered(GLOBEX)])),
      ]);
      assert.deepEqual(
        both.map((one) => asRecorded(one).indexes),
        [[0, 1, 2, 3], [4], [5, 6]],
      );
    });

    it('whose condition does not hold is refused, and nothing of it is written', async () => {
      const set = await setUp();
      const other: Change = {
        put: 'account',
        account: { id: GLOBEX, name: 'Globex', registeredAt: 1 },
      };
      const broken = { that: 'account-unregistered', account: ACME } as const;
      const committed = await store.commit(
        actOf(
          [accountRegistered(GLOBEX)],
          [other],
          [{ that: 'visit-open', visit: set.visit.id }, broken, { that: 'key-unused', key: 'k' }],
        ),
      );
      assert.deepEqual(committed, { outcome: 'refused', condition: broken });
      assert.equal(await store.reader.account(GLOBEX), undefined);
      assert.equal((await store.reader.logState()).size, 4);
    });

    it('whose changes the schema refuses fails, and leaves neither entry nor change', async () => {
      const strange = grant({ account: GLOBEX, id: 'g' as GrantId });
      const committed = await store.commit(
        actOf(
          [grantIssued(strange)],
          [
            { put: 'account', account: { id: ACME, name: undefined, registeredAt: 1 } },
            { put: 'grant', grant: strange },
          ],
        ),
      );
      assert.equal(committed.outcome, 'failed');
      assert.equal(await store.reader.account(ACME), undefined);
      assert.equal(await store.reader.grant(strange.id), undefined);
      assert.equal((await store.reader.logState()).size, 0);
    });

    it('that is refused or fails leaves its batch alone', async () => {
      const set = await setUp();
      const strange = grant({ account: GLOBEX, id: 'g' as GrantId });
      const outcomes = await Promise.all([
        store.commit(remark('a')),
        store.commit(actOf([grantIssued(strange)], [{ put: 'grant', grant: strange }])),
        store.commit(remark('b')),
        store.commit(
          actOf([accountRegistered()], [], [{ that: 'account-unregistered', account: ACME }]),
        ),
        store.commit(attempt(set)),
      ]);
      assert.deepEqual(
        outcomes.map(({ outcome }) => outcome),
        ['recorded', 'failed', 'recorded', 'refused', 'recorded'],
      );
      assert.equal((await engine.checkLog()).size, 7);
    });
  });

  describe(`${name}: conditions are judged entry by entry in the order of the batch`, () => {
    for (const [what, end, condition] of [
      ['a revocation', revoking, 'basis-covers'],
      ['a closing of the visit', closingVisit, 'visit-open'],
      ['a sign-out', signingOut, 'sign-in-alive'],
    ] as const)
      it(`an attempt after ${what} in the same batch is refused, one before it is recorded`, async () => {
        const set = await setUp();
        const [before, ending, ...after] = await Promise.all([
          store.commit(attempt(set)),
          store.commit(end(set, Date.now())),
          store.commit(attempt(set)),
          store.commit(attempt(set)),
        ]);
        assert.equal(before.outcome, 'recorded');
        assert.equal(ending.outcome, 'recorded');
        for (const late of after) {
          assert.ok(late.outcome === 'refused', late.outcome);
          assert.equal(late.condition.that, condition);
        }
        assert.equal((await engine.checkLog()).attempts.length, 1);
      });

    it('a key is used once, even by two acts of one batch', async () => {
      const key = { key: 'state', bodyDigest: '', made: 'm', expiresAt: Date.now() + HOUR };
      const use = () =>
        store.commit(
          actOf(
            [accountRegistered()],
            [{ put: 'used-key', key }],
            [{ that: 'key-unused', key: 'state' }],
          ),
        );
      const outcomes = await Promise.all([use(), use()]);
      assert.deepEqual(
        outcomes.map(({ outcome }) => outcome),
        ['recorded', 'refused'],
      );
    });

    it('a person has one pending request to an account, even by two acts of one batch', async () => {
      await setUp();
      const submit = (id: string) => store.commit(submitting(someRequest({ id })));
      const outcomes = await Promise.all([submit('a'), submit('b')]);
      assert.deepEqual(
        outcomes.map(({ outcome }) => outcome),
        ['recorded', 'refused'],
      );
      const over = accessRequest({ id: 'c' as AccessRequestId, expiresAt: NOON });
      const elsewhere = { that: 'no-pending-request', account: GLOBEX } as const;
      const { requester } = over;
      const asked = await store.commit(
        actOf([requestSubmitted(over)], [], [{ ...elsewhere, requester }]),
      );
      assert.equal(asked.outcome, 'recorded', 'another account');
    });

    it('a request is answered once, even by two acts of one batch, and not once it is over', async () => {
      await setUp();
      const waiting = someRequest({ id: 'a' });
      await record(store, submitting(waiting));
      const end = () => store.commit(withdrawing(waiting));
      assert.deepEqual(
        (await Promise.all([end(), end()])).map(({ outcome }) => outcome),
        ['recorded', 'refused'],
      );
      const over = someRequest({ id: 'b', expiresAt: NOON });
      await record(store, submitting(over));
      assert.equal((await store.commit(withdrawing(over))).outcome, 'refused');
      assert.equal(
        (await record(store, submitting(someRequest({ id: 'c' })))).outcome,
        'recorded',
        'neither the withdrawn nor the expired one waits',
      );
    });

    it('200 attempts around a revocation: none stands behind it in the log', async () => {
      const set = await setUp();
      const attempts = Array.from({ length: 200 }, (_, n) => attempt(set, `/${n}`));
      const asked = attempts.map(async (act, n) => {
        if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        return store.commit(act);
      });
      const revoked = record(store, revoking(set, Date.now()));
      const outcomes = await Promise.all(asked);
      const [end = 0] = (await revoked).indexes;
      for (const one of outcomes)
        if (one.outcome === 'recorded') assert.ok((one.indexes[0] ?? Infinity) < end);
      await engine.checkLog();
    });
  });

  describe(`${name}: many at once`, () => {
    it('2,000 acts get the indexes 0 to 1999, each once, in the order they were asked', async () => {
      const all = await Promise.all(
        Array.from({ length: 2000 }, (_, n) => store.commit(remark(`n=${n}`, `reader-${n % 7}`))),
      );
      assert.deepEqual(
        all.flatMap((one) => asRecorded(one).indexes),
        Array.from({ length: 2000 }, (_, n) => n),
      );
      const { size, rootHash } = await engine.checkLog();
      const state = await store.reader.logState();
      assert.equal(size, 2000);
      assert.equal(hex(state.rootHash), rootHash);
    });

    it('what the queue has no room for fails at once, and the rest is recorded', async () => {
      const all = await Promise.all(Array.from({ length: 4400 }, () => store.commit(remark())));
      const failed = all.filter(({ outcome }) => outcome === 'failed');
      const recorded = all.filter(({ outcome }) => outcome === 'recorded');
      assert.ok(failed.length > 0 && failed.length <= 304, `${failed.length} failed`);
      assert.equal(failed.length + recorded.length, 4400);
      assert.equal((await store.reader.logState()).size, recorded.length);
    });

    it('work that needs no entry is not held up by a busy log', async () => {
      const load = new AbortController();
      const busy = async (): Promise<void> => {
        while (!load.signal.aborted) await record(store, remark());
      };
      const writers = Array.from({ length: 20 }, busy);
      const at = Date.now();
      for (let n = 0; n < 5; n += 1) await store.keep({ do: 'sweep', at });
      load.abort();
      await Promise.all(writers);
    });
  });

  describe(`${name}: the feed`, () => {
    it('tells of every entry in the order of the log, before the act is answered', async () => {
      const heard: FollowedEntry[] = [];
      store.follow((entries) => heard.push(...entries));
      const set = stage(Date.now());
      const asked = [settingUp(set), attempt(set), ...Array.from({ length: 300 }, () => remark())];
      await Promise.all(
        asked.map(async (act) => {
          const { indexes } = await record(store, act);
          for (const index of indexes)
            assert.ok(
              heard.some((entry) => entry.index === index),
              `entry ${index}`,
            );
        }),
      );
      assert.deepEqual(
        heard.map(({ index }) => index),
        heard.map((_, at) => at),
      );
      assert.equal(heard.length, 305);
    });

    it('tells the same record as the reader', async () => {
      const heard: FollowedEntry[] = [];
      store.follow((entries) => heard.push(...entries));
      await record(store, BEGUN);
      const set = await setUp();
      await record(store, attempt(set));
      assert.deepEqual(
        heard.map(({ index, at, record: told }) => ({ index, at, record: told })),
        await store.reader.recordsFrom(0, 100),
      );
    });

    it('says nothing of what was refused or failed', async () => {
      const heard: FollowedEntry[] = [];
      store.follow((entries) => heard.push(...entries));
      const set = stage(Date.now());
      await store.commit(attempt(set));
      await store.commit(actOf([grantIssued(set.grant)], [{ put: 'grant', grant: set.grant }]));
      assert.deepEqual(heard, []);
    });

    it('is silent to whoever has stopped following', async () => {
      let heard = 0;
      const stop = store.follow(() => (heard += 1));
      await record(store, remark());
      stop();
      await record(store, remark());
      assert.equal(heard, 1);
    });
  });

  describe(`${name}: opened again`, () => {
    it('has the same root, and the tree goes on', async () => {
      for (let n = 0; n < 5; n += 1) await record(store, remark());
      const before = await store.reader.logState();
      await reopen();
      assert.deepEqual(await store.reader.logState(), before);
      assert.deepEqual((await record(store, remark())).indexes, [5]);
      assert.equal((await engine.checkLog()).size, 6);
    });

    it('counts tags on from where they stood', async () => {
      await record(store, remark('x', 'ann'));
      await reopen();
      await record(store, remark('x', 'ann'));
      await engine.checkLog();
    });

    it('tells of the attempts that another instance left open', async () => {
      const set = await setUp();
      const [first] = (await record(store, attempt(set))).indexes;
      const [second] = (await record(store, attempt(set))).indexes;
      await record(store, finishing(set, first ?? -1));
      assert.deepEqual(await store.reader.abandonedAttempts(store.instance), []);
      await reopen();
      assert.deepEqual(await store.reader.abandonedAttempts(store.instance), [
        { index: second, account: ACME },
      ]);
    });

    it('answers what is asked after it was closed', async () => {
      await store.close();
      assert.equal((await store.commit(remark())).outcome, 'failed');
      assert.equal(store.health().able, false);
      await assert.rejects(store.keep({ do: 'sweep', at: 0 }), /closed/);
      store = await engine.open();
    });
  });

  describe(`${name}: an entry`, () => {
    it('carries tag n of its account, n = 0, 1, 2 …, and of its actor', async () => {
      const set = await setUp();
      for (let n = 0; n < 3; n += 1) await record(store, attempt(set));
      await record(store, remark('x', 'somebody'));
      const { records } = await engine.checkLog();
      const key = engine.tagKey('account', 'acme');
      const tags = records
        .filter((one) => one['account'] === 'acme')
        .map(({ index }) => hex(decodeEnvelope(engine.entry(index)).accountTag));
      assert.deepEqual(
        tags,
        tags.map((_, n) => hex(tagOf(sha256, 'account', key, n))),
      );
      assert.equal(tags.length, 6);
      const actorKey = engine.tagKey('actor', '["https://staff.example","somebody"]');
      const { actorTag, accountTag } = decodeEnvelope(engine.entry(7));
      assert.equal(hex(actorTag), hex(tagOf(sha256, 'actor', actorKey, 0)));
      assert.notEqual(hex(accountTag), '00'.repeat(16), 'absence does not show');
    });

    it('gives an act that was refused no tag', async () => {
      const set = await setUp();
      await store.commit(
        actOf([accountRegistered()], [], [{ that: 'account-unregistered', account: ACME }]),
      );
      await record(store, attempt(set));
      await engine.checkLog();
    });

    it('is kept one retention period after what it states has ended', async () => {
      await record(store, BEGUN);
      const set = stage(Date.now());
      const { at } = await record(store, settingUp(set));
      const kept = [0, 1, 2, 3].map((index) => decodeEnvelope(engine.entry(index)).retainUntil);
      assert.deepEqual(kept, [
        0, // nothing to erase
        at + RETENTION_MS,
        set.session.expiresAt + RETENTION_MS,
        set.grant.expiresAt + RETENTION_MS,
      ]);
    });

    it('of something that ended before it was written is kept from then on', async () => {
      const set = stage(Date.now(), { expiresAt: Date.now() - 5 * DAY });
      const { at } = await record(store, settingUp(set));
      assert.equal(decodeEnvelope(engine.entry(2)).retainUntil, at + RETENTION_MS);
    });
  });

  describe(`${name}: a session`, () => {
    it('is ended for good: its cookie data is gone and cannot be saved again', async () => {
      const set = stage(Date.now());
      const secret = newSecret();
      await record(
        store,
        actOf(
          [accountRegistered()],
          [{ put: 'session', session: set.session, secret, idToken: 'id.token' }],
        ),
      );
      await store.keep({ do: 'save-session-data', secret, data: '{"a":1}' });
      const before = await store.reader.sessionBySecret(secret);
      assertSame(before, { session: set.session, data: '{"a":1}', idToken: 'id.token' });
      const { at } = await record(store, signingOut(set));
      await store.keep({ do: 'save-session-data', secret, data: '{"a":2}' });
      assertSame(await store.reader.sessionBySecret(secret), {
        session: { ...set.session, endedAt: at },
      });
    });

    it('is stamped forwards only', async () => {
      const set = await setUp();
      const seen = set.session.lastSeenAt;
      await store.keep({ do: 'stamp-session', session: set.session.id, at: seen + 5 });
      await store.keep({ do: 'stamp-session', session: set.session.id, at: seen + 1 });
      assert.equal((await store.reader.session(set.session.id))?.lastSeenAt, seen + 5);
    });

    it('is listed while it is not over, for one person or for all', async () => {
      const set = await setUp();
      const now = Date.now();
      const { issuer } = set.session.principal;
      assert.equal((await store.reader.sessionsOf(undefined, now)).length, 1);
      assert.equal((await store.reader.sessionsOf(set.session.principal, now)).length, 1);
      assert.equal((await store.reader.sessionsOf({ issuer, subject: 'x' }, now)).length, 0);
      assert.equal((await store.reader.sessionsOf(undefined, now + DAY)).length, 0);
      await record(store, signingOut(set));
      assert.equal((await store.reader.sessionsOf(undefined, now)).length, 0);
    });
  });

  describe(`${name}: a single-use code`, () => {
    it('is redeemed once, for a cookie that opens the visit', async () => {
      const set = await setUp();
      const now = Date.now();
      const [code, cookie, second] = [newSecret(), newSecret(), newSecret()];
      const key = { hash: code, visit: set.visit.id, use: 'code', expiresAt: now + 1000 } as const;
      await record(store, actOf([accountRegistered()], [{ put: 'visit-key', key }]));
      const redeem = (with_: typeof cookie) =>
        store.redeem({
          do: 'redeem-code',
          code,
          cookie: with_,
          at: now,
          cookieExpiresAt: now + HOUR,
        });
      const [first, again] = await Promise.all([redeem(cookie), redeem(second)]);
      assert.deepEqual(first, { outcome: 'redeemed', visit: set.visit.id });
      assert.deepEqual(again, { outcome: 'used', visit: set.visit.id });
      assert.equal((await store.reader.visitByKey(cookie, ['cookie'], now))?.id, set.visit.id);
      assert.equal(await store.reader.visitByKey(second, ['cookie'], now), undefined);
      assert.equal(await store.reader.visitByKey(cookie, ['token'], now), undefined);
      assert.equal(await store.reader.visitByKey(cookie, ['cookie'], now + HOUR), undefined);
    });

    for (const [what, wait, isKnown] of [
      ['that nobody made', 0, false],
      ['at its end', 1000, true],
    ] as const)
      it(`is not redeemed ${what}`, async () => {
        const set = await setUp();
        const now = Date.now();
        const code = newSecret();
        const key = {
          hash: code,
          visit: set.visit.id,
          use: 'code',
          expiresAt: now + 1000,
        } as const;
        if (isKnown) await record(store, actOf([accountRegistered()], [{ put: 'visit-key', key }]));
        const redemption = await store.redeem({
          do: 'redeem-code',
          code,
          cookie: newSecret(),
          at: now + wait,
          cookieExpiresAt: now + HOUR,
        });
        assert.deepEqual(redemption, { outcome: 'unknown' });
      });

    it('is not made of a token', async () => {
      const set = await setUp();
      const now = Date.now();
      const hash = newSecret();
      const key = { hash, visit: set.visit.id, use: 'token', expiresAt: now + HOUR } as const;
      await record(store, actOf([accountRegistered()], [{ put: 'visit-key', key }]));
      const redemption = await store.redeem({
        do: 'redeem-code',
        code: hash,
        cookie: newSecret(),
        at: now,
        cookieExpiresAt: now + HOUR,
      });
      assert.deepEqual(redemption, { outcome: 'unknown' });
    });
  });

  describe(`${name}: the tree`, () => {
    it('can be read as tiles and bundles, and hashed anew', async () => {
      await Promise.all(Array.from({ length: 300 }, () => record(store, remark())));
      const { size, rootHash } = await store.reader.logState();
      const root = await fulfil(planRoot(sha256, size), (tile) => store.reader.tile(tile));
      assert.equal(hex(root), hex(rootHash));
      const entries = decodeEntryBundle(await store.reader.entryBundle(1, size - 256), size - 256);
      assert.deepEqual(entries[7], new Uint8Array(engine.entry(263)));
      const first = await store.reader.rehash({ size: 0, edge: new Uint8Array() }, 250);
      assert.ok(first.outcome === 'sound' && first.tree.size === 250);
      const rest = await store.reader.rehash(first.tree, 1000);
      assert.ok(rest.outcome === 'sound' && rest.tree.size === size);
      const range = new CompactRange(sha256, size, rest.tree.edge);
      assert.equal(hex(range.root()), hex(rootHash));
    });

    it('has no more than it has', async () => {
      await record(store, remark());
      assert.equal((await store.reader.tile({ level: 0, index: 0, width: 9 })).length, 32);
      assert.equal((await store.reader.tile({ level: 1, index: 0, width: 1 })).length, 0);
      await assert.rejects(store.reader.entryBundle(0, 2));
    });

    it('keeps one checkpoint a size, and only larger ones', async () => {
      assert.equal(await store.reader.latestCheckpoint(), undefined);
      const keep = (size: number, publishedAt: number) =>
        store.keep({
          do: 'keep-checkpoint',
          checkpoint: { size, note: Uint8Array.of(size), publishedAt },
        });
      await keep(5, 1);
      await Promise.all([keep(5, 2), keep(4, 3)]);
      const { size, note, publishedAt } = (await store.reader.latestCheckpoint()) ?? assert.fail();
      assert.deepEqual([size, hex(note), publishedAt], [5, '05', 1]);
      await keep(6, 4);
      await reopen();
      assert.equal((await store.reader.latestCheckpoint())?.size, 6);
    });
  });

  describe(`${name}: a sweep`, () => {
    it('removes what is over and nothing else', async () => {
      const set = await setUp();
      const now = Date.now();
      const key = { key: 'k', bodyDigest: 'd', made: 'm', expiresAt: now + HOUR };
      await record(store, actOf([accountRegistered()], [{ put: 'used-key', key }]));
      await store.keep({ do: 'publish-key', key: { kid: 'a', jwk: '{}', expiresAt: now + HOUR } });
      await store.keep({ do: 'sweep', at: now });
      assert.deepEqual(await store.reader.usedKey('k', now), key);
      assert.equal((await store.reader.publishedKeys(now)).length, 1);
      assert.ok(await store.reader.session(set.session.id));
      await store.keep({ do: 'sweep', at: now + 2 * DAY });
      assert.equal(await store.reader.usedKey('k', now), undefined);
      assert.deepEqual(await store.reader.publishedKeys(now), []);
      assert.equal(await store.reader.session(set.session.id), undefined);
      assert.ok(await store.reader.grant(set.grant.id), 'what was granted is not swept');
    });
  });

  describe(`${name}: what is looked up`, () => {
    const people = [staff(), staff({ subject: 'carl', roles: ['compliance'] })] as const;

    /** Two accounts, each with three grants: for a role, for sam, and for an e-mail. */
    async function fill(): Promise<void> {
      const now = Date.now();
      for (const account of [ACME, GLOBEX]) {
        const register: Change = {
          put: 'account',
          account: { id: account, name: undefined, registeredAt: now },
        };
        await record(store, actOf([accountRegistered(account)], [register]));
        const [sam] = people;
        for (const [n, grantee] of [
          { kind: 'role', role: 'support' },
          {
            kind: 'person',
            person: { issuer: sam.issuer, subject: sam.subject },
            email: sam.email,
          },
          { kind: 'email', email: 'new@corp.example' },
        ].entries()) {
          const id = `${account}-${n}` as GrantId;
          const one = grant({ id, account, grantee: grantee as Grantee, expiresAt: now + HOUR });
          await record(store, actOf([grantIssued(one)], [{ put: 'grant', grant: one }]));
        }
      }
    }

    const idsOf = (page: { items: readonly { id: string }[] }) => page.items.map(({ id }) => id);
    const all = { after: undefined, limit: 50 };

    it('comes page by page, each thing once', async () => {
      await fill();
      const seen: string[] = [];
      for (let after: string | undefined, pages = 0; ; pages += 1) {
        const page = await store.reader.grants({ of: 'everyone' }, { after, limit: 4 });
        seen.push(...idsOf(page));
        after = page.next;
        if (after === undefined) {
          assert.equal(pages, 1);
          break;
        }
      }
      assert.equal(seen.length, 6);
      assert.equal(new Set(seen).size, 6);
      assert.deepEqual(seen, seen.toSorted().toReversed(), 'the newest first');
    });

    it('has no further page when the last one is just full', async () => {
      await fill();
      const page = await store.reader.accounts({ after: undefined, limit: 2 });
      assert.deepEqual(idsOf(page), ['acme', 'globex']);
      assert.equal(page.next, undefined);
    });

    it('grants: of an owner those of his accounts, none without an account', async () => {
      await fill();
      const his = await store.reader.grants({ of: 'accounts', accounts: [ACME] }, all);
      assert.deepEqual(idsOf(his), ['acme-2', 'acme-1', 'acme-0']);
      assert.deepEqual(idsOf(await store.reader.grants({ of: 'accounts', accounts: [] }, all)), []);
    });

    it('grants: of a person those that name him or a role of his', async () => {
      await fill();
      const [sam, carl] = people;
      const ask = async (person: Person, roles: readonly string[], account?: AccountId) => {
        const of = { of: 'person', person, roles, ...(account && { account }) } as const;
        return idsOf(await store.reader.grants(of, all));
      };
      assert.deepEqual(await ask(sam, ['support']), ['globex-1', 'globex-0', 'acme-1', 'acme-0']);
      assert.deepEqual(await ask(sam, ['support'], ACME), ['acme-1', 'acme-0']);
      assert.deepEqual(await ask(sam, []), ['globex-1', 'acme-1']);
      assert.deepEqual(await ask(carl, ['compliance']), []);
    });

    it('grants: what a visit may stand on has not ended', async () => {
      await fill();
      const now = Date.now();
      assert.equal((await store.reader.unendedGrants(ACME, now)).length, 3);
      assert.equal((await store.reader.unendedGrants(ACME, now + 2 * HOUR)).length, 0);
      const [one] = await store.reader.unendedGrants(ACME, now);
      assert.ok(one !== undefined);
      const revoked = revokeGrant(one, { person: OLIVE, reason: undefined, now });
      await record(store, actOf([grantRevoked(one)], [{ put: 'grant', grant: revoked }]));
      assert.equal((await store.reader.unendedGrants(ACME, now)).length, 2);
    });

    it('grants: those that wait for an e-mail, until they are bound', async () => {
      await fill();
      const waiting = await store.reader.grantsAwaiting('new@corp.example', Date.now());
      assert.deepEqual(waiting.map(({ id }) => id).toSorted(), ['acme-2', 'globex-2']);
      for (const one of waiting)
        await record(
          store,
          actOf([grantIssued(one)], [{ put: 'grant', grant: bindGrantee(one, people[1]) }]),
        );
      assert.deepEqual(await store.reader.grantsAwaiting('new@corp.example', Date.now()), []);
      const carls = { of: 'person', person: people[1], roles: [] } as const;
      assert.deepEqual(idsOf(await store.reader.grants(carls, all)), ['globex-2', 'acme-2']);
    });

    it('access requests: of accounts, of a person, by the state they have at an instant', async () => {
      await fill();
      const now = Date.now();
      const [sam, carl] = people;
      const ended = someRequest({ id: 'b', account: GLOBEX });
      for (const one of [someRequest({ id: 'a' }), ended]) await record(store, submitting(one));
      await record(store, withdrawing(ended));
      const requester = { ...carl, subject: carl.subject };
      await record(store, submitting(someRequest({ id: 'c', requester, expiresAt: now - 1 })));
      const ask = async (
        of: AccessRequestFilter['of'],
        state?: AccessRequestFilter['state'],
        at = now,
      ) => idsOf(await store.reader.accessRequests({ of, state, at }, all));
      const everyone = { who: 'everyone' } as const;
      assert.deepEqual(await ask(everyone), ['c', 'b', 'a']);
      assert.deepEqual(await ask(everyone, 'pending'), ['a']);
      assert.deepEqual(await ask(everyone, 'expired'), ['c']);
      assert.deepEqual(await ask(everyone, 'expired', now + 2 * DAY), ['c', 'a']);
      assert.deepEqual(await ask(everyone, 'withdrawn'), ['b']);
      assert.deepEqual(await ask(everyone, 'approved'), []);
      assert.deepEqual(await ask({ who: 'accounts', accounts: [ACME] }), ['c', 'a']);
      assert.deepEqual(await ask({ who: 'accounts', accounts: [] }), []);
      assert.deepEqual(await ask({ who: 'person', person: sam }), ['b', 'a']);
      assert.deepEqual(await ask({ who: 'person', person: sam, account: GLOBEX }), ['b']);
      const found = await store.reader.accessRequest('a' as AccessRequestId);
      assert.equal(found?.reason.text, accessRequest().reason.text);
    });

    it('visits: of an account, of a person, of a sign-in while they are open', async () => {
      const set = await setUp();
      const { principal } = set.visit;
      const ids = async (filter: VisitFilter) => idsOf(await store.reader.visits(filter, all));
      assert.deepEqual(await ids({ of: 'accounts', accounts: [ACME] }), [set.visit.id]);
      assert.deepEqual(await ids({ of: 'accounts', accounts: [GLOBEX] }), []);
      assert.deepEqual(await ids({ of: 'accounts', accounts: [] }), []);
      assert.deepEqual(await ids({ of: 'person', person: principal, account: ACME }), [
        set.visit.id,
      ]);
      assert.deepEqual(await ids({ of: 'person', person: principal, account: GLOBEX }), []);
      assert.deepEqual(await ids({ of: 'person', person: OLIVE, account: undefined }), []);
      const by = { session: set.session.id };
      assert.equal((await store.reader.openVisitsOf(by)).length, 1);
      await record(store, closingVisit(set, Date.now()));
      assert.deepEqual(await store.reader.openVisitsOf(by), []);
      assert.deepEqual(await ids({ of: 'everyone' }), [set.visit.id]);
    });

    it('people: by subject or by verified e-mail, in their realm', async () => {
      const known = (
        subject: string,
        realm: 'staff' | 'owners',
        verifiedEmail?: string,
      ): Change => {
        const person = { issuer: `https://${realm}.example`, subject, realm, verifiedEmail };
        const rest = { name: undefined, email: 'x@y.example', lastSignInAt: 1 };
        return { put: 'person', person: { ...person, ...rest } };
      };
      await record(
        store,
        actOf(
          [accountRegistered()],
          [
            known('sam', 'staff', 'sam@corp.example'),
            known('sam', 'owners', 'sam@corp.example'),
            known('unverified', 'staff'),
          ],
        ),
      );
      const found = async (named: string) =>
        (await store.reader.people('staff', named)).map(({ subject }) => subject);
      assert.deepEqual(await found('sam'), ['sam']);
      assert.deepEqual(await found('SAM@corp.example'), ['sam']);
      assert.deepEqual(await found('x@y.example'), [], 'an e-mail nobody vouched for finds nobody');
      assert.deepEqual(await found('Sam'), [], 'a subject is exact');
    });

    it('agreements: whoever accepted a version, accepted that version', async () => {
      const accept: Change = { put: 'agreement', person: people[0], version: '2026-01' };
      await record(store, actOf([accountRegistered()], [accept, accept]));
      assert.equal(await store.reader.hasAccepted(people[0], '2026-01'), true);
      assert.equal(await store.reader.hasAccepted(people[0], '2026-02'), false);
      assert.equal(await store.reader.hasAccepted(people[1], '2026-01'), false);
    });

    it('accounts: by name, and only those asked for', async () => {
      await fill();
      assert.deepEqual(
        (await store.reader.accountsNamed([GLOBEX])).map(({ id }) => id),
        ['globex'],
      );
      assert.deepEqual(await store.reader.accountsNamed([]), []);
      assert.deepEqual(idsOf(await store.reader.accounts({ ...all, only: [] })), []);
      assert.deepEqual(idsOf(await store.reader.accounts({ ...all, only: [ACME] })), ['acme']);
    });
  });
}

function someRequest({ id, ...over }: { id: string } & Partial<Omit<AccessRequest, 'id'>>) {
  const now = Date.now();
  return accessRequest({
    id: id as AccessRequestId,
    submittedAt: now,
    expiresAt: now + DAY,
    ...over,
  });
}

/** With the condition control gives it. */
function submitting(request: AccessRequest): Act {
  const { account, requester } = request;
  return actOf(
    [requestSubmitted(request)],
    [{ put: 'access-request', request }],
    [{ that: 'no-pending-request', account, requester }],
  );
}

function withdrawing(request: AccessRequest): Act {
  const { issuer, subject } = request.requester;
  const ended = endRequest(request, {
    as: 'withdrawn',
    at: request.expiresAt - 1,
    by: { issuer, subject },
  });
  const { actor, account } = requestSubmitted(request);
  return actOf(
    [
      {
        event: 'access-request.withdrawn',
        actor,
        account,
        accessRequest: request.id,
        expiresAt: request.expiresAt,
        policy: 'sha256:00',
      },
    ],
    [{ put: 'access-request', request: ended }],
    [{ that: 'request-version-is', request: request.id, version: request.version }],
  );
}

/** Equal, where a member that is `undefined` is one that is not there: so things come back from a row. */
function assertSame(actual: unknown, expected: unknown): void {
  assert.deepEqual(JSON.parse(JSON.stringify(actual)), JSON.parse(JSON.stringify(expected)));
}
