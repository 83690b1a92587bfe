import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createClient } from '../api/client.ts';
import { type ControlPlane, owner, staff, startControlPlane } from '../support/control-plane.ts';
import { type BrowserDouble, openBrowser, textOf } from './browser-double.ts';

describe("an owner's page", () => {
  let plane: ControlPlane;
  let olga: BrowserDouble;
  let olgasCookie: string;
  let sam: ReturnType<typeof createClient>;
  before(async () => {
    plane = await startControlPlane({
      limits: { maxDurationMs: 86_400_000, defaultDurationMs: 3_600_000 },
    });
    olgasCookie = await plane.signIn(owner('olga', ['acme']));
    olga = openBrowser(plane, olgasCookie);
    sam = createClient(plane, await plane.signIn(staff('sam')));
  });
  after(() => plane.close());

  const page = () => olga.get('/accounts/acme');
  const team = { who: 'team', email: '', scope: 'read', duration: '1h', startsIn: '', reason: '' };

  async function grantIds(): Promise<string[]> {
    const { body } = await createClient(plane, olgasCookie).get('/accounts/acme/grants');
    return body.items.map((one: { id: string }) => one.id);
  }

  it('is where the first page and the list of accounts lead, if there is one', async () => {
    assert.equal((await olga.get('/')).headers['location'], '/accounts');
    assert.equal((await olga.get('/accounts')).headers['location'], '/accounts/acme');
  });

  it('says first that nobody may enter', async () => {
    const { status, text } = await page();
    assert.equal(status, 200);
    assert.match(text, /<h1>Nobody may enter your account now\.<\/h1>/);
  });

  it('allows the support team to look for an hour, unless something else is chosen', async () => {
    const { text } = await page();
    assert.match(text, /value="team"\s+checked/);
    assert.match(text, /value="read"\s+checked/);
    assert.match(text, /<option value="1h" selected>/);
    assert.doesNotMatch(text, /<option value="3d"/, 'longer than the hard cap');
  });

  it('allows somebody in, and says so', async () => {
    const answer = await olga.post('/accounts/acme/grants', { ...team, reason: 'Look at 1042' });
    assert.equal(answer.status, 303);
    assert.equal(answer.headers['location'], '/accounts/acme?done=allowed');
    const said = textOf(await olga.get('/accounts/acme?done=allowed'));
    assert.match(said, /Nobody is in your account now\./);
    assert.match(said, /Allowed\./);
    assert.match(said, /The support team · look only/);
    assert.match(said, /1 h left · “Look at 1042”/);
  });

  it('says who is in, why and for how long, and ends it with what lets him in', async () => {
    await sam.post('/visits', { account: 'acme', purpose: 'Invoice <b>', ticket: '4711' });
    const answer = await page();
    const said = textOf(answer);
    assert.match(said, /One person is in your account now\./);
    assert.match(said, /Sam · look only · 1 h left/);
    assert.match(answer.text, /“Invoice &lt;b&gt;”, ticket 4711/);
    assert.match(said, /ends the visit, and the permission/);
    const action = /action="(\/visits\/[^"]+)"/.exec(answer.text)?.[1] ?? '';
    assert.equal((await olga.post(action)).headers['location'], '/accounts/acme?done=closed');
    assert.match(textOf(await page()), /Nobody may enter your account now\./);
    assert.equal((await sam.get('/accounts/acme')).body.access, null);
  });

  it('ends a permission', async () => {
    await olga.post('/accounts/acme/grants', team);
    const [id] = await grantIds();
    const answer = await olga.post(`/grants/${id}/revocation`);
    assert.equal(answer.headers['location'], '/accounts/acme?done=ended');
    assert.match(textOf(await page()), /Nobody may enter your account now\./);
    assert.equal((await olga.post(`/grants/${id}/revocation`)).status, 409);
  });

  it('shows what is planned as planned, and counts it as no way in', async () => {
    await olga.post('/accounts/acme/grants', { ...team, startsIn: '4h' });
    const said = textOf(await page());
    assert.match(said, /Nobody may enter your account now\./);
    assert.match(said, /planned The support team · look only from/);
  });

  it('says mistakes beside their fields, and loses nothing', async () => {
    const before_ = (await grantIds()).length;
    const form = { ...team, who: 'person', email: 'sam', scope: 'write', reason: 'x'.repeat(501) };
    const answer = await olga.post('/accounts/acme/grants', form);
    assert.equal(answer.status, 422);
    assert.match(answer.text, /name="email" value="sam"/);
    assert.match(answer.text, /value="write"\s+checked/);
    assert.match(answer.text, /id="email-mistake">Write the full e-mail/);
    const second = await olga.post('/accounts/acme/grants', { ...form, email: 'sam@corp.example' });
    assert.match(second.text, /id="reason-mistake">At most 500 characters/);
    const third = await olga.post('/accounts/acme/grants', { ...team, duration: '30d' });
    assert.match(third.text, /id="duration-mistake">This is longer/);
    assert.equal((await grantIds()).length, before_);
  });

  it('never speaks our own words', async () => {
    const said = textOf(await page());
    for (const word of ['grant', 'scope', 'grantee', 'basis', 'principal', 'tenant', 'revok'])
      assert.doesNotMatch(said, new RegExp(`\\b${word}`, 'i'));
  });

  it('tells the record in plain words', async () => {
    const said = textOf(await page());
    assert.match(said, /Sam came in: “Invoice &lt;b&gt;”/);
    assert.match(said, /You ended the visit/);
    assert.match(said, /You allowed the support team in: look only/);
    assert.match(said, /You looked at this record, \d+ times/);
  });

  it('needs no script and loads none', async () => {
    const { text, headers } = await page();
    assert.doesNotMatch(text, /<script|style=|onclick|javascript:/i);
    assert.match(headers['content-security-policy'] ?? '', /script-src 'none'/);
    assert.match(headers['content-security-policy'] ?? '', /form-action [^;]*accounts\.localhost/);
  });

  it('is not there for another owner, just as for an account that does not exist', async () => {
    const otto = openBrowser(plane, await plane.signIn(owner('otto', ['globex', 'initech'])));
    const foreign = await otto.get('/accounts/acme');
    const missing = await otto.get('/accounts/nowhere');
    assert.equal(foreign.status, 404);
    assert.equal(foreign.text, missing.text);
    assert.equal((await otto.post('/accounts/acme/grants', team)).status, 404);
    const [id] = await grantIds();
    assert.equal((await otto.post(`/grants/${id}/revocation`)).status, 404);
    const choice = textOf(await otto.get('/accounts'));
    assert.match(choice, /globex/);
    assert.doesNotMatch(choice, /acme/);
  });

  it('cannot be posted to from another site', async () => {
    const before_ = (await grantIds()).length;
    const foreign = { origin: 'http://acme.accounts.localhost', cookie: olgasCookie };
    const answer = await fetch(`${plane.address}/accounts/acme/grants`, {
      method: 'POST',
      headers: foreign,
      body: new URLSearchParams(team),
    });
    assert.equal(answer.status, 403);
    assert.equal((await grantIds()).length, before_);
  });

  it('asks whoever is not signed in to do so, and to come back', async () => {
    const answer = await openBrowser(plane).get('/accounts/acme');
    assert.equal(answer.status, 401);
    assert.match(answer.text, /\/auth\/owners\/login\?returnTo=%2Faccounts%2Facme/);
  });
});
