import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import request from 'supertest';
import { type ControlPlane, owner, staff, startControlPlane } from '../support/control-plane.ts';
import { assertProblem, type Client, createClient, pointersOf } from './client.ts';

describe('the door of the API', () => {
  let plane: ControlPlane;
  let olga: Client;
  let olgasCookie: string;
  before(async () => {
    plane = await startControlPlane();
    olgasCookie = await plane.signIn(owner('olga', ['acme']));
    olga = createClient(plane, olgasCookie);
  });
  after(() => plane.close());

  const grants = '/api/v1/accounts/acme/grants';
  const good = JSON.stringify({ grantee: 'role:support', scope: 'read' });

  function postRaw(body: string, headers: Record<string, string> = {}) {
    return request(plane.address)
      .post(grants)
      .set({ Cookie: olgasCookie, Origin: plane.origin, 'Content-Type': 'application/json' })
      .set(headers)
      .send(body);
  }

  async function countGrants(): Promise<number> {
    return (await olga.get('/grants?limit=200')).body.items.length;
  }

  it('asks everybody to sign in, whatever they call', async () => {
    const nobody = request(plane.address);
    for (const path of ['/me', '/accounts', '/grants', '/visits', '/records', '/sessions'])
      assertProblem(await nobody.get(`/api/v1${path}`), 401, 'sign-in-required');
    assertProblem(await nobody.post(grants).send(JSON.parse(good)), 401, 'sign-in-required');
    const forged = nobody.get('/api/v1/me').set('Cookie', 'sallyport=s%3Aforged.x');
    assertProblem(await forged, 401, 'sign-in-required');
  });

  it('says not-found for an address it does not have', async () => {
    for (const path of ['/nothing', '/grants/', '/Grants', '/accounts/acme/grants/x', '/me/x'])
      assertProblem(await olga.get(path), 404, 'not-found');
  });

  it('says which methods an address takes', async () => {
    const call = request(plane.address)
      .put('/api/v1/accounts/acme/grants')
      .set({ Cookie: olgasCookie, Origin: plane.origin });
    const answer = await call;
    assertProblem(answer, 405, 'method-not-allowed');
    assert.equal(answer.headers['allow'], 'POST, GET, HEAD');
    assertProblem(await olga.delete('/me'), 405, 'method-not-allowed');
  });

  it('refuses what a page of another site sends with the cookie, and does nothing', async () => {
    const before_ = await countGrants();
    const foreign = [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { Origin: plane.origin.replace('sallyport.', 'acme.accounts.') },
      { Origin: plane.origin.replace('http:', 'https:') },
    ];
    for (const headers of foreign) assertProblem(await postRaw(good, headers), 403, 'cross-site');
    for (const site of ['same-site', 'cross-site', 'none']) {
      const call = request(plane.address)
        .post(grants)
        .set({ Cookie: olgasCookie, 'Sec-Fetch-Site': site, 'Content-Type': 'application/json' });
      assertProblem(await call.send(good), 403, 'cross-site');
    }
    assert.equal(await countGrants(), before_);
  });

  it('takes JSON that says it is JSON, and nothing else', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])
      assertProblem(await postRaw(good, { 'Content-Type': type }), 422, 'invalid-request');
    const utf8 = await postRaw(good, { 'Content-Type': 'application/json; charset=UTF-8' });
    assert.equal(utf8.status, 201);
    const latin = await postRaw(good, { 'Content-Type': 'application/json; charset=latin1' });
    assertProblem(latin, 422, 'invalid-request');
  });

  it('refuses compressed bodies unread', async () => {
    assertProblem(await postRaw(good, { 'Content-Encoding': 'gzip' }), 422, 'invalid-request');
  });

  it('refuses a body above 100 kB', async () => {
    const huge = JSON.stringify({ grantee: 'x'.repeat(100_001) });
    assertProblem(await postRaw(huge), 413, 'content-too-large');
  });

  it('refuses duplicate and dangerous keys, and says where', async () => {
    const twice = await postRaw('{"scope":"read","grantee":"role:support","scope":"write"}');
    assertProblem(twice, 422, 'invalid-request');
    assert.deepEqual(pointersOf(twice), ['/scope']);
    const proto = await postRaw('{"__proto__":{"scope":"write"},"grantee":"role:support"}');
    assert.deepEqual(pointersOf(proto), ['/__proto__']);
  });

  it('refuses bodies that are no object', async () => {
    for (const body of ['[]', '"x"', 'null', '1', 'true'])
      assertProblem(await postRaw(body), 422, 'invalid-request');
  });

  it('refuses parameters that are given twice or that it does not know', async () => {
    const twice = await olga.get('/grants?limit=1&limit=2');
    assertProblem(twice, 422, 'invalid-request');
    assert.deepEqual(pointersOf(twice), ['/limit']);
    for (const query of ['limit=1&colour=red', '__proto__=1', 'limit[]=1', 'toString=1'])
      assertProblem(await olga.get(`/grants?${query}`), 422, 'invalid-request');
    assertProblem(await olga.get('/me?x=1'), 422, 'invalid-request');
  });

  it('refuses limits and cursors that are none', async () => {
    for (const query of ['limit=0', 'limit=201', 'limit=1.5', 'limit=x', 'limit=', 'cursor=x'])
      assertProblem(await olga.get(`/grants?${query}`), 422, 'invalid-request');
    for (const query of ['cursor=-1', 'cursor=1e3', 'cursor=01'])
      assertProblem(await olga.get(`/records?${query}`), 422, 'invalid-request');
    assertProblem(await olga.get('/accounts?cursor=A'), 422, 'invalid-request');
  });

  it('ends with the sign-in', async () => {
    const cookie = await plane.signIn(staff('gone'));
    const gone = createClient(plane, cookie);
    const { session } = (await gone.get('/me')).body;
    assert.equal((await gone.delete(`/sessions/${session.id}`)).status, 204);
    assertProblem(await gone.get('/me'), 401, 'sign-in-required');
  });
});
