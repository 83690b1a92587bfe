import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { MEMBERS } from '../../src/audit/bundle-format.ts';
import { openBundle } from '../../src/audit/bundle-reader.ts';
import { BundleRefused } from '../../src/audit/bundle-refused.ts';
import type { LogItem, VerifiableLog } from '../../src/audit/verifiable-log.ts';
import { hashLeaf } from '../../src/tlog/hash.ts';
import { verifyInclusion } from '../../src/tlog/inclusion.ts';
import { actOf, record } from '../support/acts.ts';
import { type BundleWish, bundleMembers, packBundle } from '../support/bundle-maker.ts';
import { EVERY_EVENT } from '../support/every-event.ts';
import type { KeptLog } from '../support/kept-log.ts';
import { makeLog } from '../support/made-log.ts';
import { naiveRoot } from '../support/naive-tree.ts';
import { sha256 } from '../support/sha256.ts';
import { makeZip, type ZipMember } from '../support/zip-maker.ts';

const HOLD = 4;
const ERASURE = 9;
const SIZE = 13;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (of: Uint8Array | undefined): string => new TextDecoder().decode(of);

async function itemsOf(log: VerifiableLog): Promise<LogItem[]> {
  const all: LogItem[] = [];
  for await (const items of log.items()) all.push(...items);
  return all;
}

describe('a bundle', () => {
  let kept: KeptLog;
  let earlier: Uint8Array;

  before(async () => {
    ({ kept } = await makeLog(async (log) => {
      await log.grow(HOLD - 1);
      await record(log.store, actOf([EVERY_EVENT['hold.placed']]));
      const publisher = await log.sign();
      earlier = publisher.published?.note ?? assert.fail();
      await log.grow(ERASURE - HOLD - 1);
      await record(log.store, actOf([EVERY_EVENT['retention.erased']]));
      await log.grow(SIZE - ERASURE - 1);
      await publisher.publish();
    }));
    assert.equal(kept.size, SIZE);
  });

  const open = (wish: BundleWish = {}): Promise<VerifiableLog> =>
    openBundle(new Blob([packBundle(bundleMembers(kept, wish))]));

  describe('is read', () => {
    it('as the whole log', async () => {
      const log = await open();
      const items = await itemsOf(log);
      assert.deepEqual(log.checkpoint, kept.note);
      assert.deepEqual(log.range, { from: 0, to: SIZE });
      assert.deepEqual(
        items.map(({ index, entry }) => [index, entry]),
        kept.entries.map((entry, index) => [index, entry]),
      );
      for (const { index, content } of items) assert.deepEqual(content, kept.contents.get(index));
      assert.deepEqual(log.tagKeys, kept.tagKeys);
    });

    it('as part of a log, with the roots before and behind it', async () => {
      const log = await open({ range: { from: 5, to: 10 } });
      assert.deepEqual(
        (await itemsOf(log)).map(({ index }) => index),
        [5, 6, 7, 8, 9],
      );
      assert.equal(log.before.length, 2 * 32);
      assert.deepEqual(log.after, [
        naiveRoot(kept.leaves.slice(10, 12)),
        naiveRoot(kept.leaves.slice(12, 13)),
      ]);
    });

    it('with entries before and behind the range, each with its proof', async () => {
      const items = await itemsOf(
        await open({ range: { from: 5, to: 8 }, selected: [0, 3, HOLD, 8, 12] }),
      );
      assert.deepEqual(
        items.map(({ index }) => index),
        [0, 3, 4, 5, 6, 7, 8, 12],
      );
      for (const { index, entry, proof } of items) {
        assert.equal(proof === undefined, index >= 5 && index < 8);
        if (proof === undefined) continue;
        const leaf = hashLeaf(sha256, entry);
        verifyInclusion(sha256, { leaf, index, size: SIZE, root: naiveRoot(kept.leaves), proof });
      }
    });

    it('with entries alone', async () => {
      const log = await open({ range: { from: 0, to: 0 }, selected: [1, 2] });
      assert.deepEqual(
        (await itemsOf(log)).map(({ index }) => index),
        [1, 2],
      );
    });

    it('a second time from the beginning', async () => {
      const log = await open();
      assert.deepEqual(await itemsOf(log), await itemsOf(log));
    });

    it('with the reasons for what is not shown', async () => {
      const items = await itemsOf(await open({ withheld: new Map([[2, 'not-yours']]) }));
      assert.deepEqual(
        [items[2]?.content, items[2]?.withheld, items[3]?.withheld],
        [undefined, 'not-yours', undefined],
      );
    });

    it('with erasures and holds ahead of their place', async () => {
      const { ahead } = await open();
      assert.deepEqual(
        ahead.map(({ index, content }) => [index, content]),
        [
          [HOLD, kept.contents.get(HOLD)],
          [ERASURE, undefined],
        ],
      );
    });

    it('with the proof from the earlier checkpoint in it, and from no other', async () => {
      const log = await open({ since: { note: earlier, size: 5 } });
      assert.equal((await log.proveGrowth(5))?.length, 5);
      assert.equal(await log.proveGrowth(6), undefined);
      assert.equal(await (await open()).proveGrowth(5), undefined);
    });

    it('with entries and contents of any length across the chunks it is read in', async () => {
      const entries = Array.from({ length: 3000 }, (_, n) => {
        const entry = new Uint8Array(88 + ((n * 37) % 400)).fill(n % 251);
        entry.set(kept.entries[0]?.subarray(0, 24) ?? []);
        return entry;
      });
      const leaves = entries.map((entry) => hashLeaf(sha256, entry));
      const note = bytes(`log.example/1\n3000\n${'A'.repeat(43)}=\n\n— log.example/1 AAAAAAAA\n`);
      const section = { bytes: bytes(`{"event":"${'x'.repeat(700)}"}`), salt: new Uint8Array(16) };
      const content = { sections: { action: section }, digests: undefined };
      const contents = new Map(entries.map((_, index) => [index, content]));
      const long: KeptLog = { note, size: 3000, entries, leaves, contents, tagKeys: [] };
      const items = await itemsOf(await openBundle(new Blob([packBundle(bundleMembers(long))])));
      assert.deepEqual(
        items.map(({ entry }) => entry),
        entries,
      );
      assert.ok(items.every((item) => item.content?.sections.action?.bytes.length === 712));
    });
  });

  type Members = Map<string, Uint8Array>;

  async function assertRefused(file: Uint8Array, where: string, why: RegExp): Promise<void> {
    const reading = openBundle(new Blob([file])).then(itemsOf);
    await assert.rejects(reading, (error) => {
      assert.ok(error instanceof BundleRefused, String(error));
      assert.ok(error.message.startsWith(`${where}: `), error.message);
      assert.match(error.message, why);
      return true;
    });
  }

  function replaceIn(members: Members, name: string, change: (old: string) => string): void {
    members.set(name, bytes(change(text(members.get(name)))));
  }

  const lines =
    (change: (lines: string[]) => unknown) =>
    (old: string): string => {
      const split = old.split('\n').slice(0, -1);
      const changed = change(split);
      return `${(Array.isArray(changed) ? changed : split).join('\n')}\n`;
    };
  const field =
    (name: string, value: unknown) =>
    (old: string): string =>
      JSON.stringify({ ...JSON.parse(old), [name]: value });

  const actorTag = { whose: 'actor', name: 'x', key: '00'.repeat(32) };
  const PART: BundleWish = { range: { from: 5, to: 8 }, selected: [0, 3, 12] };

  describe('is refused', () => {
    for (const [what, where, why, name, change] of [
      [
        'a manifest that is no JSON',
        'manifest.json',
        /no JSON object/,
        MEMBERS.manifest,
        () => '{',
      ],
      [
        'a manifest that is a list',
        'manifest.json',
        /no JSON object/,
        MEMBERS.manifest,
        () => '[]',
      ],
      ['another format', 'manifest.json', /format/, MEMBERS.manifest, field('format', 'x/v2')],
      ['no origin', 'manifest.json', /origin/, MEMBERS.manifest, field('origin', 7)],
      [
        'another origin',
        'manifest.json',
        /not the checkpoint’s/,
        MEMBERS.manifest,
        field('origin', 'x'),
      ],
      [
        'another size',
        'manifest.json',
        /not the checkpoint’s/,
        MEMBERS.manifest,
        field('size', 14),
      ],
      ['half a size', 'manifest.json', /no size/, MEMBERS.manifest, field('size', 6.5)],
      ['no query', 'manifest.json', /query/, MEMBERS.manifest, field('query', null)],
      ['no range', 'manifest.json', /no range/, MEMBERS.manifest, field('range', null)],
      [
        'a range of words',
        'manifest.json',
        /no range/,
        MEMBERS.manifest,
        field('range', { from: '0', to: '9' }),
      ],
      [
        'a range that ends before it begins',
        'manifest.json',
        /no range from 3 to 2/,
        MEMBERS.manifest,
        field('range', { from: 3, to: 2 }),
      ],
      [
        'a range beyond the log',
        'manifest.json',
        /no range from 0 to 14/,
        MEMBERS.manifest,
        field('range', { from: 0, to: 14 }),
      ],
      [
        'a range that is longer than its entries',
        'entries byte 270',
        /entry 8 of the range up to 9 is missing/,
        MEMBERS.manifest,
        field('range', { from: 5, to: 9 }),
      ],
      [
        'a range that is shorter than its entries',
        'entries byte 0',
        /more entries/,
        MEMBERS.manifest,
        field('range', { from: 5, to: 7 }),
      ],
      ['a list ahead that is none', 'manifest.json', /ahead/, MEMBERS.manifest, field('ahead', 3)],
      ['words ahead', 'manifest.json', /ahead/, MEMBERS.manifest, field('ahead', ['3'])],
      [
        'indexes ahead that fall',
        'manifest.json',
        /rising/,
        MEMBERS.manifest,
        field('ahead', [4, 3]),
      ],
      ['an index ahead twice', 'manifest.json', /rising/, MEMBERS.manifest, field('ahead', [3, 3])],
      [
        'an index ahead beyond the log',
        'manifest.json',
        /rising/,
        MEMBERS.manifest,
        field('ahead', [13]),
      ],
      [
        'an index ahead that is not there',
        'manifest.json',
        /ahead: entry 4 is not in the bundle/,
        MEMBERS.manifest,
        field('ahead', [4]),
      ],
      [
        'an entry ahead of another kind',
        'manifest.json',
        /ahead: entry 6 is neither/,
        MEMBERS.manifest,
        field('ahead', [6]),
      ],
      ['a checkpoint that is no note', 'checkpoint', /blank line/, MEMBERS.checkpoint, () => 'x\n'],
      [
        'a checkpoint of two lines',
        'checkpoint',
        /./,
        MEMBERS.checkpoint,
        (old: string) => old.replace('\n13\n', '\n'),
      ],
      [
        'an earlier checkpoint without its proof',
        'since/proof',
        /missing/,
        MEMBERS.since,
        (old: string) => old,
      ],
      [
        'half a hash before the range',
        'before',
        /no hashes/,
        MEMBERS.before,
        (old: string) => `${old}x`,
      ],
      ['half a hash behind the range', 'after', /no hashes/, MEMBERS.after, () => 'x'],
      [
        'more hashes than a tree has edges',
        'before',
        /may have 2048/,
        MEMBERS.before,
        () => 'x'.repeat(65 * 32),
      ],
      [
        'an entry that is cut off',
        'entries byte 270',
        /entry 8 is cut off/,
        MEMBERS.entries,
        (old: string) => `${old}\0\u0005x`,
      ],
      [
        'a content that is no JSON',
        'contents.ndjson line 2',
        /no JSON/,
        MEMBERS.contents,
        lines((all) => (all[1] = '{"index":3,')),
      ],
      [
        'a content without an index',
        'contents.ndjson line 1',
        /without its index/,
        MEMBERS.contents,
        lines((all) => (all[0] = '{}')),
      ],
      [
        'a content at a negative index',
        'contents.ndjson line 1',
        /without its index/,
        MEMBERS.contents,
        lines((all) => (all[0] = '{"index":-1}')),
      ],
      [
        'a content without sections',
        'contents.ndjson line 1',
        /sections/,
        MEMBERS.contents,
        lines((all) => (all[0] = '{"index":3}')),
      ],
      [
        'a content with a section that is none',
        'contents.ndjson line 1',
        /no section/,
        MEMBERS.contents,
        lines((all) => (all[0] = '{"index":3,"sections":{"x":""},"salts":{}}')),
      ],
      [
        'a content with short salt',
        'contents.ndjson line 1',
        /salt/,
        MEMBERS.contents,
        lines((all) => (all[0] = '{"index":3,"sections":{"net":"{}"},"salts":{"net":"00"}}')),
      ],
      [
        'contents that fall',
        'contents.ndjson line 2',
        /comes behind/,
        MEMBERS.contents,
        lines((all) => all.toReversed()),
      ],
      [
        'a content twice',
        'contents.ndjson line 2',
        /entry 3 comes behind 3/,
        MEMBERS.contents,
        lines(([first = '', ...rest]) => [first, first, ...rest]),
      ],
      [
        'a content of an entry that is not there',
        'contents.ndjson',
        /entry 4 is not in the bundle/,
        MEMBERS.contents,
        lines((all) => (all[0] = all[0]?.replace('"index":3', '"index":4') ?? '')),
      ],
      [
        'a content behind all entries',
        'contents.ndjson',
        /entry 99 is not in the bundle/,
        MEMBERS.contents,
        lines((all) => all.push(all[0]?.replace('"index":3', '"index":99') ?? '')),
      ],
      [
        'a line that does not end',
        'contents.ndjson line 6',
        /does not end/,
        MEMBERS.contents,
        (old: string) => `${old}{`,
      ],
      [
        'a line without end',
        'contents.ndjson line 6',
        /too long/,
        MEMBERS.contents,
        (old: string) => old + 'x'.repeat(2 ** 21),
      ],
      [
        'a line that is too long',
        'contents.ndjson line 6',
        /too long/,
        MEMBERS.contents,
        (old: string) => `${old}${'x'.repeat(2 ** 20 + 1)}\n`,
      ],
      [
        'an empty line',
        'contents.ndjson line 1',
        /no JSON/,
        MEMBERS.contents,
        (old: string) => `\n${old}`,
      ],
      [
        'a selected entry that is no base 64',
        'selected.ndjson line 1',
        /base 64/,
        MEMBERS.selected,
        lines((all) => (all[0] = '{"index":0,"entry":"!","proof":[]}')),
      ],
      [
        'a selected entry without a proof',
        'selected.ndjson line 1',
        /proof/,
        MEMBERS.selected,
        lines((all) => (all[0] = '{"index":0,"entry":"AAAA"}')),
      ],
      [
        'a selected entry with a proof of short hashes',
        'selected.ndjson line 1',
        /proof/,
        MEMBERS.selected,
        lines((all) => (all[0] = '{"index":0,"entry":"AAAA","proof":["AAAA"]}')),
      ],
      [
        'a selected entry with an endless proof',
        'selected.ndjson line 1',
        /proof/,
        MEMBERS.selected,
        lines(
          (all) =>
            (all[0] = JSON.stringify({
              index: 0,
              entry: 'AAAA',
              proof: Array(64).fill(`${'A'.repeat(43)}=`),
            })),
        ),
      ],
      [
        'a selected entry without an index',
        'selected.ndjson line 1',
        /index/,
        MEMBERS.selected,
        lines((all) => (all[0] = '{"entry":"AAAA","proof":[]}')),
      ],
      [
        'a selected entry that is in the range',
        'selected.ndjson',
        /entry 6 is in the range already/,
        MEMBERS.selected,
        lines((all) => (all[2] = all[2]?.replace('"index":12', '"index":6') ?? '')),
      ],
      [
        'a selected entry beyond the log',
        'selected.ndjson',
        /entry 13 is beyond the 13 signed/,
        MEMBERS.selected,
        lines((all) => (all[2] = all[2]?.replace('"index":12', '"index":13') ?? '')),
      ],
      [
        'selected entries that fall',
        'selected.ndjson line 2',
        /comes behind/,
        MEMBERS.selected,
        lines((all) => all.toReversed()),
      ],
      [
        'a reason without an index',
        'withheld.ndjson line 1',
        /index/,
        MEMBERS.withheld,
        () => '{"reason":"sealed"}\n',
      ],
      [
        'a reason that is no word',
        'withheld.ndjson line 1',
        /reason/,
        MEMBERS.withheld,
        () => '{"index":3,"reason":"\\u001b[31m"}\n',
      ],
      [
        'a reason for what is shown',
        'withheld.ndjson',
        /entry 3 has its content shown/,
        MEMBERS.withheld,
        () => '{"index":3,"reason":"sealed"}\n',
      ],
      [
        'a reason for an entry that is not there',
        'withheld.ndjson',
        /entry 4 is not in the bundle/,
        MEMBERS.withheld,
        () => '{"index":4,"reason":"sealed"}\n',
      ],
      ['keys that are no JSON', 'keys.json', /no JSON object/, MEMBERS.keys, () => ''],
      [
        'keys without a list',
        'keys.json',
        /no list of keys of the log/,
        MEMBERS.keys,
        () => '{"tags":[]}',
      ],
      [
        'tag keys that are none',
        'keys.json',
        /no list of tag keys/,
        MEMBERS.keys,
        field('tags', {}),
      ],
      [
        'a tag key of nobody',
        'keys.json tag key 1',
        /neither/,
        MEMBERS.keys,
        field('tags', [{ whose: 'x' }]),
      ],
      [
        'a tag key that is short',
        'keys.json tag key 1',
        /32 bytes/,
        MEMBERS.keys,
        field('tags', [{ whose: 'actor', name: 'x', key: '00' }]),
      ],
      [
        'a tag key twice',
        'keys.json',
        /two tag keys/,
        MEMBERS.keys,
        field('tags', [actorTag, actorTag]),
      ],
      [
        'a tag key with half a number',
        'keys.json tag key 1',
        /next/,
        MEMBERS.keys,
        field('tags', [{ whose: 'actor', name: 'x', key: '00'.repeat(32), next: 0.5 }]),
      ],
    ] as const satisfies readonly (readonly [
      string,
      string,
      RegExp,
      string,
      (old: string) => string,
    ])[])
      it(`with ${what}`, async () => {
        const members = bundleMembers(kept, PART);
        // What is changed as text must be text: these two hold hashes.
        if (name === MEMBERS.before || name === MEMBERS.entries)
          members.set(
            name,
            new Uint8Array(
              Buffer.from(
                change(Buffer.from(members.get(name) ?? []).toString('latin1')),
                'latin1',
              ),
            ),
          );
        else replaceIn(members, name, change);
        await assertRefused(packBundle(members), where, why);
      });

    for (const name of [MEMBERS.manifest, MEMBERS.checkpoint])
      it(`without ${name}`, async () => {
        const members = bundleMembers(kept);
        members.delete(name);
        await assertRefused(packBundle(members), name, /missing/);
      });

    it('without its entries', async () => {
      const members = bundleMembers(kept);
      members.delete(MEMBERS.entries);
      await assertRefused(packBundle(members), 'entries byte 0', /entry 0 .* is missing/);
    });

    it('with bytes that are not UTF-8 in a line', async () => {
      const members = bundleMembers(kept, PART);
      members.set(MEMBERS.contents, Uint8Array.of(0xff, 0x0a));
      await assertRefused(packBundle(members), 'contents.ndjson line 1', /not UTF-8/);
    });

    it('with a proof that is none', async () => {
      const members = bundleMembers(kept, { since: { note: earlier, size: 5 } });
      for (const proof of ['AAAA\n', `${'A'.repeat(43)}=`, '\n'])
        await assertRefused(
          packBundle(members.set(MEMBERS.sinceProof, bytes(proof))),
          'since/proof',
          /no list of hashes/,
        );
    });

    it('with an erasure that its manifest does not name', async () => {
      const members = bundleMembers(kept);
      replaceIn(members, MEMBERS.manifest, field('ahead', [HOLD]));
      await assertRefused(packBundle(members), 'manifest.json', /entry 9 is not named there/);
    });
  });

  describe('as a ZIP file is refused', () => {
    const zip = (change: (members: ZipMember[]) => void): Uint8Array => {
      const members = [...bundleMembers(kept)].map(([name, of]) => ({ name, bytes: of }));
      change(members);
      return makeZip(members);
    };
    const within = (name: string, over: Partial<ZipMember>) => (members: ZipMember[]) => {
      const at = members.findIndex((member) => member.name === name);
      const member = members[at] ?? assert.fail();
      members[at] = { ...member, ...over };
    };

    for (const [what, where, why, change] of [
      [
        'an unknown member',
        '"extra"',
        /no such member/,
        (all) => all.push({ name: 'extra', bytes: bytes('x') }),
      ],
      [
        'a member with a path that leads out',
        'the file',
        /Unsafe/,
        (all) => all.push({ name: '../entries', bytes: bytes('x') }),
      ],
      [
        'a folder',
        '"since/"',
        /no such member/,
        (all) => all.push({ name: 'since/', bytes: bytes('') }),
      ],
      [
        'a member twice',
        'entries',
        /twice/,
        (all) => all.push({ name: 'entries', bytes: bytes('x') }),
      ],
      ['a compressed member', 'entries', /compressed/, within('entries', { method: 8 })],
      ['an encrypted member', 'entries', /encrypted/, within('entries', { flags: 1 })],
      [
        'a member under two names',
        'entries',
        /otherwise than the directory/,
        within('entries', { localName: 'antries' }),
      ],
      [
        'a member that reaches into the next',
        'contents.ndjson',
        /lies where it cannot/,
        within('keys.json', { size: 1000 }),
      ],
      [
        'a member that reaches beyond the file',
        'keys.json',
        /lies where it cannot/,
        within('keys.json', { size: 100_000 }),
      ],
      [
        'a member that begins nowhere',
        'keys.json',
        /no member begins at byte 3/,
        within('keys.json', { offset: 3 }),
      ],
      [
        'two members at one place',
        'entries',
        /otherwise than the directory/,
        within('entries', { offset: 0 }),
      ],
      [
        'many members',
        '"a0"',
        /no such member/,
        (all) =>
          all.unshift(
            ...Array.from({ length: 999 }, (_, n) => ({ name: `a${n}`, bytes: bytes('') })),
          ),
      ],
    ] as const satisfies readonly (readonly [
      string,
      string,
      RegExp,
      (all: ZipMember[]) => unknown,
    ])[])
      it(`with ${what}`, async () => {
        await assertRefused(zip(change), where, why);
      });

    for (const [what, file] of [
      ['nothing', () => new Uint8Array()],
      ['text', () => bytes('a bundle, I promise. '.repeat(10))],
      ['one that was cut off', () => zip(() => {}).slice(0, -40)],
      ['one with bytes before it', () => Buffer.concat([bytes('x'), zip(() => {})])],
      ['one with bytes behind it', () => Buffer.concat([zip(() => {}), bytes('x')])],
      ['two, one behind the other', () => Buffer.concat([zip(() => {}), zip(() => {})])],
      ['one with an endless directory', () => endless()],
    ] as const)
      it(`where it is ${what}`, async () => {
        await assertRefused(new Uint8Array(file()), 'the file', /no ZIP file/);
      });

    /** Its end says that two million bytes before it are its directory. */
    function endless(): Uint8Array {
      const end = Buffer.from(makeZip([]));
      end.writeUInt32LE(2_000_000, 12);
      return Buffer.concat([Buffer.alloc(2_000_000), end]);
    }

    it('wherever it is cut off or changed, and never with another error', async () => {
      const file = zip(() => {});
      for (let at = 0; at < file.length; at += 211) {
        for (const damaged of [file.slice(0, at), flipped(file, at)]) {
          const reading = openBundle(new Blob([damaged])).then(itemsOf);
          await reading.catch((error: unknown) => {
            assert.ok(error instanceof BundleRefused, `byte ${at}: ${String(error)}`);
          });
        }
      }
    });

    function flipped(file: Uint8Array, at: number): Uint8Array {
      const changed = file.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      return changed;
    }
  });
});
