import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { verifyReceipt } from '../../src/audit/receipt.ts';
import { toHex } from '../../src/audit/hex.ts';
import { parseVerifierKey } from '../../src/tlog/note-key.ts';
import { parseTlogProof } from '../../src/tlog/tlog-proof.ts';
import { TlogRefused } from '../../src/tlog/tlog-refused.ts';
import {
  type ControlPlane,
  ORIGIN,
  owner,
  staff,
  startControlPlane,
} from '../support/control-plane.ts';
import { beginDownload, download } from '../support/download.ts';
import { sha256 } from '../support/sha256.ts';
import { manipulate } from '../support/signed-log.ts';
import { verifyEd25519 } from '../tlog/ed25519.ts';
import { assertProblem, type Client, createClient, pointersOf } from './client.ts';

describe('receipts, bundles and keys of the log', () => {
  let plane: ControlPlane;
  let olga: Client;
  let ada: Client;
  let adasCookie: string;
  let opened: number;

  before(async () => {
    plane = await startControlPlane();
    const enter = async (who: Parameters<ControlPlane['signIn']>[0]) =>
      createClient(plane, await plane.signIn(who));
    olga = await enter(owner('olga', ['acme']));
    await enter(owner('otto', ['globex']));
    const sam = await enter(staff('sam'));
    adasCookie = await plane.signIn(staff('ada', ['auditor']));
    ada = createClient(plane, adasCookie);
    await olga.post('/accounts/acme/grants', { grantee: 'role:support', scope: 'read' });
    await sam.post('/visits', { account: 'acme', purpose: 'Invoice' });
    opened = (await last('event=visit.opened')).index;
  });
  after(() => plane.close());

  async function last(query: string) {
    const { body } = await ada.get(`/records?limit=1&${query}`);
    return body.items[0];
  }

  function verify(receipt: Uint8Array) {
    const [line = ''] = plane.control.evidence.verifierKeys();
    const trust = { origin: ORIGIN, logKeys: [parseVerifierKey(sha256, line)] };
    return verifyReceipt({ sha256, verifyEd25519 }, trust, receipt);
  }

  it('a receipt shows an owner all but the address, and proves what it shows', async () => {
    const answer = await olga.get(`/records/${opened}/receipt`);
    assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
    assert.match(answer.headers['content-disposition'] ?? '', /^attachment; filename="[\w.-]+"$/);
    const { index, record, envelope, checkpoint } = verify(Buffer.from(answer.text));
    assert.deepEqual([index, record.event, envelope.kind], [opened, 'visit.opened', 5]);
    assert.equal(record['purpose'], 'Invoice');
    assert.equal(record['network'], undefined);
    assert.ok(checkpoint.size > opened);
    const extra = JSON.parse(
      Buffer.from(parseTlogProof(Buffer.from(answer.text)).extra ?? []).toString(),
    );
    assert.deepEqual(Object.keys(extra), ['digests', 'entry', 'salts', 'sections']);
    assert.equal(extra.digests.length, 5);
    assert.ok(!('net' in extra.sections) && !('net' in extra.salts));
  });

  it('a receipt shows an auditor everything, and carries the digests too', async () => {
    const { text } = await ada.get(`/records/${opened}/receipt`);
    assert.ok('network' in verify(Buffer.from(text)).record);
    assert.match(
      Buffer.from(parseTlogProof(Buffer.from(text)).extra ?? []).toString(),
      /"digests"/,
    );
  });

  it('a receipt of a public entry has no content, and verifies', async () => {
    const { record } = verify(Buffer.from((await ada.get('/records/0/receipt')).text));
    assert.deepEqual([record.event, record['origin']], ['log.begun', ORIGIN]);
  });

  it('a receipt with any one byte changed is refused', async () => {
    const { text } = await olga.get(`/records/${opened}/receipt`);
    const receipt = new Uint8Array(Buffer.from(text));
    verify(receipt);
    fc.assert(
      fc.property(
        fc.nat(receipt.length - 1),
        fc.integer({ min: 1, max: 255 }),
        (at, difference) => {
          const changed = receipt.slice();
          changed[at] = (changed[at] ?? 0) ^ difference;
          assert.throws(
            () => verify(changed),
            (error) => error instanceof TlogRefused || error instanceof SyntaxError,
          );
        },
      ),
      { numRuns: 400 },
    );
  });

  it('a record that has just been written is waited for until it is published', async () => {
    const { index } = await last('');
    const [one, other] = [
      await ada.get(`/records/${index}/receipt`),
      await ada.get(`/records/${index}/receipt`),
    ];
    assert.equal(verify(Buffer.from(one.text)).index, index);
    assert.equal(verify(Buffer.from(other.text)).index, index);
  });

  it('a receipt is refused to whoever may not see the record, as if it did not exist', async () => {
    const foreign = (await last('account=globex&event=account.registered')).index;
    const hidden = await olga.get(`/records/${foreign}/receipt`);
    const missing = await olga.get('/records/999999/receipt');
    assertProblem(hidden, 404, 'not-found');
    assert.deepEqual(hidden.body, missing.body);
    for (const index of ['-1', '01', 'x'])
      assertProblem(await ada.get(`/records/${index}/receipt`), 404, 'not-found');
  });

  it('there is no receipt of what was erased', async () => {
    const { index } = await last('event=session.started');
    manipulate(plane.file, `DELETE FROM contents WHERE idx = ${index}`);
    assertProblem(await ada.get(`/records/${index}/receipt`), 410, 'beyond-retention');
  });

  it('having taken something is recorded before it is answered', async () => {
    await olga.get(`/records/${opened}/receipt`);
    const read = await last('account=acme');
    assert.deepEqual(
      [read.event, read.query, read.count],
      ['log.read', `index=${opened}&receipt=1`, 1],
    );
    await olga.get('/accounts/acme/log-key');
    assert.deepEqual((await last('event=log.read&account=acme')).query, 'log-key=1');
    await olga.get('/bundle?account=acme');
    const exported = await last('event=log.exported');
    assert.deepEqual(
      [exported.account, exported.format, exported.query],
      ['acme', 'bundle', 'account=acme'],
    );
    assert.ok(exported.size <= exported.index);
  });

  it('the key of an account is what its entries are tagged with', async () => {
    const { body } = await olga.get('/accounts/acme/log-key');
    const row = await plane.store.reader.tagKey('account', 'acme');
    assert.deepEqual(body, {
      account: 'acme',
      key: toHex(row?.key ?? new Uint8Array()),
      label: 'acct-tag/v1',
      tags: row?.next,
    });
    assertProblem(await olga.get('/accounts/globex/log-key'), 404, 'unknown-account');
    assertProblem(await ada.get('/accounts/nowhere/log-key'), 404, 'unknown-account');
  });

  it('a bundle cannot be narrowed, and says by what not', async () => {
    const refusals = {
      'actor=sam': ['/actor'],
      'event=visit.opened&limit=3': ['/event', '/limit'],
      'account=acme&from=2026-01-01T00:00:00Z': ['/from'],
      'from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z': ['/to'],
      'since=x': ['/since'],
      'since=0': ['/since'],
      'color=red': ['/color'],
    };
    for (const [query, pointers] of Object.entries(refusals)) {
      const answer = await ada.get(`/bundle?${query}`);
      assertProblem(answer, 422, 'invalid-request');
      assert.deepEqual(pointersOf(answer), pointers, query);
    }
    const byTime = await olga.get('/bundle?to=2999-01-01T00:00:00Z');
    assert.deepEqual(pointersOf(byTime), ['/to']);
    assertProblem(await olga.get('/bundle?account=globex'), 404, 'unknown-account');
    assertProblem(await ada.get('/bundle?account=nowhere'), 404, 'unknown-account');
  });

  it('asking twice changes nothing but the record of having asked', async () => {
    const then = await plane.store.reader.logState();
    for (const path of ['/bundle', '/records/export?format=csv', `/records/${opened}/receipt`]) {
      const [one, other] = [await ada.get(path), await ada.get(path)];
      assert.deepEqual([one.status, other.status], [200, 200], path);
    }
    const { size } = await plane.store.reader.logState();
    const { body } = await ada.get(`/records?order=desc&limit=${size - then.size}`);
    const events = new Set(body.items.map(({ event }: { event: string }) => event));
    assert.deepEqual([...events].toSorted(), ['log.exported', 'log.read']);
  });

  it('asking for the headers alone sends no file', async () => {
    const url = `${plane.address}/api/v1/bundle`;
    const answer = await fetch(url, { method: 'HEAD', headers: { Cookie: adasCookie } });
    assert.equal(answer.headers.get('content-type'), 'application/zip');
    assert.equal((await answer.arrayBuffer()).byteLength, 0);
  });

  it('a download that is left ends quietly, and the next is served', async () => {
    const url = `${plane.address}/api/v1/bundle`;
    (await beginDownload(url, adasCookie)).destroy();
    assert.equal((await download(url, adasCookie)).status, 200);
  });
});
