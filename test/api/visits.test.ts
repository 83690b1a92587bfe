import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ControlPlane, owner, staff, startControlPlane } from '../support/control-plane.ts';
import { assertProblem, type Client, createClient, pointersOf } from './client.ts';

const AGREEMENT = { version: '2026-01', text: 'Tell nobody.', digest: `sha256:${'0'.repeat(64)}` };

describe('visits', () => {
  let plane: ControlPlane;
  let olga: Client;
  let sam: Client;
  let admin: Client;
  before(async () => {
    plane = await startControlPlane({ agreement: AGREEMENT });
    const enter = async (who: Parameters<ControlPlane['signIn']>[0]) =>
      createClient(plane, await plane.signIn(who));
    olga = await enter(owner('olga', ['acme', 'readonly', 'closed']));
    sam = await enter(staff('sam'));
    admin = await enter(staff('root', ['admin']));
    await olga.post('/accounts/acme/grants', { grantee: 'role:support', scope: 'write' });
    await olga.post('/accounts/readonly/grants', { grantee: 'role:support', scope: 'read' });
  });
  after(() => plane.close());

  const open = (wish: object, headers = {}) =>
    sam.post('/visits', { account: 'acme', purpose: 'Invoice total', ...wish }, headers);

  it('need the agreement first, in the version in force', async () => {
    assert.deepEqual((await sam.get('/me')).body.agreement, {
      version: '2026-01',
      accepted: false,
    });
    assertProblem(await open({}), 403, 'agreement-required');
    const old = await sam.post('/me/agreement', { version: '2025-01' });
    assert.deepEqual(pointersOf(old), ['/version']);
    const accepted = await sam.post('/me/agreement', { version: '2026-01' });
    assert.deepEqual(accepted.body, { version: '2026-01', accepted: true });
    assert.equal((await olga.get('/me')).body.agreement, null);
    assertProblem(await olga.post('/me/agreement', { version: '2026-01' }), 403, 'not-permitted');
  });

  it('answer with a way in for browsers and one for programs, each a secret', async () => {
    const { status, body } = await open({ ticket: '4711', to: '/invoices/1042' });
    assert.equal(status, 201);
    assert.match(
      body.url,
      /^http:\/\/acme\.accounts\.localhost:\d+\/\.sallyport\/enter\?code=spk_/,
    );
    assert.match(body.token, /^spv_/);
    assert.equal(body.basis.kind, 'grant');
    assert.equal(body.to, '/invoices/1042');
    const { url: _, token: __, basis: ___, expiresAt: ____, ...rest } = body;
    const seen = (await sam.get(`/visits/${body.id}`)).body;
    assert.deepEqual({ ...seen, ...rest }, seen);
    assert.equal(JSON.stringify(seen).includes('spv_'), false);
  });

  it('are opened once for one Idempotency-Key, and their secrets are not repeated', async () => {
    const headers = { 'Idempotency-Key': 'one visit' };
    const first = (await open({}, headers)).body;
    const second = (await open({}, headers)).body;
    assert.equal(second.id, first.id);
    assert.equal(second.url, null);
    assert.equal(second.token, null);
  });

  it('are refused with every mistake and where it stands', async () => {
    const answer = await sam.post('/visits', { account: 'A', to: '//evil', scope: 'all', x: 1 });
    assertProblem(answer, 422, 'invalid-request');
    const pointers = pointersOf(answer).toSorted();
    assert.deepEqual(pointers, ['/account', '/purpose', '/scope', '/to', '/x']);
    for (const to of ['https://evil.example', '/\\evil', '/.sallyport/enter', '/a b', ''])
      assert.deepEqual(pointersOf(await open({ to })), ['/to'], to);
    for (const purpose of ['', '   ', 'a\u0000b', 'x'.repeat(501), '\u202egnp'])
      assert.deepEqual(pointersOf(await open({ purpose })), ['/purpose']);
  });

  it('need a permission that covers what is wished', async () => {
    assertProblem(await open({ account: 'closed' }), 403, 'no-basis');
    assertProblem(await open({ account: 'readonly', scope: 'write' }), 403, 'read-only');
    assertProblem(await open({ account: 'nowhere' }), 404, 'unknown-account');
    const responder = createClient(plane, await plane.signIn(staff('rita', ['responder'])));
    await responder.post('/me/agreement', { version: '2026-01' });
    const answer = await responder.post('/visits', { account: 'acme', purpose: 'x' });
    assertProblem(answer, 403, 'no-basis');
  });

  it('are opened by nobody whose role does not enter', async () => {
    for (const role of ['auditor', 'admin'] as const) {
      const one = createClient(plane, await plane.signIn(staff(`an-${role}`, [role])));
      const answer = await one.post('/visits', { account: 'acme', purpose: 'x' });
      assertProblem(answer, 403, 'not-permitted');
    }
    const own = await olga.post('/visits', { account: 'acme', purpose: 'x' });
    assertProblem(own, 403, 'not-permitted');
  });

  it('are closed by the visitor, once, and the permission stays', async () => {
    const { body } = await open({});
    const closed = await sam.post(`/visits/${body.id}/closure`);
    assert.equal(closed.status, 201);
    assert.equal(closed.body.closed.why, 'visitor');
    assertProblem(await sam.post(`/visits/${body.id}/closure`), 409, 'visit-ended');
    assert.equal((await sam.get('/accounts/acme')).body.access.scope, 'write');
  });

  it('take no fields when they are closed', async () => {
    const { body } = await open({});
    const answer = await sam.post(`/visits/${body.id}/closure`, { why: 'owner' });
    assert.deepEqual(pointersOf(answer), ['/why']);
  });

  it('are closed by admins, and by no colleague, who does not see them', async () => {
    const { body } = await open({});
    const tom = createClient(plane, await plane.signIn(staff('tom')));
    assertProblem(await tom.get(`/visits/${body.id}`), 404, 'not-found');
    assertProblem(await tom.post(`/visits/${body.id}/closure`), 404, 'not-found');
    assert.equal((await admin.post(`/visits/${body.id}/closure`)).body.closed.why, 'admin');
  });

  it('end with the sign-in they were opened from', async () => {
    const ida = createClient(plane, await plane.signIn(staff('ida')));
    await ida.post('/me/agreement', { version: '2026-01' });
    const { body } = await ida.post('/visits', { account: 'acme', purpose: 'x' });
    const { session } = (await ida.get('/me')).body;
    assert.equal((await admin.delete(`/sessions/${session.id}`)).status, 204);
    assert.equal((await admin.get(`/visits/${body.id}`)).body.closed.why, 'signed-out');
  });

  it('are listed: own ones for staff, those in his account for the owner', async () => {
    const mine = (await sam.get('/visits?limit=200')).body.items;
    assert.ok(mine.every((one: { visitor: { subject: string } }) => one.visitor.subject === 'sam'));
    const his = (await olga.get('/visits?account=acme&limit=200')).body.items;
    assert.ok(his.length >= mine.length);
    assert.deepEqual((await olga.get('/visits?account=closed')).body.items, []);
    const otto = createClient(plane, await plane.signIn(owner('otto', ['globex'])));
    assert.deepEqual((await otto.get('/visits?account=acme')).body.items, []);
    assertProblem(await olga.get('/visits?account=A'), 422, 'invalid-request');
  });

  it('closed by the owner end every permission that lets this visitor in', async () => {
    const { body } = await open({});
    assert.equal((await olga.post(`/visits/${body.id}/closure`)).body.closed.why, 'owner');
    assert.equal((await sam.get('/accounts/acme')).body.access, null);
    assertProblem(await open({}), 403, 'no-basis');
  });
});
