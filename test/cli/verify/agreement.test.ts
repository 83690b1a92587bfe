import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openBundle } from '../../../src/audit/bundle-reader.ts';
import { actOf, record, settingUp } from '../../support/acts.ts';
import { bundleMembers, packBundle } from '../../support/bundle-maker.ts';
import type { Event } from '../../../src/domain/event.ts';
import { EVERY_EVENT } from '../../support/every-event.ts';
import { makeLog } from '../../support/made-log.ts';
import { serveTiles } from '../../support/tile-server.ts';
import { itemsOf, readStore, readUrl } from './sources.ts';

/** What begins a log or changes its key is for the log itself to write. */
function isOfItsKeys({ event }: Event): boolean {
  return event === 'log.begun' || event === 'log.recovered' || event === 'log.key-rotated';
}

describe('the same log', () => {
  it('is the same as a bundle, as a store file and at its address', async (test) => {
    const { kept, putStore } = await makeLog(async (log) => {
      await record(log.store, settingUp(log.set));
      for (const event of Object.values(EVERY_EVENT))
        if (!isOfItsKeys(event)) await record(log.store, actOf([event]));
      await log.grow(300);
      await log.sign();
    });
    const bundle = await openBundle(new Blob([packBundle(bundleMembers(kept))]));
    const store = readStore(test, putStore(test));
    const published = await readUrl(await serveTiles(test, kept));

    const [fromBundle, fromStore, fromUrl] = [
      await itemsOf(bundle),
      await itemsOf(store),
      await itemsOf(published),
    ];
    const plain = (items: typeof fromBundle) =>
      items.map(({ index, entry, content }) => ({ index, entry: new Uint8Array(entry), content }));
    assert.deepEqual(plain(fromStore), plain(fromBundle));
    assert.deepEqual(
      plain(fromUrl),
      plain(fromStore).map((item) => ({ ...item, content: undefined })),
    );
    const places = (items: typeof fromBundle) => items.map(({ index }) => index);
    assert.deepEqual(places([...bundle.ahead]), places([...store.ahead]));
    assert.equal(bundle.ahead.length, 3);
    const inOrder = (keys: typeof store.tagKeys) =>
      keys.toSorted((a, b) => (`${a.whose} ${a.name}` < `${b.whose} ${b.name}` ? -1 : 1));
    assert.deepEqual(inOrder(bundle.tagKeys), inOrder(store.tagKeys));
    for (const source of [bundle, published])
      assert.deepEqual(new Uint8Array(source.checkpoint), new Uint8Array(store.checkpoint));
  });
});
