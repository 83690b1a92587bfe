import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ControlPlane, owner, staff, startControlPlane } from '../support/control-plane.ts';
import { HOUR } from '../support/specimens.ts';
import { assertProblem, type Client, createClient, pointersOf } from './client.ts';

const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR).toISOString();

describe('holds', () => {
  let plane: ControlPlane;
  let ada: Client;
  let aaron: Client;
  before(async () => {
    plane = await startControlPlane();
    ada = createClient(plane, await plane.signIn(staff('ada', ['admin'])));
    aaron = createClient(plane, await plane.signIn(staff('aaron', ['auditor'])));
    await plane.signIn(owner('olga', ['acme']));
  });
  after(() => plane.close());

  const wish = (over: object = {}): object => ({
    account: 'acme',
    from: inHours(-48),
    to: inHours(48),
    case: 'C-7',
    until: inHours(5),
    ...over,
  });

  it('are placed, seen and lifted, and the log says by whom', async () => {
    const { status, body } = await ada.post('/holds', wish());
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual(
      [body.account, body.case, body.state, body.placedBy.subject, body.lifted],
      ['acme', 'C-7', 'active', 'ada', null],
    );
    assert.equal((await aaron.get('/holds')).body.items[0].id, body.id);
    const lifted = await ada.post(`/holds/${body.id}/lifting`);
    assert.equal(lifted.status, 201);
    assert.deepEqual([lifted.body.state, lifted.body.lifted.by.subject], ['lifted', 'ada']);
    const { items } = (await aaron.get('/records?limit=200&order=asc')).body;
    const said = items.filter((one: { hold?: string }) => one.hold === body.id);
    assert.deepEqual(
      said.map(({ event, account, until }: Record<string, string>) => [event, account, until]),
      [
        ['hold.placed', 'acme', body.until],
        ['hold.lifted', 'acme', body.until],
      ],
    );
    assert.equal(said[0].case, 'C-7');
    assert.equal(said[0].from, body.from);
  });

  it('are on every account, if they name none', async () => {
    const { account: _, ...everything } = wish() as { account: string };
    assert.equal((await ada.post('/holds', everything)).body.account, null);
  });

  it('are lifted once, and not after their end', async () => {
    const { body } = await ada.post('/holds', wish());
    assert.equal((await ada.post(`/holds/${body.id}/lifting`)).status, 201);
    assertProblem(await ada.post(`/holds/${body.id}/lifting`), 409, 'version-conflict');
    const both = (await ada.post('/holds', wish())).body.id;
    const answers = await Promise.all([
      ada.post(`/holds/${both}/lifting`),
      ada.post(`/holds/${both}/lifting`),
    ]);
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409]);
  });

  it('are placed once under one Idempotency-Key', async () => {
    const once = { 'Idempotency-Key': 'k' };
    const same = wish();
    const first = await ada.post('/holds', same, once);
    const second = await ada.post('/holds', same, once);
    assert.equal(second.body.id, first.body.id);
    assertProblem(await ada.post('/holds', wish({ case: 'C-8' }), once), 422, 'invalid-request');
  });

  for (const [what, over, pointers] of [
    ['without a case', { case: ' ' }, ['/case']],
    ['without an end', { until: undefined }, ['/until']],
    ['with an end that has passed', { until: inHours(-1) }, ['/until']],
    ['on a time that ends before it begins', { to: inHours(-49) }, ['/to']],
    ['on a day that is none', { from: '2026-02-30T00:00:00Z' }, ['/from']],
    ['before there were clocks', { from: '1969-12-31T23:59:59Z' }, ['/from']],
    ['with a field that there is not', { for: 'ever' }, ['/for']],
  ] as const)
    it(`are not placed ${what}`, async () => {
      const refused = await ada.post('/holds', wish(over));
      assertProblem(refused, 422, 'invalid-request');
      assert.deepEqual(pointersOf(refused), pointers);
    });

  it('are not placed on an account that there is not', async () => {
    assertProblem(await ada.post('/holds', wish({ account: 'nowhere' })), 404, 'unknown-account');
  });

  it('are nobody else’s to place, to lift or to know of', async () => {
    const { id } = (await ada.post('/holds', wish())).body;
    assertProblem(await aaron.post('/holds', wish()), 403, 'not-permitted');
    assertProblem(await aaron.post(`/holds/${id}/lifting`), 403, 'not-permitted');
    const sam = createClient(plane, await plane.signIn(staff('sam')));
    assertProblem(await sam.post('/holds', wish()), 403, 'not-permitted');
    assertProblem(await sam.get('/holds'), 403, 'not-permitted');
    const hidden = await sam.post(`/holds/${id}/lifting`);
    const missing = await sam.post('/holds/018f0000-0000-7000-8000-00000000dead/lifting');
    assertProblem(hidden, 404, 'not-found');
    assert.deepEqual(hidden.body, missing.body);
    assertProblem(await ada.post('/holds/x/lifting'), 404, 'not-found');
  });
});
