import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ControlPlane, owner, staff, startControlPlane } from '../support/control-plane.ts';
import { assertProblem, type Client, createClient, pointersOf } from './client.ts';

const HOUR = 3_600_000;

describe('grants', () => {
  let plane: ControlPlane;
  let olga: Client;
  let otto: Client;
  let sam: Client;
  let admin: Client;
  before(async () => {
    plane = await startControlPlane({
      limits: { maxDurationMs: 24 * HOUR, defaultDurationMs: 2 * HOUR },
    });
    const enter = async (who: Parameters<ControlPlane['signIn']>[0]) =>
      createClient(plane, await plane.signIn(who));
    olga = await enter(owner('olga', ['acme', 'second']));
    otto = await enter(owner('otto', ['globex']));
    sam = await enter(staff('sam'));
    admin = await enter(staff('root', ['admin']));
  });
  after(() => plane.close());

  const team = { grantee: 'role:support', scope: 'read' };
  const issue = (wish: object, headers = {}) => olga.post('/accounts/acme/grants', wish, headers);

  it('are issued by the owner, with everything the contract names', async () => {
    const { status, body } = await issue({ ...team, duration: '1h', reason: '  Invoice  ' });
    assert.equal(status, 201);
    assert.equal(body.account, 'acme');
    assert.equal(body.grantee, 'role:support');
    assert.equal(body.state, 'live');
    assert.equal(body.reason, 'Invoice');
    assert.equal(body.issuedBy.email, 'olga@customer.example');
    assert.equal(Date.parse(body.expiresAt) - Date.parse(body.startsAt), HOUR);
    assert.equal(body.revoked, null);
    assert.deepEqual((await olga.get(`/grants/${body.id}`)).body, body);
  });

  it('last as long as is usual if nobody says how long, and never longer than the hard cap', async () => {
    const { body } = await issue(team);
    assert.equal(Date.parse(body.expiresAt) - Date.parse(body.startsAt), 2 * HOUR);
    const tooLong = await issue({ ...team, duration: '25h' });
    assertProblem(tooLong, 422, 'invalid-request');
    assert.deepEqual(pointersOf(tooLong), ['/duration']);
    const expiresAt = new Date(Date.now() + 25 * HOUR).toISOString();
    assert.deepEqual(pointersOf(await issue({ ...team, expiresAt })), ['/expiresAt']);
  });

  it('may be planned, not backdated', async () => {
    const startsAt = new Date(Date.now() + HOUR).toISOString();
    assert.equal((await issue({ ...team, startsAt })).body.state, 'scheduled');
    const past = new Date(Date.now() - HOUR).toISOString();
    assert.deepEqual(pointersOf(await issue({ ...team, startsAt: past })), ['/startsAt']);
  });

  it('are refused with every mistake and where it stands', async () => {
    const answer = await issue({ scope: 'all', duration: 'long', startsAt: '2026-02-30', who: 1 });
    assertProblem(answer, 422, 'invalid-request');
    assert.deepEqual(pointersOf(answer).toSorted(), [
      '/duration',
      '/grantee',
      '/scope',
      '/startsAt',
      '/who',
    ]);
  });

  it('name a role that may enter, or one employee', async () => {
    for (const grantee of [
      'role:admin',
      'role:owner',
      'support',
      '',
      'staff:',
      'role:support ',
      ['role:support'],
    ])
      assert.deepEqual(pointersOf(await issue({ ...team, grantee })), ['/grantee'], `${grantee}`);
    assert.equal((await issue({ ...team, grantee: 'role:responder' })).status, 201);
  });

  it('resolve an e-mail to the one subject that has signed in with it', async () => {
    const { body } = await issue({ ...team, grantee: 'staff:SAM@corp.example' });
    assert.equal(body.grantee, 'staff:sam@corp.example');
    assert.equal(body.boundTo.subject, 'sam');
    assert.equal((await sam.get(`/grants/${body.id}`)).status, 200);
  });

  it('wait for somebody who has never signed in, and are bound to him once', async () => {
    const { body } = await issue({ ...team, grantee: 'staff:late@corp.example' });
    assert.equal(body.boundTo, null);
    const late = createClient(plane, await plane.signIn(staff('late')));
    assert.equal((await late.get(`/grants/${body.id}`)).body.boundTo.subject, 'late');
    const namesake = {
      ...staff('namesake'),
      email: 'late@corp.example',
      verifiedEmail: 'late@corp.example',
    };
    const other = createClient(plane, await plane.signIn(namesake));
    assertProblem(await other.get(`/grants/${body.id}`), 404, 'not-found');
    const ambiguous = await issue({ ...team, grantee: 'staff:late@corp.example' });
    assertProblem(ambiguous, 422, 'invalid-request');
    assert.deepEqual(pointersOf(ambiguous), ['/grantee']);
  });

  it('are never issued by staff, whoever they are and whatever they send', async () => {
    for (const role of ['support', 'compliance', 'responder', 'auditor', 'admin'] as const) {
      const one = createClient(plane, await plane.signIn(staff(`a-${role}`, [role])));
      const answer = await one.post('/accounts/acme/grants', { ...team, issuedBy: 'olga' });
      assertProblem(answer, 403, 'not-permitted');
    }
  });

  it('of another owner do not exist, and the answer is that of an account that does not', async () => {
    const foreign = await otto.post('/accounts/acme/grants', team);
    const missing = await otto.post('/accounts/nowhere/grants', team);
    assertProblem(foreign, 404, 'unknown-account');
    assert.deepEqual(foreign.body, missing.body);
    assert.deepEqual(
      (await otto.get('/accounts/acme')).body,
      (await otto.get('/accounts/nowhere')).body,
    );
    assert.deepEqual(
      (await otto.get('/accounts/acme/grants')).body,
      (await otto.get('/accounts/NO%00PE/grants')).body,
    );
    const { body } = await issue(team);
    assertProblem(await otto.get(`/grants/${body.id}`), 404, 'not-found');
    assertProblem(await otto.post(`/grants/${body.id}/revocation`), 404, 'not-found');
  });

  it('end once: a second revocation is 409', async () => {
    const { body } = await issue(team);
    const ended = await olga.post(`/grants/${body.id}/revocation`, { reason: 'enough' });
    assert.equal(ended.status, 201);
    assert.equal(ended.body.state, 'revoked');
    assert.equal(ended.body.revoked.reason, 'enough');
    assertProblem(await olga.post(`/grants/${body.id}/revocation`), 409, 'grant-ended');
  });

  it('are handed back by the one person they name, ended by admins, and by no colleague', async () => {
    const named = (await issue({ ...team, grantee: 'staff:sam@corp.example' })).body;
    assert.equal((await sam.post(`/grants/${named.id}/revocation`)).status, 201);
    const forAll = (await issue(team)).body;
    assertProblem(await sam.post(`/grants/${forAll.id}/revocation`), 403, 'not-permitted');
    assert.equal((await admin.post(`/grants/${forAll.id}/revocation`)).status, 201);
  });

  it('are changed by the owner: shorter, narrower, or longer up to the cap from now', async () => {
    const { body } = await issue({ ...team, scope: 'write', duration: '1h' });
    const inHours = (hours: number) => new Date(plane.recorder.now() + hours * HOUR).toISOString();
    const change = (wish: object) => olga.patch(`/grants/${body.id}`, wish);
    const shorter = await change({ expiresAt: inHours(0.5), scope: 'read' });
    assert.equal(shorter.status, 200, JSON.stringify(shorter.body));
    assert.equal(shorter.body.scope, 'read');
    assert.ok(Date.parse(shorter.body.expiresAt) < Date.parse(body.expiresAt));
    assert.equal((await change({ expiresAt: inHours(23.9) })).status, 200);
    for (const [wish, pointer] of [
      [{}, ''],
      [{ scope: 'write' }, '/scope'],
      [{ expiresAt: inHours(24.1) }, '/expiresAt'],
      [{ expiresAt: inHours(-0.1) }, '/expiresAt'],
      [{ startsAt: inHours(1) }, '/startsAt'],
      [{ grantee: 'role:responder' }, '/grantee'],
    ] as const) {
      const refused = await change(wish);
      assertProblem(refused, 422, 'invalid-request');
      assert.deepEqual(pointersOf(refused), [pointer]);
    }
    assertProblem(await sam.patch(`/grants/${body.id}`, { scope: 'read' }), 403, 'not-permitted');
    assertProblem(await otto.patch(`/grants/${body.id}`, { scope: 'read' }), 404, 'not-found');
    await olga.post(`/grants/${body.id}/revocation`);
    assertProblem(await change({ scope: 'read' }), 409, 'grant-ended');
  });

  it('take an id that is one, and nothing else', async () => {
    for (const id of ['x', '%7B%7D', '__proto__', '00000000-0000-0000-0000-00000000000G'])
      assertProblem(await olga.get(`/grants/${id}`), 404, 'not-found');
  });

  it('come in pages whose cursors lead through all of them once', async () => {
    const pages: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? 'limit=3' : `limit=3&cursor=${cursor}`;
      const { body } = await olga.get(`/accounts/acme/grants?${query}`);
      pages.push(...body.items.map((one: { id: string }) => one.id));
      cursor = body.nextCursor;
    }
    const whole = (await olga.get('/accounts/acme/grants?limit=200')).body.items;
    assert.ok(whole.length > 6);
    assert.deepEqual(
      pages,
      whole.map((one: { id: string }) => one.id),
    );
  });

  it('are made once for one Idempotency-Key, however often it is sent', async () => {
    const headers = { 'Idempotency-Key': 'first' };
    const wish = { ...team, reason: 'once' };
    const [one, two] = await Promise.all([issue(wish, headers), issue(wish, headers)]);
    const three = await issue(wish, headers);
    assert.deepEqual(new Set([one, two, three].map(({ body }) => body.id)).size, 1);
    assertProblem(await issue({ ...wish, reason: 'other' }, headers), 422, 'invalid-request');
    const elsewhere = await olga.post('/accounts/second/grants', wish, headers);
    assert.equal(elsewhere.body.account, 'second');
  });

  it('refuse an Idempotency-Key that is none', async () => {
    for (const key of ['', 'x'.repeat(256), 'caf\u00e9'])
      assertProblem(await issue(team, { 'Idempotency-Key': key }), 422, 'invalid-request');
  });

  it('are over at their end, to the millisecond, without anybody doing anything', async () => {
    const { body } = await issue({ ...team, duration: '5m', reason: 'short' });
    plane.advance(Date.parse(body.expiresAt) - plane.recorder.now() - 1000);
    assert.equal((await olga.get(`/grants/${body.id}`)).body.state, 'live');
    plane.advance(1000);
    assert.equal((await olga.get(`/grants/${body.id}`)).body.state, 'expired');
    assertProblem(await olga.post(`/grants/${body.id}/revocation`), 409, 'grant-ended');
  });
});
