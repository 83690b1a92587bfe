import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { headerOf } from './raw-connection.ts';
import { until } from '../support/until.ts';
import { codeOf, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.set();
});
afterEach(async () => {
  await stage.check();
});
after(() => stage.strike());

const UNKNOWN_TOKEN = `spv_${'A'.repeat(43)}`;

/** Refused on the wire and on record, and the application has not heard of it. */
async function refuses(
  request: Parameters<Stage['ask']>[0],
  expected: { status: number; code: string },
): Promise<void> {
  const { hits } = stage;
  const heard = hits.length;
  const answer = await stage.ask(request);
  assert.equal(answer.status, expected.status);
  assert.equal(codeOf(answer), expected.code);
  assert.equal(headerOf(answer, 'content-type'), 'application/problem+json');
  assert.equal(hits.length, heard);
  assert.equal((await stage.lastRefusal())?.['reason'], expected.code);
}

describe('what the application learns of a request', () => {
  it('is our word alone, whatever the client says under those names', async () => {
    const spoofed = [
      'Sallyport-Assertion: forged',
      'sallyport_assertion: forged',
      'Sallyport.Assertion: forged',
      'Sallyport-Record: 1',
      'SALLYPORT-RECORD: 2',
      'sallyport_record: 3',
      'X-Account: globex',
      'X-Account: initech',
      'x_account: globex',
      'x.account: globex',
      'X-Forwarded-For: 198.51.100.1',
      'x_forwarded_for: 198.51.100.1',
      'X-Forwarded-Host: globex.accounts.localhost',
      'X-Forwarded-Proto: https',
      'X-Forwarded-User: root',
      'Forwarded: for=198.51.100.1',
      'X-Real-IP: 198.51.100.1',
      'X-Original-URL: /admin',
      'X-Rewrite-URL: /admin',
      'X-HTTP-Method-Override: DELETE',
      'Via: 1.1 somebody',
      'Proxy: http://evil.example',
      'Connection: Sallyport-Assertion, X-Account, Sallyport-Record, X-Forwarded-For',
    ];
    const { status } = await stage.ask({
      target: '/spoofed',
      token: stage.token,
      headers: spoofed,
    });
    assert.equal(status, 200);
    const sent = stage.hits.at(-1)?.rawHeaders.join('\n') ?? '';
    assert.match(sent, /X-Forwarded-For\n127\.0\.0\.1\n/);
    assert.match(
      sent,
      new RegExp(`X-Forwarded-Host\nacme\\.accounts\\.localhost:${stage.house.port}\n`),
    );
    assert.doesNotMatch(sent, /forged|globex|initech|198\.51|root|\/admin|DELETE|somebody|evil/);
  });

  it('says which record it is, to the application and to the client', async () => {
    const answer = await stage.ask({ target: '/which', token: stage.token });
    assert.equal(headerOf(answer, 'sallyport-record'), JSON.parse(answer.body.toString()).record);
  });

  it('has none of our credentials, and all others', async () => {
    const headers = [
      'Authorization: Basic eDp5',
      'Cookie: theme=dark; sallyport=s%3Astolen; sallyport-signin=x',
    ];
    await stage.ask({ target: '/credentials', token: stage.token, headers });
    const sent = stage.hits.at(-1)?.rawHeaders ?? [];
    assert.ok(sent.includes('Basic eDp5') && sent.includes('theme=dark'));
    assert.ok(!sent.includes('Proxy-Authorization'));
  });

  it('passes header bytes beyond ASCII as they came', async () => {
    await stage.ask({
      target: '/bytes',
      token: stage.token,
      headers: ['X-Name: caf\u00e9 \u00ff'],
    });
    assert.ok(stage.hits.at(-1)?.rawHeaders.includes('caf\u00e9 \u00ff'));
  });
});

describe('nobody gets in', () => {
  it('without a visit: a program is told where to ask', async () => {
    const answer = await stage.ask({ target: '/users?page=2' });
    assert.equal(answer.status, 401);
    const { requestUrl } = JSON.parse(answer.body.toString());
    const to = '%2Fusers%3Fpage%3D2';
    assert.equal(requestUrl, `${stage.house.publicUrl}/enter?account=acme&to=${to}`);
    assert.equal(stage.hits.filter(({ target }) => target.startsWith('/users')).length, 0);
    const refusal = await stage.lastRefusal();
    assert.equal(refusal?.['reason'], 'sign-in-required');
    assert.deepEqual(refusal?.['request'], { method: 'GET', path: '/users', query: 'page=2' });
  });

  it("without a visit: a browser's navigation is sent there", async () => {
    for (const headers of [
      ['Accept: text/html'],
      ['Accept: text/html,*/*', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Site: cross-site'],
    ]) {
      const answer = await stage.ask({ target: '/users', headers });
      assert.equal(answer.status, 303);
      const expected = `${stage.house.publicUrl}/enter?account=acme&to=%2Fusers`;
      assert.equal(headerOf(answer, 'location'), expected);
    }
  });

  it('with a token that nobody was given', async () => {
    await refuses({ token: UNKNOWN_TOKEN }, { status: 401, code: 'sign-in-required' });
    for (const token of ['spv_', 'spv_short', `${stage.token}x`, stage.token.toUpperCase()]) {
      const answer = await stage.ask({ token });
      assert.equal(answer.status, 401, token);
    }
  });

  it("with another account's visit, and its owner does not learn what that was for", async () => {
    const host = stage.hostOf('globex');
    await refuses({ host, token: stage.token }, { status: 403, code: 'no-basis' });
    const refusal = await stage.lastRefusal();
    assert.equal(refusal?.['account'], 'globex');
    assert.match(JSON.stringify(refusal?.['actor']), /"subject":"sam"/);
    assert.equal(refusal?.['purpose'], undefined);
  });

  it('with two different visits', async () => {
    const headers = [`Authorization: Bearer ${UNKNOWN_TOKEN}`];
    const two = { token: stage.token, headers };
    await refuses(two, { status: 400, code: 'ambiguous-request' });
    const stale = [`Cookie: sallyport-visit=spc_${'C'.repeat(43)}`];
    assert.equal((await stage.ask({ token: stage.token, headers: stale })).status, 200);
    const same = [`Authorization: Bearer ${stage.token}`];
    assert.equal((await stage.ask({ token: stage.token, headers: same })).status, 200);
  });

  it('with a token in the place of a cookie, or a cookie that is none', async () => {
    for (const value of [stage.token, `spc_${'C'.repeat(43)}`, '', 'x'.repeat(4000)]) {
      const answer = await stage.ask({ headers: [`Cookie: sallyport-visit=${value}`] });
      assert.equal(answer.status, 401);
    }
  });

  it('when the grant has expired', async () => {
    await stage.gus.allow('globex', { duration: '2s', scope: 'write' });
    const { token } = await stage.sam.visit('globex');
    const host = stage.hostOf('globex');
    assert.equal((await stage.ask({ host, token, target: '/live' })).status, 200);
    await until(
      'the grant to expire',
      async () => (await stage.ask({ host, token })).status === 403,
    );
    await refuses({ host, token }, { status: 403, code: 'no-basis' });
  });

  it('when the grant has not begun, or was taken back', async () => {
    const grant = await stage.gus.allow('globex', { scope: 'write' });
    const { token } = await stage.sam.visit('globex');
    const startsAt = new Date(Date.now() + 3_600_000).toISOString();
    await stage.gus.allow('globex', { startsAt, scope: 'write' });
    const host = stage.hostOf('globex');
    assert.equal((await stage.ask({ host, token, target: '/still' })).status, 200);
    await stage.gus.call('POST', `/grants/${grant.id}/revocation`, {});
    await refuses({ host, token }, { status: 403, code: 'no-basis' });
  });

  it('to change anything, when let in to look', async () => {
    const grant = await stage.gus.allow('globex', { scope: 'read' });
    const { token } = await stage.sam.visit('globex');
    const host = stage.hostOf('globex');
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      const request = { host, token, method, target: '/users', headers: ['Content-Length: 0'] };
      await refuses(request, { status: 403, code: 'read-only' });
    }
    const search = {
      host,
      token,
      method: 'POST',
      target: '/search',
      headers: ['Content-Length: 0'],
    };
    assert.equal((await stage.ask(search)).status, 200);
    assert.equal((await stage.ask({ ...search, target: '/search/' })).status, 403);
    await stage.gus.call('POST', `/grants/${grant.id}/revocation`, {});
  });

  it('to what is blocked, in any spelling', async () => {
    const { token } = stage;
    for (const target of ['/account', '/Account/', '/%61ccount', '/account;x=1', '/ACCOUNT/;x?y'])
      await refuses({ token, method: 'DELETE', target }, { status: 403, code: 'blocked' });
    const method = 'POST';
    const headers = ['Content-Length: 0'];
    for (const target of ['/support-access', '/SUPPORT%2DACCESS', '/support-access%3Bx'])
      await refuses({ token, method, target, headers }, { status: 403, code: 'blocked' });
  });
});

describe('the log', () => {
  it('never holds a secret of a path, a masked value of a query, or a credential', async () => {
    const { token } = stage;
    for (const target of [
      '/reset/t0ps3cret',
      '/Reset/t0ps3cret/',
      '/%72eset/t0ps3cret',
      '/reset/t0ps3cret/again',
      '/x/../reset/t0ps3cret',
      '//reset/t0ps3cret',
      '/reset/t0ps3cret%2f',
      '/users?token=t0ps3cret&page=7&t0ps3cret',
    ])
      for (const with_ of [{ token }, {}]) await stage.ask({ target, ...with_ });
    const records = JSON.stringify((await stage.aaron.call('GET', '/records?limit=200')).body);
    assert.ok(records.includes('/reset/{secret}'));
    assert.ok(records.includes('page=7'));
    const folder = dirname(stage.house.databaseFile);
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
    for (const text of [records, ...files])
      for (const secret of ['t0ps3cret', token, token.slice(4, 20)])
        assert.ok(!text.includes(secret), secret);
  });
});
