import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RunningGateway } from '../../src/main-gateway.ts';
import { parseVerifierKey } from '../../src/tlog/note-key.ts';
import { verifyReceipt } from '../../src/audit/receipt.ts';
import { type ReadBundle, readBundle, taggedEntries } from '../support/bundle-reader.ts';
import { download } from '../support/download.ts';
import { buildHouse, enter, type House, openGateway, Someone } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';
import { sha256 } from '../support/sha256.ts';
import { until } from '../support/until.ts';
import { verifyEd25519 } from '../tlog/ed25519.ts';

const ORIGIN = 'tests.sallyport.localhost/access';

/** A small log of a real gateway, taken away by those whom it concerns, and read with other tools. */
describe('what an owner and an auditor take away', () => {
  let house: House;
  let gateway: RunningGateway;
  let vkey: string;
  let olga: Someone;
  let gus: Someone;
  let sam: Someone;
  let aaron: Someone;
  /** Between the first visit and the second. */
  let noon: string;

  before(async () => {
    house = await buildHouse({ config: { log: { origin: ORIGIN, checkpointEvery: '50ms' } } });
    gateway = await openGateway(house);
    olga = await Someone.signIn(house, 'owners', 'olga');
    gus = await Someone.signIn(house, 'owners', 'gus');
    sam = await Someone.signIn(house, 'staff', 'sam');
    aaron = await Someone.signIn(house, 'staff', 'aaron');
    await olga.allow('acme');
    await gus.allow('globex');
    const visit = await sam.visit('acme', { purpose: 'an invoice' });
    await enter(house, 'acme', visit.token, '/invoices/1042');
    const then = Date.now();
    await until('it is later', () => Date.now() > then + 1);
    noon = new Date().toISOString();
    await enter(house, 'acme', visit.token, '/users');
    const other = await sam.visit('globex');
    await enter(house, 'globex', other.token, '/users');
    const mona = await Someone.signIn(house, 'staff', 'mona');
    await mona.call('POST', '/visits', { account: 'initech', purpose: 'nothing' });
    vkey = (await aaron.browser.get(`${house.publicUrl}/log/vkey`)).text;
    await published();
  });

  after(async () => {
    await gateway.stop(1000);
    await checkLog(house.databaseFile, { isStopped: true });
    await house.close();
  });

  /** Asks for the receipt of the last record: it is answered once all before it is published. */
  async function published(): Promise<void> {
    const { body } = await aaron.call('GET', '/records?limit=1');
    assert.equal((await take(aaron, `/records/${body.items[0].index}/receipt`)).status, 200);
  }

  function take(who: Someone, path: string) {
    const url = `${house.publicUrl}/api/v1${path}`;
    return download(url, who.browser.cookiesFor(new URL(url)));
  }

  async function bundle(who: Someone, query = ''): Promise<ReadBundle> {
    const answer = await take(who, `/bundle${query}`);
    assert.equal(answer.status, 200, answer.bytes.toString());
    assert.equal(answer.headers['content-type'], 'application/zip');
    assert.match(
      answer.headers['content-disposition'] ?? '',
      /^attachment; filename="[\w.-]+\.zip"$/,
    );
    assert.equal(answer.headers['cache-control'], 'no-store');
    return readBundle(answer.bytes, vkey);
  }

  const eventsOf = ({ entries }: ReadBundle) =>
    entries.flatMap(({ sections }) => sections?.['action']?.['event'] ?? []);

  it('is for an auditor the whole log, every line of it proved', async () => {
    const whole = await bundle(aaron);
    assert.deepEqual(whole.manifest.range, { from: 0, to: whole.manifest.size });
    assert.ok(whole.entries.every(({ withheld }) => withheld === undefined));
    assert.deepEqual(whole.keys.log, [vkey.trim()]);
    const owned = whole.keys.tags.filter(({ whose }) => whose === 'account');
    assert.deepEqual(owned.map(({ name }) => name).toSorted(), ['acme', 'globex']);
    assert.ok(whole.keys.tags.some(({ whose, name }) => whose === 'actor' && name.includes('sam')));
    assert.ok(eventsOf(whole).includes('policy.loaded'));
    assert.ok(whole.entries.some(({ sections }) => sections?.['net'] !== undefined));
  });

  it('is for an owner every entry of his account, and what they rest on', async () => {
    const own = await bundle(olga);
    assert.deepEqual(own.manifest.range, { from: 0, to: 0 });
    const [key] = own.keys.tags;
    assert.equal(own.keys.tags.length, 1);
    assert.equal(key?.name, 'acme');
    const tagged = taggedEntries(own.entries, key);
    const ofAcme = own.entries.filter(
      ({ sections }) => sections?.['subject']?.['account'] === 'acme',
    );
    assert.deepEqual(
      tagged,
      ofAcme.map(({ index }) => index),
    );
    const facts = own.entries.filter(({ index }) => !tagged.includes(index));
    assert.deepEqual(
      facts.map(({ kind, sections }) => sections?.['action']?.['event'] ?? kind),
      [16, 'policy.loaded', 'session.started', 'session.started'],
    );
    assert.equal(eventsOf(own).filter((event) => event === 'access.attempted').length, 2);
  });

  it('shows an owner no address and nothing of other accounts', async () => {
    const { members, entries } = await bundle(olga);
    assert.ok(entries.every(({ sections }) => sections?.['net'] === undefined));
    const text = [...members.values()].map((bytes) => bytes.toString('latin1')).join('\n');
    assert.ok(!text.includes('127.0.0.1'));
    assert.ok(!text.includes('globex'));
  });

  it('shows an auditor of one account the same entries, with addresses and all keys', async () => {
    const [own, audited] = [await bundle(olga), await bundle(aaron, '?account=acme')];
    const indexes = new Set(audited.entries.map(({ index }) => index));
    assert.ok(own.entries.every(({ index }) => indexes.has(index)));
    assert.ok(audited.entries.some(({ sections }) => sections?.['net'] !== undefined));
    const names = audited.keys.tags.map(({ whose, name }) => `${whose} ${name}`);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.includes('account globex'));
    taggedEntries(audited.entries, audited.keys.tags[0] ?? { key: '' });
  });

  it('begins, for a time, where the accesses of that time have their ground', async () => {
    const { manifest, entries } = await bundle(aaron, `?from=${noon}`);
    const events = entries.map(({ sections }) => sections?.['action']?.['event']);
    const [first] = entries.filter(({ index }) => index >= manifest.range.from);
    assert.equal(first?.sections?.['action']?.['event'], 'session.started');
    assert.ok(manifest.range.from > 0);
    const earlier = entries.filter(({ withheld }) => withheld === 'not-asked');
    assert.ok(earlier.length > 0);
    assert.ok(earlier.every(({ kind }) => [1, 2, 3, 4, 6].includes(kind)));
    assert.equal(events.filter((event) => event === 'access.attempted').length, 2);
    assert.ok(events.includes('policy.loaded'));
    assert.ok(events.includes('grant.issued'));
  });

  it('proves that the log only grew since a size that was seen before', async () => {
    const first = await bundle(aaron);
    await published();
    const { manifest, members } = await bundle(aaron, '?since=999999');
    assert.ok(manifest.size > first.manifest.size);
    const note = members.get('since/checkpoint')?.toString() ?? '';
    assert.ok(note.startsWith(`${ORIGIN}\n${manifest.size}\n`));
    assert.equal(members.get('since/proof')?.length, 0);
    const exact = await bundle(aaron, `?since=${first.manifest.size}`);
    assert.equal(
      exact.members.get('since/checkpoint')?.toString(),
      first.members.get('checkpoint')?.toString(),
    );
    assert.match(exact.members.get('since/proof')?.toString() ?? '', /^([A-Za-z0-9+/]{43}=\n)+$/);
  });

  it('are receipts that verify with the public key alone', async () => {
    const { body } = await olga.call('GET', '/records?event=access.attempted&limit=1');
    const [record] = body.items;
    const trust = { origin: ORIGIN, logKeys: [parseVerifierKey(sha256, vkey.trim())] };
    for (const [who, seesNet] of [
      [olga, false],
      [aaron, true],
    ] as const) {
      const answer = await take(who, `/records/${record.index}/receipt`);
      assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
      const verified = verifyReceipt({ sha256, verifyEd25519 }, trust, answer.bytes);
      assert.equal(verified.index, record.index);
      assert.equal(verified.record.event, 'access.attempted');
      assert.equal(verified.record['account'], 'acme');
      assert.equal('network' in verified.record, seesNet);
      assert.equal(verified.envelope.kind, 1);
    }
  });
});
