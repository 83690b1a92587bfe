import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Client, createClient } from '../api/client.ts';
import { type ControlPlane, owner, staff, startControlPlane } from '../support/control-plane.ts';
import { type BrowserDouble, openBrowser, textOf } from './browser-double.ts';

const AGREEMENT = {
  version: '2026-01',
  text: '# Confidentiality\n\nTell <nobody>.\n\n- Not him\n- Not her',
  digest: `sha256:${'0'.repeat(64)}`,
};

describe('the front door', () => {
  let plane: ControlPlane;
  before(async () => {
    plane = await startControlPlane();
  });
  after(() => plane.close());

  it('asks whoever is not signed in the one question', async () => {
    const { status, text } = await openBrowser(plane).get('/');
    assert.equal(status, 200);
    assert.match(text, /<h1>Do you work here, or is it your account\?<\/h1>/);
    assert.match(text, /href="\/auth\/staff\/login"/);
    assert.match(text, /href="\/auth\/owners\/login"/);
  });

  it('takes GET alone', async () => {
    const answer = await openBrowser(plane).post('/');
    assert.equal(answer.status, 405);
    assert.equal(answer.headers['allow'], 'GET, HEAD');
  });
});

describe('/enter', () => {
  let plane: ControlPlane;
  let sam: BrowserDouble;
  let samsClient: Client;
  let olga: Client;
  let olgasCookie: string;
  before(async () => {
    plane = await startControlPlane({ agreement: AGREEMENT });
    olgasCookie = await plane.signIn(owner('olga', ['acme', 'globex']));
    olga = createClient(plane, olgasCookie);
    const cookie = await plane.signIn(staff('sam'));
    sam = openBrowser(plane, cookie);
    samsClient = createClient(plane, cookie);
    await olga.post('/accounts/acme/grants', { grantee: 'role:support', scope: 'write' });
  });
  after(() => plane.close());

  const link = '/enter?account=acme&to=/invoices/1042&ticket=4711';

  it('sends whoever is not signed in to do so, and to come back to this very page', async () => {
    const answer = await openBrowser(plane).get(link);
    assert.equal(answer.status, 303);
    const expected = `/auth/staff/login?returnTo=${encodeURIComponent(link)}`;
    assert.equal(answer.headers['location'], expected);
  });

  it('shows the agreement first, takes it, and comes back', async () => {
    const first = await sam.get(link);
    assert.equal(first.status, 403);
    assert.match(first.text, /Tell &lt;nobody&gt;\./);
    assert.match(first.text, /<li>Not him<\/li>/);
    const entered = await sam.post('/enter', { account: 'acme', purpose: 'x' });
    assert.match(entered.text, /action="\/agreement"/);
    const returnTo = /name="returnTo" value="([^"]+)"/.exec(first.text)?.[1] ?? '';
    const form = { version: '2026-01', returnTo: returnTo.replaceAll('&amp;', '&') };
    const accepted = await sam.post('/agreement', form);
    assert.equal(accepted.status, 303);
    assert.match(accepted.headers['location'] ?? '', /^\/enter\?account=acme&/);
  });

  it('goes on to no other site after the agreement', async () => {
    const form = { version: '2026-01', returnTo: 'https://evil.example/' };
    assert.equal((await sam.post('/agreement', form)).headers['location'], '/');
    assert.equal((await sam.post('/agreement', { version: 'x' })).status, 422);
  });

  it('says whose permission lets in, until when, and what was prefilled', async () => {
    const answer = await sam.get(link);
    assert.equal(answer.status, 200);
    assert.match(textOf(answer), /Olga allows you to look and change, until (today|tomorrow) /);
    assert.match(answer.text, /name="ticket" value="4711"/);
    assert.match(answer.text, /name="to" value="\/invoices\/1042"/);
    assert.match(answer.text, /name="purpose"[^>]*required/);
  });

  it("enters: opens the visit, and goes to the account's origin by a code", async () => {
    const form = { account: 'acme', purpose: 'Invoice', ticket: '4711', to: '/invoices/1042' };
    const answer = await sam.post('/enter', { ...form, scope: 'read' });
    assert.equal(answer.status, 303);
    assert.match(
      answer.headers['location'] ?? '',
      /^http:\/\/acme\.accounts\.localhost:\d+\/\.sallyport\/enter\?code=spk_/,
    );
    assert.equal(answer.headers['cache-control'], 'no-store');
    const [visit] = (await samsClient.get('/visits?limit=1')).body.items;
    assert.deepEqual(
      [visit.purpose, visit.ticket, visit.to, visit.scope],
      ['Invoice', '4711', '/invoices/1042', 'read'],
    );
  });

  it('says mistakes beside their fields, and loses nothing', async () => {
    const form = { account: 'acme', purpose: ' ', ticket: '"4711"', to: 'invoices', scope: 'read' };
    const answer = await sam.post('/enter', form);
    assert.equal(answer.status, 422);
    assert.match(answer.text, /id="purpose-mistake">Write something here/);
    assert.match(answer.text, /id="to-mistake">Write a path/);
    assert.match(answer.text, /name="ticket" value="&quot;4711&quot;"/);
    assert.match(answer.text, /name="to" value="invoices"/);
    assert.match(answer.text, /value="read"\s+checked/);
  });

  it('refuses a field that came twice', async () => {
    assert.equal((await sam.get('/enter?account=acme&account=globex')).status, 422);
  });

  it('says that nothing lets in, and what would', async () => {
    const answer = await sam.get('/enter?account=globex');
    assert.equal(answer.status, 403);
    const said = textOf(answer);
    assert.match(said, /You can’t go in yet\. No permission covers you, and none has before\./);
    assert.ok(said.includes(`${plane.origin}/accounts/globex`));
    const posted = await sam.post('/enter', { account: 'globex', purpose: 'x' });
    assert.equal(posted.status, 403);
    assert.match(textOf(posted), /You can’t go in yet/);
  });

  it('says when the last permission ended, or the next one begins', async () => {
    const wish = { grantee: 'role:support', scope: 'read' };
    const { body } = await olga.post('/accounts/globex/grants', wish);
    await olga.post(`/grants/${body.id}/revocation`);
    assert.match(textOf(await sam.get('/enter?account=globex')), /the last one ended today/);
    const startsAt = new Date(Date.now() + 3_600_000).toISOString();
    await olga.post('/accounts/globex/grants', { ...wish, startsAt });
    assert.match(textOf(await sam.get('/enter?account=globex')), /A permission for you begins/);
  });

  it('asks which account, if none is named or there is none of that name', async () => {
    assert.match(textOf(await sam.get('/enter')), /Which account\?/);
    const answer = await sam.get('/enter?account=%22%3E%3Cscript%3E');
    assert.equal(answer.status, 404);
    assert.match(answer.text, /value="&quot;&gt;&lt;script&gt;"/);
  });

  it('says to an owner, and to those whose role does not enter, that it is not for them', async () => {
    const asOwner = await openBrowser(plane, olgasCookie).get(link);
    assert.equal(asOwner.status, 403);
    assert.match(textOf(asOwner), /You are signed in as an owner/);
    const auditor = openBrowser(plane, await plane.signIn(staff('ada', ['auditor'])));
    assert.match(textOf(await auditor.get(link)), /Your role does not enter accounts/);
    assert.equal((await auditor.post('/enter', { account: 'acme', purpose: 'x' })).status, 403);
  });

  it('is where staff are sent who ask for an account’s own page', async () => {
    const answer = await sam.get('/accounts/acme');
    assert.equal(answer.status, 303);
    assert.equal(answer.headers['location'], '/enter?account=acme');
  });
});

describe("an employee's pages", () => {
  let plane: ControlPlane;
  let sam: BrowserDouble;
  let client: Client;
  before(async () => {
    plane = await startControlPlane();
    const cookie = await plane.signIn(staff('sam'));
    sam = openBrowser(plane, cookie);
    client = createClient(plane, cookie);
  });
  after(() => plane.close());

  it('say that no account is known yet', async () => {
    const said = textOf(await sam.get('/'));
    assert.match(said, /No account is open to you now\./);
    assert.match(said, /An account becomes known when its owner signs in/);
  });

  it('list what is open now, with how long still, and the rest', async () => {
    const olga = createClient(plane, await plane.signIn(owner('olga', ['acme', 'globex'])));
    await olga.post('/accounts/acme/grants', {
      grantee: 'role:support',
      scope: 'read',
      duration: '15m',
    });
    const answer = await sam.get('/');
    const said = textOf(answer);
    assert.match(said, /You can enter one account now\./);
    assert.match(said, /acme · look only · 15 min left/);
    assert.match(said, /globex not open to you/);
    assert.match(answer.text, /href="\/enter\?account=acme"/);
    assert.doesNotMatch(said, /Records/);
  });

  it('list own visits, and close them', async () => {
    const { body } = await client.post('/visits', { account: 'acme', purpose: 'Invoice' });
    assert.match(textOf(await sam.get('/visits')), /You are in one account\./);
    const closed = await sam.post(`/visits/${body.id}/closure`);
    assert.equal(closed.headers['location'], '/visits?done=closed');
    assert.match(
      textOf(await sam.get('/visits?done=closed')),
      /You are in no account\. .*is closed/,
    );
    assert.equal((await sam.post(`/visits/${body.id}/closure`)).status, 409);
  });

  it('show the record to auditors alone, filtered by the URL', async () => {
    assert.equal((await sam.get('/records')).status, 403);
    const ada = openBrowser(plane, await plane.signIn(staff('ada', ['auditor'])));
    assert.match(textOf(await ada.get('/')), /Records You enter no accounts\./);
    const found = await ada.get('/records?account=acme&event=visit.opened&actor=');
    assert.equal(found.status, 200);
    assert.match(
      textOf(found),
      /visit\.opened acme sam@corp\.example grant …[0-9a-f]{8} · Invoice/,
    );
    assert.doesNotMatch(textOf(found), /grant\.issued/);
    const wrong = await ada.get('/records?event=nonsense');
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /id="event-mistake"/);
  });

  it('turn the pages of the record both ways', async () => {
    const ada = openBrowser(plane, await plane.signIn(staff('ada', ['auditor'])));
    const indexes = ({ text }: { text: string }) =>
      [...text.matchAll(/\/api\/v1\/records\/(\d+)/g)].map(([, index]) => Number(index));
    const linkOf = ({ text }: { text: string }, rel: string) =>
      new RegExp(`rel="${rel}" href="([^"]+)"`).exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const first = await ada.get('/records?limit=3');
    const second = await ada.get(linkOf(first, 'next'));
    assert.deepEqual(indexes(second)[0], (indexes(first).at(-1) ?? 0) - 1);
    const back = await ada.get(linkOf(second, 'prev'));
    assert.deepEqual(indexes(back), indexes(first));
  });
});
