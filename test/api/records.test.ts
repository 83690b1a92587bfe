import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ControlPlane, owner, staff, startControlPlane } from '../support/control-plane.ts';
import { assertProblem, type Client, createClient, pointersOf } from './client.ts';

interface Shown {
  index: number;
  event: string;
  account?: string;
  network?: object;
  query?: string;
  count?: number;
}

describe('records', () => {
  let plane: ControlPlane;
  let olga: Client;
  let sam: Client;
  let ada: Client;
  before(async () => {
    plane = await startControlPlane();
    const enter = async (who: Parameters<ControlPlane['signIn']>[0]) =>
      createClient(plane, await plane.signIn(who));
    olga = await enter(owner('olga', ['acme']));
    sam = await enter(staff('sam'));
    ada = await enter(staff('ada', ['auditor']));
    await enter(owner('otto', ['globex']));
    await olga.post('/accounts/acme/grants', { grantee: 'role:support', scope: 'read' });
    await sam.post('/visits', { account: 'acme', purpose: 'Invoice' });
  });
  after(() => plane.close());

  async function search(client: Client, query = ''): Promise<Shown[]> {
    const { status, body } = await client.get(`/records?${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body.items;
  }

  it('show an auditor everything, with where it came from', async () => {
    const opened = (await search(ada, 'event=visit.opened'))[0];
    assert.ok(opened?.network !== undefined);
    const accounts = new Set((await search(ada, 'limit=200')).map(({ account }) => account));
    assert.ok(accounts.has('acme') && accounts.has('globex'));
  });

  it('show an owner his account alone, without addresses', async () => {
    const shown = await search(olga, 'limit=200');
    assert.ok(shown.some(({ event }) => event === 'visit.opened'));
    assert.ok(shown.every(({ account, network }) => account === 'acme' && network === undefined));
    const foreign = await olga.get('/records?account=globex');
    const missing = await olga.get('/records?account=nowhere');
    assertProblem(foreign, 404, 'unknown-account');
    assert.deepEqual(foreign.body, missing.body);
  });

  it('show one record to whoever may read it, and hide that others exist', async () => {
    const [opened] = await search(ada, 'event=visit.opened');
    const own = await olga.get(`/records/${opened?.index}`);
    assert.equal(own.body.event, 'visit.opened');
    assert.equal(own.body.network, undefined);
    const [foreign] = await search(ada, 'account=globex&event=account.registered');
    const hidden = await olga.get(`/records/${foreign?.index}`);
    const missing = await olga.get('/records/999999');
    assertProblem(hidden, 404, 'not-found');
    assert.deepEqual(hidden.body, missing.body);
    for (const index of ['-1', '01', '1.0', 'x', '1e2'])
      assertProblem(await ada.get(`/records/${index}`), 404, 'not-found');
  });

  it('are not read by support, compliance, people on call or admins', async () => {
    for (const role of ['support', 'compliance', 'responder', 'admin'] as const) {
      const one = createClient(plane, await plane.signIn(staff(`r-${role}`, [role])));
      assertProblem(await one.get('/records'), 403, 'not-permitted');
      assertProblem(await one.get('/records/0'), 404, 'not-found');
    }
  });

  it('tell of their own reading, before the answer is given', async () => {
    await search(olga, 'event=grant.issued&limit=7');
    const [read] = await search(ada, 'event=log.read&account=acme');
    assert.equal(read?.query, 'event=grant.issued&limit=7');
    assert.equal(read?.count, 1);
  });

  it('are filtered by what stands in the query', async () => {
    const bySam = await search(ada, 'actor=SAM@corp.example&limit=200');
    assert.ok(bySam.length > 0);
    assert.ok(bySam.every((one) => JSON.stringify(one).includes('"subject":"sam"')));
    assert.equal((await search(ada, 'basis=grant&event=visit.opened')).length, 1);
    assert.equal((await search(ada, 'basis=none&event=visit.opened')).length, 0);
    assert.equal((await search(ada, 'from=2999-01-01T00:00:00Z')).length, 0);
    assert.equal((await search(ada, 'to=2000-01-01T00:00:00Z')).length, 0);
  });

  it('refuse filters that mean nothing, and say which', async () => {
    const answer = await ada.get(
      '/records?event=x&basis=&method=get&path=users&status=99&from=today&order=up&limit=0&foo=1',
    );
    assertProblem(answer, 422, 'invalid-request');
    assert.deepEqual(
      new Set(pointersOf(answer)),
      new Set([
        '/event',
        '/basis',
        '/method',
        '/path',
        '/status',
        '/from',
        '/order',
        '/limit',
        '/foo',
      ]),
    );
    assertProblem(await ada.get('/records?event=a.b&event=c.d'), 422, 'invalid-request');
  });

  it('come in pages, either way, without a gap', async () => {
    const upTo = (await search(ada, 'limit=1'))[0]?.index ?? 0;
    for (const order of ['asc', 'desc'] as const) {
      const seen: number[] = [];
      let next = order === 'asc' ? '' : `&cursor=${upTo + 1}`;
      while (seen.length <= upTo) {
        const { body } = await ada.get(`/records?limit=4&order=${order}${next}`);
        seen.push(...body.items.map(({ index }: Shown) => index));
        if (body.nextCursor === null) break;
        next = `&cursor=${body.nextCursor}`;
      }
      const ascending = order === 'asc' ? seen : seen.toReversed();
      assert.deepEqual(
        ascending.slice(0, upTo + 1),
        Array.from({ length: upTo + 1 }, (_, index) => index),
      );
    }
  });
});
