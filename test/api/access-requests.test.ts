import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Response } from 'supertest';
import { type ControlPlane, owner, staff, startControlPlane } from '../support/control-plane.ts';
import { HOUR, MINUTE } from '../support/specimens.ts';
import { assertProblem, type Client, createClient, pointersOf } from './client.ts';

const WISH = {
  scope: 'write',
  duration: '2h',
  reason: { code: 'bug', text: '  Invoice 1042 is empty ', ticket: 'T-7' },
  to: '/invoices/1042',
};

describe('access requests', () => {
  let plane: ControlPlane;
  let olga: Client;
  let otto: Client;
  let sam: Client;
  let mona: Client;
  let ada: Client;
  const enter = async (who: Parameters<ControlPlane['signIn']>[0]) =>
    createClient(plane, await plane.signIn(who));

  before(async () => {
    plane = await startControlPlane({ limits: { maxDurationMs: 24 * HOUR } });
    olga = await enter(owner('olga', ['acme', 'second']));
    otto = await enter(owner('otto', ['globex']));
    sam = await enter(staff('sam'));
    mona = await enter(staff('mona'));
    ada = await enter(staff('ada', ['auditor']));
  });
  after(() => plane.close());

  /** Nothing waits when a test begins. */
  beforeEach(async () => {
    for (const who of [sam, mona])
      for (const { id } of (await who.get('/access-requests?state=pending')).body.items)
        assert.equal((await who.post(`/access-requests/${id}/withdrawal`)).status, 201);
  });

  const ask = (wish: object = WISH, who = sam, headers = {}): Promise<Response> =>
    who.post('/accounts/acme/access-requests', wish, headers);
  const asked = async (wish: object = WISH): Promise<string> => (await ask(wish)).body.id;
  const answer = (who: Client, id: string, how: string, body: object = {}): Promise<Response> =>
    who.post(`/access-requests/${id}/${how}`, body);

  async function told(id: string): Promise<Record<string, unknown>[]> {
    const { items } = (await ada.get('/records?account=acme&limit=200&order=asc')).body;
    return items.filter((one: { accessRequest?: string }) => one.accessRequest === id);
  }

  it('are submitted with everything the contract names, and wait', async () => {
    const { status, body } = await ask();
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(body.state, 'pending');
    assert.deepEqual(body.reason, { code: 'bug', text: 'Invoice 1042 is empty', ticket: 'T-7' });
    assert.deepEqual(
      [body.account, body.scope, body.duration, body.to, body.requester.subject, body.ended],
      ['acme', 'write', '2h', '/invoices/1042', 'sam', null],
    );
    assert.equal(Date.parse(body.expiresAt) - Date.parse(body.submittedAt), 72 * HOUR);
    for (const who of [sam, olga, ada])
      assert.deepEqual((await who.get(`/access-requests/${body.id}`)).body, body);
  });

  it('are nobody’s to know of but the one who asks, the owner, and auditors', async () => {
    const id = await asked();
    for (const who of [mona, otto]) {
      assertProblem(await who.get(`/access-requests/${id}`), 404, 'not-found');
      for (const how of ['approval', 'denial', 'withdrawal'])
        assertProblem(await answer(who, id, how), 404, 'not-found');
      const { items } = (await who.get('/access-requests')).body;
      assert.ok(items.every((one: { id: string }) => one.id !== id));
    }
    assertProblem(await otto.get('/access-requests?account=acme'), 404, 'unknown-account');
  });

  it('let in exactly the one who asked, from the approval on', async () => {
    const id = await asked();
    // The clock starts at the approval.
    const { status, body } = await answer(olga, id, 'approval');
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(body.state, 'approved');
    const grant = (await olga.get(`/grants/${body.grant}`)).body;
    assert.deepEqual(
      [grant.boundTo.subject, grant.scope, grant.state, grant.issuedBy.subject, grant.reason],
      ['sam', 'write', 'live', 'olga', 'Invoice 1042 is empty'],
    );
    assert.equal(grant.startsAt, body.ended.at);
    assert.equal(Date.parse(grant.expiresAt) - Date.parse(grant.startsAt), 2 * HOUR);
    assert.equal((await sam.post('/visits', { account: 'acme', purpose: 'x' })).status, 201);
    assertProblem(await mona.post('/visits', { account: 'acme', purpose: 'x' }), 403, 'no-basis');
  });

  it('say in the log what was asked, and that approval and grant are one act', async () => {
    const id = await asked();
    const { grant } = (await answer(olga, id, 'approval', { scope: 'read' })).body;
    const [submitted, approved, issued] = await told(id);
    assert.deepEqual(
      [submitted, approved, issued].map((one) => one?.['event']),
      ['access-request.submitted', 'access-request.approved', 'grant.issued'],
    );
    assert.deepEqual(
      ['scope', 'durationMs', 'code', 'reason', 'ticket', 'to'].map((key) => submitted?.[key]),
      ['write', 2 * HOUR, 'bug', 'Invoice 1042 is empty', 'T-7', '/invoices/1042'],
    );
    assert.equal(approved?.['at'], issued?.['at']);
    assert.equal(Number(approved?.['index']) + 1, issued?.['index']);
    for (const one of [approved, issued])
      assert.deepEqual(one?.['basis'], { kind: 'grant', id: grant });
    assert.equal(approved?.['scope'], 'read');
  });

  it('are approved narrower, never wider or longer', async () => {
    const id = await asked({ ...WISH, scope: 'read', duration: '1h' });
    const wider = await answer(olga, id, 'approval', { scope: 'write', duration: '61m' });
    assertProblem(wider, 422, 'invalid-request');
    assert.deepEqual(pointersOf(wider), ['/scope', '/duration']);
    const { body } = await answer(olga, id, 'approval', { duration: '15m' });
    const grant = (await olga.get(`/grants/${body.grant}`)).body;
    assert.equal(Date.parse(grant.expiresAt) - Date.parse(grant.startsAt), 15 * MINUTE);
  });

  it('may be made again while a grant is live: it is extended, and both unite', async () => {
    const first = (await answer(olga, await asked(), 'approval', { duration: '10m' })).body.grant;
    const second = (await answer(olga, await asked(), 'approval')).body.grant;
    const [one, two] = [
      (await olga.get(`/grants/${first}`)).body,
      (await olga.get(`/grants/${second}`)).body,
    ];
    assert.deepEqual([one.state, two.state], ['live', 'live']);
    const { access } = (await sam.get('/accounts/acme')).body;
    assert.ok(Date.parse(access.expiresAt) >= Date.parse(two.expiresAt));
  });

  it('wait one at a time for a person and account', async () => {
    await asked();
    assertProblem(await ask(), 409, 'request-pending');
    assert.equal((await ask(WISH, mona)).status, 201);
    assert.equal((await sam.post('/accounts/second/access-requests', WISH)).status, 201);
  });

  it('made twice at the same moment are one', async () => {
    const both = await Promise.all([ask(), ask()]);
    assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 409]);
  });

  it('are made once for one Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': 'ask' };
    const [one, two] = [await ask(WISH, sam, headers), await ask(WISH, sam, headers)];
    assert.equal(one.status, 201);
    assert.equal(two.body.id, one.body.id);
  });

  it('are denied with a reason, and withdrawn; every end is final', async () => {
    const ends = {
      approval: 'approved',
      denial: 'denied',
      withdrawal: 'withdrawn',
    } as const;
    for (const [how, state] of Object.entries(ends)) {
      const id = await asked();
      const who = how === 'withdrawal' ? sam : olga;
      const body = how === 'denial' ? { reason: 'Not today' } : {};
      assert.equal((await answer(who, id, how, body)).body.state, state);
      assert.equal((await told(id))[1]?.['event'], `access-request.${state}`);
      for (const [again, by] of [
        ['approval', olga],
        ['denial', olga],
        ['withdrawal', sam],
      ] as const)
        assertProblem(await answer(by, id, again), 409, 'request-ended');
      const seen = (await sam.get(`/access-requests/${id}`)).body;
      assert.equal(seen.state, state);
      assert.equal(seen.ended.reason, how === 'denial' ? 'Not today' : null);
    }
  });

  it('answered by two at once are answered once', async () => {
    const id = await asked();
    const answers = await Promise.all([
      answer(olga, id, 'approval'),
      answer(olga, id, 'denial'),
      answer(sam, id, 'withdrawal'),
    ]);
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409, 409]);
  });

  it('are never approved by the one who asked, were he an owner too', async () => {
    const id = await asked();
    const sams = { ...owner('sam', ['acme']), issuer: staff('sam').issuer };
    const alsoOwner = await enter(sams);
    assertProblem(await answer(alsoOwner, id, 'approval'), 403, 'second-person-required');
    const [refused] = (await ada.get('/records?event=access.refused&limit=1')).body.items;
    assert.deepEqual(
      [refused.act, refused.reason, refused.account],
      ['access-request.approve', 'second-person-required', 'acme'],
    );
  });

  it('refused to whoever may not answer are on record', async () => {
    const id = await asked();
    assertProblem(await answer(ada, id, 'denial'), 403, 'not-permitted');
    assertProblem(await answer(sam, id, 'approval'), 403, 'not-permitted');
    assertProblem(await ask(WISH, ada), 403, 'not-permitted');
    const { items } = (await ada.get('/records?event=access.refused&limit=3')).body;
    assert.deepEqual(
      items.map((one: { act: string }) => one.act),
      ['access-request.submit', 'access-request.approve', 'access-request.deny'],
    );
  });

  for (const [what, over, pointer] of [
    ['without a reason', { reason: undefined }, '/reason'],
    ['for a reason that is not listed', { reason: { code: 'fun', text: 'x' } }, '/reason/code'],
    ['without words', { reason: { code: 'bug', text: ' ' } }, '/reason/text'],
    ['for longer than a grant may last', { duration: '25h' }, '/duration'],
    ['for no time', { duration: '0s' }, '/duration'],
    ['for another site', { to: '//evil.example' }, '/to'],
    ['for what is ours', { to: '/.sallyport/enter' }, '/to'],
    ['for everything', { scope: 'all' }, '/scope'],
    ['with a field there is not', { grantee: 'role:support' }, '/grantee'],
  ] as const)
    it(`are not made ${what}`, async () => {
      const refused = await ask({ ...WISH, ...over });
      assertProblem(refused, 422, 'invalid-request');
      assert.deepEqual(pointersOf(refused), [pointer]);
    });

  it('to an account that there is not are refused', async () => {
    const missing = await sam.post('/accounts/nowhere/access-requests', WISH);
    assertProblem(missing, 404, 'unknown-account');
  });

  it('are listed by the state they have now', async () => {
    const [waits, denied] = [await asked(), (await ask(WISH, mona)).body.id];
    await answer(olga, denied, 'denial');
    const ids = async (who: Client, query: string): Promise<string[]> =>
      (await who.get(`/access-requests?limit=200&${query}`)).body.items.map(
        (one: { id: string }) => one.id,
      );
    assert.deepEqual(await ids(olga, 'state=pending&account=acme'), [waits]);
    assert.equal((await ids(olga, 'state=denied'))[0], denied);
    assert.deepEqual(await ids(mona, 'state=pending'), []);
    assert.ok((await ids(ada, '')).length > 5);
    assertProblem(await olga.get('/access-requests?state=lost'), 422, 'invalid-request');
    plane.advance(73 * HOUR);
    const [later, samLater] = [
      await enter(owner('olga', ['acme', 'second'])),
      await enter(staff('sam')),
    ];
    assert.deepEqual(await ids(later, 'state=pending'), []);
    assert.ok((await ids(later, 'state=expired')).includes(waits));
    assert.equal((await later.get(`/access-requests/${waits}`)).body.state, 'expired');
    assertProblem(await answer(later, waits, 'approval'), 409, 'request-ended');
    assertProblem(await answer(samLater, waits, 'withdrawal'), 409, 'request-ended');
  });
});
