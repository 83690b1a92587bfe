import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commitTo } from '../../src/audit/content.ts';
import { decodeEnvelope } from '../../src/audit/envelope.ts';
import { actOf, BEGUN, record, remark } from '../support/acts.ts';
import { openLog } from '../support/open-log.ts';
import { hex, sha256 } from '../support/sha256.ts';
import { accountRegistered, ACME } from '../support/specimens.ts';

describe('whole entries, as they are read to be handed out', () => {
  it('are what was committed to, salts and all, in pages', async (test) => {
    const { store } = await openLog(test);
    await record(store, BEGUN);
    await Promise.all(Array.from({ length: 300 }, () => record(store, remark())));
    const page = await store.reader.wholeEntries(0, 301);
    assert.equal(page.length, 128);
    assert.equal(page[0]?.content, undefined);
    for (const { index, entry, content } of page.slice(1)) {
      const { commitment } = decodeEnvelope(entry);
      assert.equal(hex(commitTo(sha256, content ?? {})), hex(commitment), `entry ${index}`);
    }
    const rest = await store.reader.wholeEntries(256, 290);
    assert.deepEqual(
      rest.map(({ index }) => index),
      Array.from({ length: 34 }, (_, at) => 256 + at),
    );
  });

  it('are found by their indexes, in the order of the log, and not where there are none', async (test) => {
    const { store } = await openLog(test);
    for (let times = 0; times < 5; times += 1) await record(store, remark());
    const found = await store.reader.wholeEntriesAt([4, 99, 1]);
    assert.deepEqual(
      found.map(({ index }) => index),
      [1, 4],
    );
    assert.deepEqual(await store.reader.wholeEntriesAt([]), []);
  });

  it('of an account are found by their tags, wherever the search goes on', async (test) => {
    const { store } = await openLog(test);
    for (let times = 0; times < 4; times += 1) {
      await record(store, remark());
      await record(store, actOf([accountRegistered(ACME)]));
    }
    const { key, next } = (await store.reader.tagKey('account', ACME)) ?? {
      key: new Uint8Array(),
      next: 0,
    };
    assert.equal(next, 4);
    const all = await store.reader.entriesTagged({ key, next: 0, from: 0, to: 8 });
    assert.deepEqual(all, { indexes: [1, 3, 5, 7], next: 4, upTo: 8 });
    const later = await store.reader.entriesTagged({ key, next: 2, from: 4, to: 6 });
    assert.deepEqual(later, { indexes: [5], next: 3, upTo: 6 });
    const none = await store.reader.entriesTagged({ key, next: 3, from: 0, to: 7 });
    assert.deepEqual(none.indexes, []);
    assert.equal(await store.reader.tagKey('account', 'nobody'), undefined);
  });

  it('stand under the time they were written at', async (test) => {
    const { store } = await openLog(test);
    for (let times = 0; times < 5; times += 1) await record(store, remark());
    const times = (await store.reader.wholeEntries(0, 5)).map(
      ({ entry }) => decodeEnvelope(entry).time,
    );
    const [first = 0] = times;
    assert.equal(await store.reader.indexAt(0, 5), 0);
    assert.equal(await store.reader.indexAt(first, 5), 0);
    assert.equal(await store.reader.indexAt((times.at(-1) ?? 0) + 1, 5), 5);
    for (const time of times)
      assert.equal(await store.reader.indexAt(time, 5), times.indexOf(time));
  });

  it('have tag keys, accounts’ before people’s, each listed once', async (test) => {
    const { store } = await openLog(test);
    await Promise.all(
      Array.from({ length: 300 }, (_, n) => record(store, remark('x', `person ${n}`))),
    );
    await record(store, actOf([accountRegistered(ACME)]));
    const names: string[] = [];
    let last: { whose: 'account' | 'actor'; name: string } | undefined;
    do {
      const page = await store.reader.tagKeys(last);
      names.push(...page.map(({ whose, name }) => `${whose} ${name}`));
      last = page.at(-1);
    } while (last !== undefined);
    assert.equal(names[0], `account ${ACME}`);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.length > 300);
  });

  it('are proved against the largest checkpoint that is not too large', async (test) => {
    const { store } = await openLog(test);
    await record(store, BEGUN);
    for (const size of [3, 7]) {
      const checkpoint = { size, note: Uint8Array.of(size), publishedAt: 1 };
      await store.keep({ do: 'keep-checkpoint', checkpoint });
    }
    assert.equal(await store.reader.checkpointUpTo(2), undefined);
    assert.equal((await store.reader.checkpointUpTo(3))?.size, 3);
    assert.equal((await store.reader.checkpointUpTo(6))?.size, 3);
    assert.equal((await store.reader.checkpointUpTo(99))?.size, 7);
  });
});
