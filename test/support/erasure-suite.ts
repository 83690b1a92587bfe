import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Change } from '../../src/domain/change.ts';
import type { Condition } from '../../src/domain/condition.ts';
import { GATEWAY } from '../../src/domain/event.ts';
import type { Hold } from '../../src/domain/hold.ts';
import type { HoldId } from '../../src/domain/ids.ts';
import { SearchFollower } from '../../src/recorder/search.ts';
import type { Act, Store } from '../../src/store/store.ts';
import {
  actOf,
  attempt,
  BEGUN,
  finishing,
  record,
  remark,
  settingUp,
  type Stage,
  stage,
} from './acts.ts';
import { age, bygone, BRIEF_MS, tooLate, wordyStart } from './forgetting.ts';
import { ACME, DAY, GLOBEX, OLIVE } from './specimens.ts';
import type { Engine } from './store-suite.ts';

/** The erasure of these contents, as it says itself; what guards it is left out unless given. */
export function erasing(indexes: readonly number[], conditions: readonly Condition[] = []): Act {
  return actOf(
    [
      {
        event: 'retention.erased',
        actor: GATEWAY,
        policy: '1ms',
        from: Math.min(...indexes),
        to: Math.max(...indexes) + 1,
        count: indexes.length,
      },
    ],
    [{ erase: 'contents', entry: 0, indexes }],
    conditions,
  );
}

export function someHold(over: Partial<Hold> = {}): Hold {
  return {
    id: randomUUID() as HoldId,
    account: undefined,
    from: 0,
    to: Date.now() + DAY,
    case: 'C-7',
    until: Date.now() + DAY,
    placedAt: Date.now(),
    placedBy: OLIVE,
    lifted: undefined,
    ...over,
  };
}

export function placing(hold: Hold): Act {
  const { id, account, from, to, until, case: why } = hold;
  const actor = { realm: 'staff', issuer: 'https://staff.example', subject: 'ada' } as const;
  return actOf(
    [
      {
        event: 'hold.placed',
        actor,
        hold: id,
        ...(account === undefined ? {} : { account }),
        case: why,
        from,
        to,
        until,
      },
    ],
    [{ put: 'hold', hold }],
  );
}

export function lifting(hold: Hold): Act {
  const actor = { realm: 'staff', issuer: 'https://staff.example', subject: 'ada' } as const;
  const lifted = { ...hold, lifted: { at: Date.now(), by: OLIVE } };
  return actOf(
    [{ event: 'hold.lifted', actor, hold: hold.id, until: hold.until }],
    [{ put: 'hold', hold: lifted }],
  );
}

/** What every engine must do about erasure and holds. */
export function describeErasure(name: string, create: () => Engine): void {
  let engine: Engine;
  let store: Store;
  let search: SearchFollower;

  beforeEach(async () => {
    engine = create();
    await open(BRIEF_MS);
  });

  afterEach(async () => {
    await search.stop();
    await store.close();
    engine.discard();
  });

  async function open(retentionMs: number): Promise<void> {
    store = await engine.open(retentionMs);
    search = new SearchFollower(store);
    await search.start();
  }

  async function reopen(retentionMs = BRIEF_MS): Promise<void> {
    await search.stop();
    await store.close();
    await open(retentionMs);
  }

  /** The genesis, and everything there can be about a visit that was over long ago: entries 0 to 6. */
  async function begin(): Promise<Stage> {
    const set = bygone();
    await record(store, BEGUN);
    await record(store, wordyStart(set));
    await record(store, tooLate(set));
    await record(store, tooLate(set));
    await age(store);
    await search.reach(7, 2000);
    return set;
  }

  const ALL = [1, 2, 3, 4, 5, 6];
  const findAll = () => store.reader.records({ order: 'asc', limit: 100 });
  const eventsOf = async () => (await findAll()).map(({ event }) => event);

  /** Nothing of the act was written, and nothing is gone. */
  async function assertKept(act: Act, why: RegExp): Promise<void> {
    const { size } = await store.reader.logState();
    const committed = await store.commit(act);
    assert.ok(committed.outcome === 'failed', committed.outcome);
    assert.match(committed.cause, why);
    assert.equal((await store.reader.logState()).size, size);
    await engine.checkLog();
  }

  describe(`${name}: an erasure`, () => {
    it('takes contents away and says so in one act; the log stays whole', async () => {
      await begin();
      const before = await store.reader.logState();
      await record(store, erasing(ALL));
      const { at, ...left } = (await store.reader.record(5)) ?? assert.fail();
      assert.deepEqual(left, { index: 5, event: 'erased' });
      assert.ok(Date.parse(at) <= before.lastTime);
      const { records, size } = await engine.checkLog();
      assert.equal(size, before.size + 1);
      assert.equal(records.filter(({ event }) => event === 'erased').length, ALL.length);
      const rehash = await store.reader.rehash({ size: 0, edge: new Uint8Array() }, size);
      assert.equal(rehash.outcome, 'sound', JSON.stringify(rehash));
    });

    it('leaves nothing that a search could find', async () => {
      await begin();
      assert.ok((await eventsOf()).includes('visit.opened'));
      await record(store, erasing(ALL));
      await search.reach((await store.reader.logState()).size, 2000);
      assert.deepEqual(
        new Set(await eventsOf()),
        new Set(['log.begun', 'log.heartbeat', 'retention.erased']),
      );
    });

    it('takes every row along that says the same', async () => {
      const set = await begin();
      await record(store, erasing(ALL));
      assert.equal(await store.reader.session(set.session.id), undefined);
      assert.equal(await store.reader.visit(set.visit.id), undefined);
      assert.equal(await store.reader.grant(set.grant.id), undefined);
      assert.deepEqual(await store.reader.people('staff', 'sam'), []);
      assert.equal(await store.reader.usedKey('state of sam', 0), undefined);
      assert.ok(await store.reader.account(ACME), 'the account is still somebody’s');
    });

    it('takes no row along whose own entry is kept', async () => {
      const set = await begin();
      await record(store, erasing([5, 6]));
      assert.ok((await store.reader.session(set.session.id)) === undefined, 'it was swept');
      assert.ok(await store.reader.visit(set.visit.id));
      assert.ok(await store.reader.grant(set.grant.id));
      assert.equal((await store.reader.people('staff', 'sam')).length, 1);
    });

    it('takes the acceptance of an agreement along, of this person and version', async () => {
      const person = { issuer: 'https://staff.example', subject: 'sam' };
      const accept = (version: string): Act =>
        actOf(
          [
            {
              event: 'agreement.accepted',
              actor: { realm: 'staff', ...person },
              version,
              textDigest: 'sha256:00',
            },
          ],
          [{ put: 'agreement', person, version }],
        );
      await record(store, accept('1'));
      await record(store, accept('2'));
      await age(store);
      await search.reach(2, 2000);
      assert.equal(await store.reader.newestAgreement(), '2');
      await record(store, erasing([0]));
      assert.equal(await store.reader.hasAccepted(person, '1'), false);
      assert.equal(await store.reader.hasAccepted(person, '2'), true);
    });

    it('forgets a person with the last entry, and his tags can still be checked', async () => {
      await begin();
      await record(store, erasing([2, 4, 5]));
      assert.equal((await store.reader.people('staff', 'sam')).length, 1);
      engine.tagKey('actor', '["https://staff.example","sam"]');
      await record(store, erasing([6]));
      assert.deepEqual(await store.reader.people('staff', 'sam'), []);
      assert.throws(() => engine.tagKey('actor', '["https://staff.example","sam"]'));
      engine.tagKey('actor', '["https://owners.example","olive"]');
      await engine.checkLog();
    });

    it('gives a person who comes back a key of his own', async () => {
      await begin();
      await record(store, erasing(ALL));
      await record(store, remark('again', 'sam'));
      await reopen();
      await record(store, remark('and again', 'sam'));
      await engine.checkLog();
    });

    it('takes nobody for somebody of the same name at another provider', async () => {
      await record(store, remark('x', 'sam'));
      const elsewhere = {
        realm: 'staff',
        issuer: 'https://other.example',
        subject: 'sam',
      } as const;
      await record(store, actOf([{ event: 'log.read', actor: elsewhere, query: 'x', count: 0 }]));
      await age(store);
      await record(store, erasing([0]));
      assert.throws(() => engine.tagKey('actor', '["https://staff.example","sam"]'));
      engine.tagKey('actor', '["https://other.example","sam"]');
      await engine.checkLog();
    });

    it('stands in a batch with acts of the same person, and every tag is right', async () => {
      await record(store, remark('x', 'ann'));
      await record(store, remark('x', 'bob'));
      await age(store);
      await Promise.all([
        store.commit(remark('before', 'ann')),
        store.commit(erasing([0])),
        store.commit(remark('after', 'ann')),
        store.commit(erasing([1])),
        store.commit(remark('after', 'bob')),
      ]);
      engine.tagKey('actor', '["https://staff.example","ann"]');
      await engine.checkLog();
      await record(store, remark('later', 'ann'));
      await engine.checkLog();
    });

    it('that fails half-way has done nothing, to the contents or to what is kept beside them', async () => {
      await begin();
      await record(store, remark('young', 'sam'));
      const [before, failed, after] = await Promise.all([
        store.commit(remark('x', 'sam')),
        store.commit(erasing([...ALL, 4711])),
        store.commit(remark('y', 'sam')),
      ]);
      assert.deepEqual(
        [before, failed, after].map(({ outcome }) => outcome),
        ['recorded', 'failed', 'recorded'],
      );
      assert.equal((await store.reader.people('staff', 'sam')).length, 1);
      await engine.checkLog();
    });

    it('of accesses leaves the others provable, and the ends of those that are left', async () => {
      const set = stage(Date.now());
      await record(store, settingUp(set));
      for (let n = 0; n < 3; n += 1) {
        const { indexes } = await record(store, attempt(set, `/${n}`));
        await record(store, finishing(set, indexes[0] ?? -1));
      }
      await age(store);
      await record(store, erasing([4, 7]));
      const { attempts } = await engine.checkLog(true);
      assert.deepEqual(
        attempts.map(({ index }) => index),
        [6, 8],
      );
    });

    it('is refused for what is gone already', async () => {
      await begin();
      await record(store, erasing([5]));
      const condition = { that: 'contents-kept', indexes: [5, 6] } as const;
      assert.deepEqual(await store.commit(erasing([5, 6], [condition])), {
        outcome: 'refused',
        condition,
      });
      await assertKept(erasing([5, 6]), /no content to erase/);
    });

    it('goes on over a restart', async () => {
      await begin();
      await record(store, erasing([5, 6]));
      await reopen();
      await record(store, erasing([1, 2, 3, 4]));
      const { size } = await store.reader.logState();
      const rehash = await store.reader.rehash({ size: 0, edge: new Uint8Array() }, size);
      assert.equal(rehash.outcome, 'sound');
      await engine.checkLog();
    });
  });

  describe(`${name}: an erasure fails`, () => {
    it('before the time its entry states', async () => {
      await reopen(DAY);
      await record(store, settingUp(bygone()));
      await record(store, remark());
      for (const index of [0, 1, 2, 3, 4]) await assertKept(erasing([index]), /kept for longer/);
    });

    it('while what its entry states is in force', async () => {
      await record(
        store,
        settingUp({ ...bygone(), grant: { ...bygone().grant, expiresAt: Date.now() + DAY } }),
      );
      await age(store);
      await assertKept(erasing([2]), /kept for longer/);
    });

    it('for what has no end, whatever the time', async () => {
      const policy: Act = actOf([
        { event: 'policy.loaded', actor: GATEWAY, policy: 'sha256:00', model: 'm', rules: 'r' },
      ]);
      await record(store, policy);
      await age(store);
      await assertKept(erasing([0]), /kept for longer/);
    });

    for (const [what, over] of [
      ['of its account', { account: ACME }],
      ['of every account', {}],
      ['that ends in a moment', { until: Date.now() + DAY }],
    ] as const)
      it(`under a hold ${what}, even if nobody asks for it`, async () => {
        await begin();
        await record(store, placing(someHold(over)));
        await assertKept(erasing([5]), /kept for longer/);
      });

    it('as one, if only one of its contents is held', async () => {
      await begin();
      await record(store, placing(someHold({ account: ACME })));
      await assertKept(erasing([2, 5]), /kept for longer/);
      await record(store, erasing([2]));
      await engine.checkLog();
    });
  });

  describe(`${name}: a hold does not keep`, () => {
    const now = Date.now();
    for (const [what, over] of [
      ['what was written before it begins', { from: now + DAY - 1, to: now + DAY }],
      ['what was written after it ends', { from: 0, to: 1000 }],
      ['anything once its end has come', { until: now - DAY }],
    ] as const)
      it(what, async () => {
        await begin();
        await record(store, placing(someHold(over)));
        await record(store, erasing([5]));
        await engine.checkLog();
      });

    it('the contents of another account', async () => {
      await begin();
      const globex: Change = {
        put: 'account',
        account: { id: GLOBEX, name: undefined, registeredAt: 1 },
      };
      const { entries } = placing(someHold({ account: GLOBEX }));
      await record(store, {
        entries,
        changes: [globex, { put: 'hold', hold: someHold({ account: GLOBEX }) }],
        conditions: [],
      });
      await record(store, erasing([5]));
    });

    it('anything once it is lifted', async () => {
      await begin();
      const hold = someHold();
      await record(store, placing(hold));
      await assertKept(erasing([5]), /kept for longer/);
      await record(store, lifting(hold));
      await record(store, erasing([5]));
      await engine.checkLog();
    });
  });

  describe(`${name}: holds`, () => {
    it('a hold placed between plan and commit stops the batch, and so does a lifting', async () => {
      await begin();
      const hold = someHold({ account: ACME });
      for (const act of [placing(hold), lifting(hold)]) {
        const { version } = await store.reader.activeHolds(Date.now());
        const condition = { that: 'holds-unchanged', version } as const;
        const [, erased] = await Promise.all([
          store.commit(act),
          store.commit(erasing([5], [condition])),
        ]);
        assert.deepEqual(erased, { outcome: 'refused', condition });
      }
      await engine.checkLog();
    });

    it('are read back: one, all, and those that are active', async () => {
      const held = [someHold({ until: Date.now() + 1000 }), someHold()] as const;
      for (const hold of held) await record(store, placing(hold));
      assert.equal((await store.reader.hold(held[0].id))?.case, 'C-7');
      assert.equal((await store.reader.holds({ after: undefined, limit: 1 })).items.length, 1);
      assert.equal((await store.reader.activeHolds(Date.now())).holds.length, 2);
      assert.equal((await store.reader.activeHolds(held[0].until)).holds.length, 1);
      await record(store, lifting(held[1]));
      const { holds, version } = await store.reader.activeHolds(Date.now());
      assert.deepEqual([holds.map(({ id }) => id), version], [[held[0].id], 3]);
    });

    it('a hold is lifted once', async () => {
      const hold = someHold();
      await record(store, placing(hold));
      await record(store, lifting(hold));
      const committed = await store.commit(lifting(hold));
      assert.ok(committed.outcome === 'failed');
      assert.match(committed.cause, /lifted once/);
      const condition = { that: 'hold-not-lifted', hold: hold.id } as const;
      const { entries } = lifting(hold);
      assert.deepEqual(await store.commit({ entries, changes: [], conditions: [condition] }), {
        outcome: 'refused',
        condition,
      });
    });

    it('a hold goes with the entry that placed it', async () => {
      const hold = someHold({ until: Date.now() - DAY });
      await record(store, placing(hold));
      await age(store);
      await record(store, erasing([0]));
      assert.equal(await store.reader.hold(hold.id), undefined);
    });
  });

  describe(`${name}: what may be erased`, () => {
    const indexesOf = async (from = 0, limit = 100) =>
      (await store.reader.expiredContents(from, limit)).expired.map(({ index }) => index);

    it('is told in the order of the log, with whose it is', async () => {
      await begin();
      const { expired, next } = await store.reader.expiredContents(0, 100);
      assert.deepEqual(
        expired.map(({ index, account }) => [index, account]),
        [
          [1, 'acme'],
          [2, undefined],
          [3, 'acme'],
          [4, 'acme'],
          [5, 'acme'],
          [6, 'acme'],
        ],
      );
      assert.equal(next, undefined);
    });

    it('is told part by part', async () => {
      await begin();
      const first = await store.reader.expiredContents(0, 4);
      assert.equal(first.next?.from, 5);
      assert.deepEqual(await indexesOf(5), [5, 6]);
      await record(store, erasing([1, 2]));
      assert.deepEqual(await indexesOf(0, 3), [3, 4, 5]);
    });

    it('is no access that is still under way, nothing young, and nothing the search has not seen', async () => {
      const set = stage(Date.now());
      await record(store, settingUp(set));
      const { indexes } = await record(store, attempt(set));
      await age(store);
      await search.reach(5, 2000);
      assert.deepEqual(await indexesOf(), [0]);
      await record(store, finishing(set, indexes[0] ?? -1));
      assert.deepEqual(await indexesOf(), [0, 4]);
      await search.stop();
      await record(store, remark('unseen'));
      await age(store);
      assert.deepEqual(await indexesOf(), [0, 4, 6], 'without the last');
      await reopen(DAY);
      await record(store, remark('young'));
      const { size } = await store.reader.logState();
      await search.reach(size, 2000);
      assert.ok(!(await indexesOf()).includes(size - 1));
    });

    it('once erased stays unknown to a search index that is made anew', async () => {
      await begin();
      await record(store, erasing(ALL));
      const rows = (await store.reader.recordsFrom(0, 7)).map(({ index, record: { event } }) => ({
        ...EMPTY_ROW,
        index,
        event,
      }));
      assert.equal(rows[5]?.event, 'erased');
      const upTo = await store.reader.searchedUpTo();
      await store.keep({
        do: 'index-records',
        from: upTo,
        rows: rows.map((row) => ({ ...row, index: row.index + 10_000 })),
      });
      assert.ok(!(await eventsOf()).includes('erased'));
    });
  });

  describe(`${name}: a purge`, () => {
    it('is done when nobody reads', async () => {
      await begin();
      await record(store, erasing(ALL));
      assert.equal(await store.purge({ isThorough: false }), 'done');
      assert.equal(await store.purge({ isThorough: true }), 'done');
      await record(store, remark());
      await engine.checkLog();
    });
  });
}

const EMPTY_ROW = {
  at: 1,
  account: null,
  actor: null,
  actorEmail: null,
  basisKind: null,
  basisId: null,
  visit: null,
  method: null,
  path: null,
  status: null,
};
