import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { loopbackFetch } from '../../src/http/loopback-fetch.ts';
import type { RunningGateway } from '../../src/main-gateway.ts';
import { buildHouse, enter, type House, openGateway, readJson, Someone } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';
import { headerOf, headersOf } from '../support/lenient-upstream.ts';

describe('an owner lets a support employee in', () => {
  let house: House;
  let gateway: RunningGateway;
  let olga: Someone;
  let sam: Someone;
  let aaron: Someone;

  before(async () => {
    house = await buildHouse();
    gateway = await openGateway(house);
    olga = await Someone.signIn(house, 'owners', 'olga');
    sam = await Someone.signIn(house, 'staff', 'sam');
    aaron = await Someone.signIn(house, 'staff', 'aaron');
  });

  after(async () => {
    await gateway.stop(1000);
    await checkLog(house.databaseFile, { isStopped: true });
    await house.close();
  });

  it('tells each who they are', async () => {
    const me = await sam.call('GET', '/me');
    assert.equal(me.status, 200);
    assert.equal(me.body.realm, 'staff');
    assert.deepEqual(me.body.roles, ['support']);
    const owner = await olga.call('GET', '/me');
    assert.deepEqual(owner.body.accounts, ['acme']);
  });

  it('lets nobody in before', async () => {
    const refused = await sam.call('POST', '/visits', { account: 'acme', purpose: 'curiosity' });
    assert.equal(refused.status, 403);
    assert.match(refused.body.type, /no-basis$/);
    assert.equal(house.upstream.hits.length, 0);
  });

  it('lets him in once she has said so, and shows the application who he is', async () => {
    const grant = await olga.allow('acme');
    const visit = await sam.visit('acme', {
      ticket: 'T-1',
      to: '/invoices/1042?page=2&token=geheim',
    });
    assert.deepEqual(visit.basis, { kind: 'grant', id: grant.id });
    const answer = await enter(house, 'acme', visit.token, '/invoices/1042?page=2&token=geheim');
    assert.equal(answer.status, 200);
    const hit = house.upstream.hits.at(-1);
    assert.ok(hit);
    assert.equal(hit.target, '/invoices/1042?page=2&token=geheim');
    assert.equal(headerOf(hit, 'X-Account'), 'acme');
    assert.equal(headerOf(hit, 'Proxy-Authorization'), undefined);
    const record = headerOf(hit, 'Sallyport-Record');
    assert.equal(answer.headers.get('sallyport-record'), record);

    const keys = createRemoteJWKSet(new URL(`${house.publicUrl}/.well-known/jwks.json`), {
      [customFetch]: loopbackFetch,
    });
    const assertion = headerOf(hit, 'Sallyport-Assertion') ?? '';
    const { payload } = await jwtVerify(assertion, keys, {
      issuer: house.publicUrl,
      audience: 'console',
    });
    assert.equal(payload['account'], 'acme');
    assert.equal(payload.sub, 'sam');
    assert.equal(payload['visit'], visit.id);
    assert.deepEqual(payload['basis'], visit.basis);
    assert.equal(payload['scope'], 'read');

    const found = await aaron.call('GET', `/records/${record}`);
    assert.equal(found.status, 200);
    assert.equal(found.body.event, 'access.attempted');
    assert.equal(found.body.account, 'acme');
    assert.equal(found.body.actor.subject, 'sam');
    assert.equal(found.body.purpose, 'a test');
    assert.equal(found.body.ticket, 'T-1');
    assert.deepEqual(found.body.request, {
      method: 'GET',
      noun: 'invoice 1042',
      path: '/invoices/1042',
      query: 'page=2&token=…',
    });
    assert.match(found.body.policy, /^sha256:/);
  });

  it('goes the browser way: a code that works once, and a cookie of this origin', async () => {
    const visit = await sam.visit('acme', { to: '/users' });
    const page = await sam.browser.get(visit.url);
    assert.equal(page.status, 200);
    assert.equal(page.url.href, `${house.accountUrl('acme')}/users`);
    const hit = house.upstream.hits.at(-1);
    assert.ok(hit);
    assert.deepEqual(headersOf(hit, 'Cookie'), []);
    assert.equal((await sam.browser.get(`${house.accountUrl('acme')}/alerts`)).status, 200);

    const again = await sam.browser.get(visit.url);
    assert.equal(again.url.pathname, '/enter');
    const closed = await sam.call('GET', `/visits/${visit.id}`);
    assert.equal(closed.body.state, 'closed');
  });

  it('takes a token beside the cookie of the same visit, and never of another', async () => {
    const visit = await sam.visit('acme');
    const other = await sam.visit('acme');
    await sam.browser.get(visit.url);
    const withToken = (token: string) =>
      sam.browser.fetch(`${house.accountUrl('acme')}/users`, {
        headers: { 'Proxy-Authorization': `Bearer ${token}` },
      });
    assert.equal((await withToken(visit.token)).status, 200);
    const refused = await withToken(other.token);
    assert.equal(refused.status, 400);
    assert.match(readJson(refused.text).type, /ambiguous-request$/);
  });

  it('refuses what only looks from changing anything, except requests that read', async () => {
    const visit = await sam.visit('acme');
    const hits = house.upstream.hits.length;
    const write = await enter(house, 'acme', visit.token, '/users', { method: 'POST', body: '{}' });
    assert.equal(write.status, 403);
    assert.match(readJson(write.text).type, /read-only$/);
    assert.equal(house.upstream.hits.length, hits);
    const search = await enter(house, 'acme', visit.token, '/search', {
      method: 'POST',
      body: 'q=1',
    });
    assert.equal(search.status, 200);
    assert.equal(house.upstream.hits.at(-1)?.body, 'q=1');
  });

  it('ends it for good when she says so', async () => {
    const visit = await sam.visit('acme');
    assert.equal((await enter(house, 'acme', visit.token, '/')).status, 200);
    const grants = await olga.call('GET', '/accounts/acme/grants');
    for (const { id, state } of grants.body.items)
      if (state === 'live')
        assert.equal((await olga.call('POST', `/grants/${id}/revocation`, {})).status, 201);
    const refused = await enter(house, 'acme', visit.token, '/');
    assert.equal(refused.status, 403);
    const problem = readJson(refused.text);
    assert.match(problem.type, /no-basis$/);
    assert.equal(problem.requestUrl, `${house.publicUrl}/enter?account=acme&to=%2F`);
  });

  it('does not let an ended visit in again when somebody is allowed later on', async () => {
    const first = await olga.allow('acme');
    const visit = await sam.visit('acme');
    assert.equal((await olga.call('POST', `/grants/${first.id}/revocation`, {})).status, 201);
    assert.equal((await sam.call('GET', `/visits/${visit.id}`)).body.state, 'ended');
    const second = await olga.allow('acme', { scope: 'write' });
    const refused = await enter(house, 'acme', visit.token, '/');
    assert.equal(refused.status, 403);
    assert.match(readJson(refused.text).type, /no-basis$/);
    const again = await sam.visit('acme');
    assert.equal((await enter(house, 'acme', again.token, '/')).status, 200);
    assert.equal((await olga.call('POST', `/grants/${second.id}/revocation`, {})).status, 201);
  });

  it('records what staff asked for and were refused', async () => {
    const forged = { grantee: 'role:support', scope: 'write' };
    assert.equal((await sam.call('POST', '/accounts/acme/grants', forged)).status, 403);
    assert.equal(
      (await sam.call('POST', '/visits', { account: 'acme', purpose: 'x' })).status,
      403,
    );
    const refusals = await aaron.call('GET', '/records?event=access.refused&actor=sam&limit=2');
    const said = refusals.body.items.map((record: Record<string, unknown>) => [
      record['act'],
      record['account'],
      record['reason'],
    ]);
    assert.deepEqual(said, [
      ['visit.open', 'acme', 'no-basis'],
      ['grant.issue', 'acme', 'not-permitted'],
    ]);
  });

  it('records the ends of accesses, and refusals', async () => {
    const ends = await aaron.call('GET', '/records?event=access.finished&account=acme&limit=200');
    assert.ok(ends.body.items.length > 0);
    for (const end of ends.body.items) assert.equal(end.status, 200);
    const refusals = await aaron.call('GET', '/records?event=access.refused&account=acme');
    const reasons = refusals.body.items.map((record: { reason: string }) => record.reason);
    assert.ok(reasons.includes('no-basis') && reasons.includes('read-only'), reasons.join());
  });
});
