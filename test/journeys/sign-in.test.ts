import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import type { AuditRecord } from '../../src/audit/record.ts';
import { type GatewayProcess, startProcess, until } from '../support/gateway-process.ts';
import { Browser, type Visited } from '../support/browser.ts';
import { buildHouse, enter, type House, readJson, Someone } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';

describe('signing in and out', () => {
  let house: House;
  let gateway: GatewayProcess;
  let olga: Someone;

  before(async () => {
    house = await buildHouse();
    gateway = await startProcess(house);
    olga = await Someone.signIn(house, 'owners', 'olga');
    await olga.allow('acme');
  });

  after(async () => {
    await gateway.stop();
    await checkLog(house.databaseFile, { isStopped: true });
    await house.close();
  });

  it('gives the browser a session that nobody can have planted or seen before', async () => {
    const browser = new Browser();
    const stranger = await browser.get(`${house.publicUrl}/`);
    assert.equal(sessionCookie(stranger.headers.getSetCookie()), undefined);
    const back = await walkToCallback(house, 'sam');
    const planted = 'sallyport=s%3Aplanted.c2lnbmF0dXJl';
    const answer = await finish(back, planted);
    const cookie = sessionCookie(answer.headers.getSetCookie());
    assert.ok(cookie !== undefined && !cookie.includes('planted'), cookie);
    assert.equal(await whoIs(cookie), 'sam');
    assert.equal(await whoIs(planted), undefined);
    const [line = ''] = answer.headers.getSetCookie().filter((one) => one.startsWith('sallyport='));
    assert.match(line, /HttpOnly/i);
    assert.match(line, /SameSite=Lax/i);
    assert.doesNotMatch(line, /Domain=/i);
  });

  for (const [realm, subject] of [
    // The provider still knows him, and does not ask.
    ['staff', 'sam'],
    ['owners', 'gus'],
  ] as const)
    it(`ends the browser's earlier sign-in, with its visits, at the next one (${realm})`, async () => {
      const someone = await Someone.signIn(house, 'staff', 'sam');
      const earlier = someone.browser.cookiesFor(new URL(house.publicUrl));
      const visit = await someone.visit('acme');
      assert.equal((await enter(house, 'acme', visit.token, '/')).status, 200);
      const { length } = await readLog();
      if (realm === 'owners') await someone.signInAs(realm, subject);
      else await someone.browser.get(`${house.publicUrl}/auth/staff/login`);
      assert.equal((await someone.call('GET', '/me')).body.principal.subject, subject);
      assert.equal(await whoIs(earlier), undefined);
      assert.equal((await enter(house, 'acme', visit.token, '/')).status, 401);
      const since = (await readLog()).slice(length).filter(isAbout('session', 'visit'));
      const told = since.map(({ event, why }) => ({ event, why }));
      assert.deepEqual(told, [
        { event: 'session.started', why: undefined },
        { event: 'session.ended', why: 'replaced' },
        { event: 'visit.closed', why: 'signed-out' },
      ]);
      assert.equal(since[2]?.['visit'], visit.id);
    });

  it('leads on to where somebody was going, and never to another origin', async () => {
    for (const [returnTo, landed] of [
      ['/enter?account=acme', '/enter?account=acme'],
      ['https://evil.example/', '/'],
      ['//evil.example/', '/'],
      ['/\\evil.example/', '/'],
      [`http://acme.accounts.localhost:${house.port}/`, '/'],
    ] as const) {
      const query = new URLSearchParams({ returnTo });
      const back = await walkToCallback(house, 'sam', `?${query}`);
      const answer = await finish(back);
      assert.equal(answer.status, 303);
      assert.equal(answer.headers.get('location'), landed, returnTo);
    }
  });

  it('signs out here, at the provider if he wants that too, and leads back', async () => {
    const sam = await Someone.signIn(house, 'staff', 'sam');
    const cookie = sam.browser.cookiesFor(new URL(house.publicUrl));
    const question = await sam.browser.post(`${house.publicUrl}/auth/logout`, {});
    assert.equal(question.url.origin, house.providers.staff.issuer, question.text);
    assert.equal(await whoIs(cookie), undefined);
    const landed = await sam.browser.post(...agree(question));
    assert.equal(landed.url.href, `${house.publicUrl}/`);
    // The provider asks who he is: it has forgotten him.
    const page = await sam.browser.get(`${house.publicUrl}/auth/staff/login`);
    assert.equal(page.url.origin, house.providers.staff.issuer);
  });

  it('is not signed out by another site', async () => {
    const sam = await Someone.signIn(house, 'staff', 'sam');
    const answer = await sam.browser.fetch(`${house.publicUrl}/auth/logout`, {
      method: 'POST',
      headers: { Origin: house.accountUrl('acme'), 'Sec-Fetch-Site': 'same-site' },
    });
    assert.equal(answer.status, 403);
    assert.equal((await sam.call('GET', '/me')).status, 200);
  });

  it('takes a callback once: a replay is refused, recorded, and starts nothing', async () => {
    const back = await walkToCallback(house, 'sam');
    assert.equal((await finish(back)).status, 303);
    const earlier = await readLog();
    const replay = await finish(back);
    assert.equal(replay.status, 400);
    assert.match(readJson(replay.text).type, /sign-in-refused$/);
    assert.equal(sessionCookie(replay.headers.getSetCookie()), undefined);
    const since = (await readLog()).slice(earlier.length);
    assert.deepEqual(
      since.map(({ event }) => event),
      ['session.refused'],
    );
    assert.match(String(since[0]?.['reason']), /\w/);
  });

  it('takes a callback once, even from many at the same time', async () => {
    const back = await walkToCallback(house, 'sam');
    const earlier = await readLog();
    const answers = await Promise.all(Array.from({ length: 5 }, () => finish(back)));
    const statuses = answers.map(({ status }) => status).toSorted();
    assert.deepEqual(statuses, [303, 400, 400, 400, 400]);
    const since = (await readLog()).slice(earlier.length);
    assert.equal(since.filter(({ event }) => event === 'session.started').length, 1);
  });

  it('refuses a callback in a browser that began nothing', async () => {
    const back = await walkToCallback(house, 'sam');
    const answer = await finish({ ...back, cookie: '' });
    assert.equal(answer.status, 400);
    assert.equal(sessionCookie(answer.headers.getSetCookie()), undefined);
  });

  it('keeps nothing of people who have not signed in, however often they ask', async () => {
    const rowsBefore = countRows(house);
    const { size } = await checkLog(house.databaseFile);
    const paths = [
      '/',
      '/api/v1/me',
      '/enter?account=acme',
      '/auth/staff/callback?code=x',
      '/none',
    ];
    const cookies = [
      '',
      'sallyport=s%3Amade-up.signature',
      'sallyport=',
      'sallyport=a; sallyport=b',
    ];
    const browser = new Browser();
    const ask = async (at: number): Promise<void> => {
      const path = at % 50 === 0 ? '/auth/staff/login' : (paths[at % paths.length] ?? '/');
      const cookie = cookies[at % cookies.length] ?? '';
      const headers: Record<string, string> = cookie === '' ? {} : { Cookie: cookie };
      const answer = await browser.fetch(`${house.publicUrl}${path}`, { headers });
      assert.ok(answer.status < 500, `${path}: ${answer.status}`);
      assert.equal(sessionCookie(answer.headers.getSetCookie()), undefined);
    };
    for (let begun = 0; begun < 2000; begun += 100)
      await Promise.all(Array.from({ length: 100 }, (_, at) => ask(begun + at)));
    assert.deepEqual(countRows(house), rowsBefore);
    assert.equal((await checkLog(house.databaseFile)).size, size);
  });

  /** Runs last: the provider does not come back. */
  it('answers 503 while the provider is down, and whoever is in goes on, even after a restart', async () => {
    const sam = await Someone.signIn(house, 'staff', 'sam');
    const { token } = await sam.visit('acme');
    const back = await walkToCallback(house, 'mona');
    await house.providers.staff.close();
    assertUnavailable(await timed(() => finish(back)));
    assert.equal((await enter(house, 'acme', token, '/during-the-outage')).status, 200);
    const stranger = Someone.stranger(house).browser;
    const login = () => stranger.fetch(`${house.publicUrl}/auth/staff/login`);
    // It was there a moment ago, and that counts for a second.
    await until('the outage is noticed', async () => (await login()).status === 503);
    assertUnavailable(await timed(login));
    await gateway.stop();
    gateway = await startProcess(house);
    for (const answer of await Promise.all([timed(login), timed(login), timed(login)]))
      assertUnavailable(answer);
    assert.equal((await sam.call('GET', '/me')).status, 200);
    assert.equal((await enter(house, 'acme', token, '/after-the-restart')).status, 200);
    await Someone.signIn(house, 'owners', 'gus');
    // Signing out needs no provider either.
    const out = await sam.browser.fetch(`${house.publicUrl}/auth/logout`, {
      method: 'POST',
      headers: { Origin: house.publicUrl },
    });
    assert.equal(out.status, 303);
    assert.equal((await sam.call('GET', '/me')).status, 401);
  });

  /** Who a cookie is signed in as. */
  async function whoIs(cookie: string): Promise<string | undefined> {
    const answer = await new Browser().fetch(`${house.publicUrl}/api/v1/me`, {
      headers: { Cookie: cookie },
    });
    return answer.status === 200 ? readJson(answer.text).principal.subject : undefined;
  }

  async function readLog(): Promise<readonly AuditRecord[]> {
    return (await checkLog(house.databaseFile)).records;
  }
});

/** What a browser holds when the provider has sent it back: the address, and the cookie of who began. */
interface Callback {
  readonly url: URL;
  readonly cookie: string;
}

/** Signs in at the provider and stops before the gateway hears of it. */
async function walkToCallback(house: House, subject: string, query = ''): Promise<Callback> {
  const begun = await new Browser().fetch(`${house.publicUrl}/auth/staff/login${query}`);
  assert.equal(begun.status, 303, begun.text);
  const [line = ''] = begun.headers.getSetCookie();
  const browser = new Browser();
  const page = await browser.get(begun.headers.get('location') ?? '');
  // This browser has not the cookie, so nothing comes of the callback yet.
  const { url } = await browser.post(page.url, { subject });
  assert.equal(url.pathname, '/auth/staff/callback');
  return { url, cookie: line.split(';', 1)[0] ?? '' };
}

function finish({ url, cookie }: Callback, other?: string) {
  const headers = { Cookie: [cookie, other ?? ''].filter((one) => one !== '').join('; ') };
  return new Browser().fetch(url, { headers });
}

function sessionCookie(lines: readonly string[]): string | undefined {
  const line = lines.find((one) => one.startsWith('sallyport=') && !/max-age=0/i.test(one));
  return line?.split(';', 1)[0];
}

/** The answer to the provider's question whether to sign out there too. */
function agree(page: Visited): [URL, Record<string, string>] {
  const action = /<form[^>]*action="([^"]*)"/.exec(page.text)?.[1];
  const xsrf = /name="xsrf" value="([^"]*)"/.exec(page.text)?.[1];
  assert.ok(action !== undefined && xsrf !== undefined, page.text);
  return [new URL(action, page.url), { xsrf, logout: 'yes' }];
}

function isAbout(...nouns: string[]): (record: AuditRecord) => boolean {
  return ({ event }) => nouns.some((noun) => event.startsWith(`${noun}.`));
}

function countRows({ databaseFile }: House): Record<string, unknown> {
  const db = new Database(databaseFile, { readonly: true });
  try {
    const count = (table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
    return { sessions: count('sessions'), people: count('people'), keys: count('used_keys') };
  } finally {
    db.close();
  }
}

function assertUnavailable(answer: { status: number; text: string }): void {
  assert.equal(answer.status, 503, answer.text);
  assert.match(readJson(answer.text).type, /sign-in-unavailable$/);
}

async function timed<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const begun = performance.now();
  const answer = await ask();
  const tookMs = performance.now() - begun;
  assert.ok(tookMs < 5000, `it took ${Math.round(tookMs)} ms`);
  return answer;
}
