import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { headerOf } from './raw-connection.ts';
import { codeOf, type RawRequest, Stage } from './stage.ts';

let stage: Stage;
let cookie: string;
before(async () => {
  stage = await Stage.set();
  cookie = await enterByBrowser();
});
afterEach(async () => {
  await stage.check();
});
after(() => stage.strike());

async function enterByBrowser(): Promise<string> {
  const { url } = await stage.sam.visit('acme', { scope: 'write' });
  assert.equal((await stage.sam.browser.get(url)).status, 200);
  return `Cookie: ${stage.sam.browser.cookiesFor(new URL(stage.house.accountUrl('acme')))}`;
}

/** A request that the browser sends with the cookie of the visit. */
function ask(request: RawRequest) {
  return stage.ask({ ...request, headers: [cookie, ...(request.headers ?? [])] });
}

async function isRefused(request: RawRequest, code = 'cross-site'): Promise<void> {
  const heard = stage.hits.length;
  const answer = await ask(request);
  assert.equal(answer.status, 403, JSON.stringify(request));
  assert.equal(codeOf(answer), code);
  assert.equal(stage.hits.length, heard);
  const refusal = await stage.lastRefusal();
  assert.equal(refusal?.['reason'], code);
  assert.match(JSON.stringify(refusal?.['actor']), /"subject":"sam"/);
}

const EMPTY = 'Content-Length: 0';
const NAVIGATION = ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'];

describe("another account's page", () => {
  it('changes nothing through the cookie of a visit', async () => {
    const globex = `Origin: ${stage.house.accountUrl('globex')}`;
    for (const headers of [
      [globex],
      [globex, 'Sec-Fetch-Site: same-site', ...NAVIGATION],
      ['Sec-Fetch-Site: same-site', ...NAVIGATION],
      ['Sec-Fetch-Site: cross-site'],
      ['Origin: null', 'Sec-Fetch-Site: cross-site'],
      [`Origin: ${stage.house.publicUrl}`, 'Sec-Fetch-Site: same-site'],
      [],
    ])
      for (const method of ['POST', 'DELETE'])
        await isRefused({ method, target: '/users/1', headers: [EMPTY, ...headers] });
  });

  it('reads nothing through it, and embeds nothing', async () => {
    const globex = `Origin: ${stage.house.accountUrl('globex')}`;
    await isRefused({ target: '/users', headers: [globex] });
    for (const [mode, destination] of [
      ['no-cors', 'image'],
      ['cors', 'empty'],
      ['navigate', 'iframe'],
    ]) {
      const fetched = [`Sec-Fetch-Mode: ${mode}`, `Sec-Fetch-Dest: ${destination}`];
      await isRefused({ target: '/users', headers: ['Sec-Fetch-Site: same-site', ...fetched] });
    }
  });

  it('may link here', async () => {
    for (const site of ['same-site', 'cross-site']) {
      const headers = [`Sec-Fetch-Site: ${site}`, ...NAVIGATION];
      assert.equal((await ask({ target: '/linked', headers })).status, 200);
    }
  });

  it('does not end a visit', async () => {
    const leave = { method: 'POST', target: '/.sallyport/leave' };
    await isRefused({ ...leave, headers: [EMPTY, `Origin: ${stage.house.accountUrl('globex')}`] });
    await isRefused({ ...leave, headers: [EMPTY] });
    assert.equal((await ask({ target: '/still-here' })).status, 200);
  });

  it('has no effect on a program, which sends its token itself', async () => {
    const headers = [EMPTY, 'Origin: http://somewhere.example', 'Sec-Fetch-Site: cross-site'];
    const answer = await stage.ask({
      method: 'POST',
      token: stage.token,
      target: '/by-token',
      headers,
    });
    assert.equal(answer.status, 200);
  });
});

describe('a page of the account itself', () => {
  it('may do what the visit may', async () => {
    for (const headers of [
      [`Origin: ${stage.house.accountUrl('acme')}`],
      ['Sec-Fetch-Site: same-origin'],
      ['Sec-Fetch-Site: none'],
      ['Origin: null', 'Sec-Fetch-Site: same-origin'],
    ])
      assert.equal(
        (await ask({ method: 'POST', target: '/own', headers: [EMPTY, ...headers] })).status,
        200,
      );
  });

  it('installs no service worker', async () => {
    const headers = ['Service-Worker: script', 'Sec-Fetch-Site: same-origin'];
    await isRefused({ target: '/worker.js', headers }, 'blocked');
  });

  it('is asked for by clients that know neither header', async () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      assert.equal((await ask({ method, target: '/plain' })).status, 200);
  });
});

describe('the cookie of a visit', () => {
  it('is worth nothing twice, broken, or elsewhere', async () => {
    const value = cookie.replace(/^Cookie: sallyport-visit=/, '');
    for (const headers of [
      [cookie, cookie],
      [`${cookie}; sallyport-visit=${value}`],
      [`${cookie}x`],
      [`Cookie: sallyport-visit="${value}"`],
      [`Authorization: Bearer ${value}`],
    ])
      assert.equal(
        (await stage.ask({ headers })).status,
        401,
        headers.join('; ').length.toString(),
      );
    const globex = { host: stage.hostOf('globex'), headers: [cookie] };
    assert.equal((await stage.ask(globex)).status, 403);
  });

  it('never reaches the application', async () => {
    await stage.ask({ target: '/jar', headers: [`${cookie}; theme=dark`, 'Cookie: lang=de'] });
    const sent = stage.hits.at(-1)?.rawHeaders ?? [];
    assert.equal(sent[sent.indexOf('Cookie') + 1], 'theme=dark; lang=de');
  });

  it('is gone when the visit is left, with everything the site had kept', async () => {
    cookie = await enterByBrowser();
    const headers = [EMPTY, `Origin: ${stage.house.accountUrl('acme')}`];
    const answer = await ask({ method: 'POST', target: '/.sallyport/leave', headers });
    assert.equal(answer.status, 200);
    assert.match(headerOf(answer, 'clear-site-data') ?? '', /"cookies"/);
    assert.match(headerOf(answer, 'set-cookie') ?? '', /^sallyport-visit=; Max-Age=0;/);
    assert.equal(codeOf(await ask({})), 'no-basis');
  });
});
