import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { takeBundle } from '../../src/control/bundle.ts';
import type { Caller } from '../../src/control/control.ts';
import { exportRecords } from '../../src/control/exports.ts';
import { GATEWAY } from '../../src/domain/event.ts';
import type { SessionId } from '../../src/domain/ids.ts';
import type { Principal } from '../../src/domain/principal.ts';
import type { Reader } from '../../src/store/store.ts';
import { readBundle, taggedEntries } from '../support/bundle-reader.ts';
import {
  account,
  type ControlPlane,
  owner,
  staff,
  startControlPlane,
} from '../support/control-plane.ts';
import { manipulate } from '../support/signed-log.ts';

const ENTRIES = 6000;

/** The acts below the door, where every page that is read can be counted. */
describe('handing out a log', () => {
  let plane: ControlPlane;
  const auditor = callerOf(staff('ada', ['auditor']));
  const olga = callerOf(owner('olga', ['acme']));

  before(async () => {
    plane = await startControlPlane({ retentionMs: 1 });
    await plane.signIn(owner('olga', ['acme', 'busy']));
    await fill(ENTRIES);
  });
  after(() => plane.close());

  function callerOf(principal: Principal): Caller {
    const session = {
      id: '00000000-0000-4000-8000-000000000001' as SessionId,
      principal,
      startedAt: 0,
      lastSeenAt: 0,
      idleMs: 1,
      expiresAt: 1,
      endedAt: undefined,
    };
    return { session, network: { ip: '192.0.2.1' } };
  }

  async function fill(times: number): Promise<void> {
    const event = {
      event: 'log.read',
      actor: GATEWAY,
      account: account('busy'),
      query: 'x',
    } as const;
    const records = Array.from({ length: times }, (_, n) => ({ ...event, count: n }));
    while (records.length > 0)
      await Promise.all(records.splice(0, 1000).map((record) => plane.recorder.record([record])));
    const { size } = await plane.store.reader.logState();
    await plane.control.evidence.checkpointOver(size - 1);
  }

  async function vkey(): Promise<string> {
    return plane.control.evidence.verifierKeys()[0] ?? '';
  }

  async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of chunks) parts.push(part);
    return Buffer.concat(parts);
  }

  /** Takes contents away as an erasure does, of the entries of `busy` that come n-th; answers with their indexes. */
  async function erase(...nth: readonly number[]): Promise<number[]> {
    const { reader } = plane.store;
    const { key } = (await reader.tagKey('account', 'busy')) ?? { key: new Uint8Array() };
    const { size } = await reader.logState();
    const all: number[] = [];
    for (let from = 0; from < size; ) {
      const found = await reader.entriesTagged({ key, next: all.length, from, to: size });
      all.push(...found.indexes);
      from = found.upTo;
    }
    const gone = nth.map((n) => Number(all[n]));
    for (const table of ['contents', 'search'])
      manipulate(plane.file, `DELETE FROM ${table} WHERE idx IN (${gone.join()})`);
    return gone;
  }

  type Counted = 'wholeEntries' | 'wholeFound' | 'records' | 'wholeEntriesAt';

  /** How many pages of the log have been asked for. */
  function count(test: { mock: { method: Mock } }, ...methods: readonly Counted[]): () => number {
    const { reader } = plane.store;
    const mocks = methods.map((method) => test.mock.method(reader, method));
    return () => mocks.reduce((sum, { mock }) => sum + mock.callCount(), 0);
  }
  type Mock = (reader: Reader, method: Counted) => { readonly mock: { callCount(): number } };

  it('asks for a page of records when the one before was taken', async (test) => {
    const pages = count(test, 'records');
    const { chunks } = await exportRecords(plane.control, auditor, { format: 'jsonl' });
    const reading = chunks[Symbol.asyncIterator]();
    for (let taken = 1; taken <= 5; taken += 1) {
      await reading.next();
      assert.equal(pages(), taken);
    }
    await reading.return?.();
    assert.equal(pages(), 5);
  });

  it('asks for as many entries of a bundle as are taken, and a few ahead', async (test) => {
    const { chunks } = await takeBundle(plane.control, auditor, {});
    const pages = count(test, 'wholeEntries');
    const reading = chunks[Symbol.asyncIterator]();
    let taken = 0;
    while (taken < 256 * 1024) taken += (await reading.next()).value?.length ?? 0;
    const early = pages();
    assert.ok(early > 0 && early < ENTRIES / 128 / 2, `${early} pages for ${taken} bytes`);
    await reading.return?.();
    const left = pages();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(pages(), left);
  });

  it('reads a long log to its end, every line proved', async () => {
    const { chunks } = await takeBundle(plane.control, auditor, {});
    const { manifest, entries } = await readBundle(await collect(chunks), await vkey());
    assert.equal(entries.length, manifest.size);
    assert.ok(manifest.size > ENTRIES);
  });

  it('finds what was erased by its tag, and says what no erasure in the bundle covers', async () => {
    const { chunks: earlier } = await takeBundle(plane.control, auditor, { account: 'busy' });
    const whole = await readBundle(await collect(earlier), await vkey());
    const own = taggedEntries(whole.entries, whole.keys.tags[0] ?? { key: '' });
    const gone = await erase(1, 300, 301, 700);
    const { chunks } = await takeBundle(plane.control, auditor, { account: 'busy' });
    const { entries, keys } = await readBundle(await collect(chunks), await vkey());
    const tagged = taggedEntries(entries, keys.tags[0] ?? { key: '' });
    assert.deepEqual(tagged.slice(0, own.length), own);
    const withheld = entries.filter((entry) => entry.withheld === 'erased');
    assert.deepEqual(
      withheld.map(({ index }) => index),
      gone,
    );
  });

  it('says nothing of what was erased by an erasure that is in the bundle', async () => {
    const [index = 0] = await erase(900);
    const { size } = await plane.store.reader.logState();
    const erased = { event: 'retention.erased', actor: GATEWAY, policy: '1ms', count: 1 } as const;
    await plane.recorder.record([{ ...erased, from: 0, to: size }]);
    await fill(1);
    for (const asked of [{}, { account: 'busy' }]) {
      const { chunks } = await takeBundle(plane.control, auditor, asked);
      const { manifest, entries } = await readBundle(await collect(chunks), await vkey());
      const entry = entries.find((one) => one.index === index);
      assert.ok(entry !== undefined);
      assert.deepEqual([entry.sections, entry.withheld], [undefined, undefined]);
      assert.equal(manifest.ahead.length, 1);
    }
  });

  it('shows an owner the holds that concern him, and not why', async () => {
    const hold = {
      event: 'hold.placed',
      actor: GATEWAY,
      case: 'C-1',
      from: 0,
      to: 1,
      until: 2,
    } as const;
    const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}` as never;
    await plane.recorder.record([
      { ...hold, hold: id(1) },
      { ...hold, hold: id(2), account: account('acme') },
      { ...hold, hold: id(3), account: account('busy') },
    ]);
    await fill(1);
    const { chunks } = await takeBundle(plane.control, olga, {});
    const { entries } = await readBundle(await collect(chunks), await vkey());
    const holds = entries.filter(({ kind }) => kind === 20);
    assert.deepEqual(
      holds.map(({ sections }) => sections?.['action']?.['hold']),
      [id(1), id(2)],
    );
    assert.ok(holds.every(({ sections }) => sections?.['reason'] === undefined));
  });
});
