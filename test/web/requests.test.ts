import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Client, createClient } from '../api/client.ts';
import { type ControlPlane, owner, staff, startControlPlane } from '../support/control-plane.ts';
import { type BrowserDouble, openBrowser, textOf } from './browser-double.ts';

const FORM = {
  code: 'bug',
  text: 'Invoice <b>1042</b>',
  ticket: '4711',
  to: '/invoices/1042',
  scope: 'write',
  duration: '4h',
};

describe('asking and answering on the pages, without a script', () => {
  let plane: ControlPlane;
  let sam: BrowserDouble;
  let olga: BrowserDouble;
  let samsClient: Client;
  before(async () => {
    plane = await startControlPlane();
    olga = openBrowser(plane, await plane.signIn(owner('olga', ['acme'])));
    const cookie = await plane.signIn(staff('sam'));
    sam = openBrowser(plane, cookie);
    samsClient = createClient(plane, cookie);
  });
  after(() => plane.close());

  const link = '/enter?account=acme&to=%2Finvoices%2F1042&ticket=4711';
  const ask = (over: Record<string, string> = {}) =>
    sam.post('/accounts/acme/access-requests', { ...FORM, ...over });

  async function pending(): Promise<string> {
    const { items } = (await samsClient.get('/access-requests?state=pending')).body;
    return items[0]?.id;
  }

  it('the refusal is the form, with account, page and ticket filled in', async () => {
    const answer = await sam.get(link);
    assert.equal(answer.status, 403);
    assert.match(answer.text, /action="\/accounts\/acme\/access-requests"/);
    assert.match(answer.text, /name="to" value="\/invoices\/1042"/);
    assert.match(answer.text, /name="ticket" value="4711"/);
    assert.doesNotMatch(answer.text, /http-equiv="refresh"|<script/);
  });

  it('is not offered to whoever may not ask', async () => {
    const rita = openBrowser(plane, await plane.signIn(staff('rita', ['responder'])));
    const answer = await rita.get(link);
    assert.match(textOf(answer), /You can’t go in yet\./);
    assert.doesNotMatch(answer.text, /access-requests/);
  });

  it('says mistakes beside their fields, and loses nothing', async () => {
    const answer = await ask({ text: ' ', to: 'invoices' });
    assert.equal(answer.status, 422);
    assert.match(answer.text, /id="text-mistake">/);
    assert.match(answer.text, /id="to-mistake">Write a path/);
    assert.match(answer.text, /value="write"\s+checked/);
    assert.match(answer.text, /<option value="4h" selected>/);
    assert.equal(await pending(), undefined);
  });

  it('cannot be posted to from another site', async () => {
    const foreign = await fetch(`${plane.address}/accounts/acme/access-requests`, {
      method: 'POST',
      headers: { Origin: 'https://evil.example', Host: new URL(plane.origin).host },
      body: new URLSearchParams(FORM),
    });
    assert.notEqual(foreign.status, 303);
    assert.equal(await pending(), undefined);
  });

  it('shows what was asked and that it waits, and looks again by itself', async () => {
    const answer = await ask();
    assert.equal(answer.status, 303);
    assert.equal(answer.headers['location'], link);
    const page = await sam.get(link);
    assert.match(page.text, /http-equiv="refresh" content="10; url=\/enter\?account=acme&amp;to=/);
    assert.match(page.text, /“Invoice &lt;b&gt;1042&lt;\/b&gt;”/);
    assert.match(textOf(page), /You have asked\. .* look and change · 4 h/);
    assert.equal((await ask()).headers['location'], link, 'a second time changes nothing');
    assert.equal((await ask({ text: '' })).status, 403, 'nor does a mistake');
  });

  it('is taken back', async () => {
    const answer = await sam.post(`/access-requests/${await pending()}/withdrawal`);
    assert.equal(answer.headers['location'], '/enter?account=acme');
    assert.match(textOf(await sam.get(link)), /Ask to be let in/);
  });

  it('stands on the page of the owner, with Allow, Allow less and No', async () => {
    await ask();
    const page = await olga.get('/accounts/acme');
    const said = textOf(page);
    assert.match(said, /Asked to be let in asks Sam \(sam@corp\.example\) · look and change · 4 h/);
    assert.match(page.text, /“Invoice &lt;b&gt;1042&lt;\/b&gt;”, ticket 4711/);
    const id = await pending();
    assert.ok(page.text.includes(`action="/access-requests/${id}/approval"`));
    assert.ok(page.text.includes(`action="/access-requests/${id}/denial"`));
    assert.doesNotMatch(page.text, /<option value="7d"[^>]*>[^<]*<\/option><\/select><\/label> <b/);
    for (const word of ['grant', 'scope', 'request', 'approv', 'den(y|ied)'])
      assert.doesNotMatch(said, new RegExp(`\\b${word}`, 'i'));
  });

  it('answered with No, tells why where it was asked', async () => {
    const form = { reason: 'Not <today>' };
    const answer = await olga.post(`/access-requests/${await pending()}/denial`, form);
    assert.equal(answer.headers['location'], '/accounts/acme?done=denied');
    assert.match(textOf(await olga.get('/accounts/acme?done=denied')), /You said no\./);
    const page = await sam.get(link);
    assert.match(page.text, /The owner said no[^]*“Not &lt;today&gt;”/);
    assert.doesNotMatch(page.text, /http-equiv="refresh"/);
  });

  it('answered with less, lets in for less', async () => {
    await ask();
    const less = { scope: 'read', duration: '15m' };
    const answer = await olga.post(`/access-requests/${await pending()}/approval`, less);
    assert.equal(answer.headers['location'], '/accounts/acme?done=allowed');
    const page = await sam.get(link);
    assert.equal(page.status, 200);
    assert.match(textOf(page), /Olga allows you to look only/);
    assert.match(page.text, /name="to" value="\/invoices\/1042"/);
    assert.match(textOf(page), /15 min left/);
    assert.match(textOf(await olga.get('/accounts/acme')), /You said yes to what was asked/);
  });

  it('is not answered for somebody else, by another owner or by the one who asked', async () => {
    const id = (
      await samsClient.post('/accounts/acme/access-requests', {
        scope: 'write',
        duration: '1h',
        reason: { code: 'other', text: 'More' },
      })
    ).body.id;
    const otto = openBrowser(plane, await plane.signIn(owner('otto', ['globex'])));
    assert.equal((await otto.post(`/access-requests/${id}/approval`)).status, 404);
    assert.equal((await sam.post(`/access-requests/${id}/approval`)).status, 403);
    assert.equal((await olga.post(`/access-requests/${id}/approval`)).status, 303);
    assert.equal((await olga.post(`/access-requests/${id}/denial`)).status, 409);
  });
});
