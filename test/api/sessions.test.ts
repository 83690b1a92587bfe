import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ControlPlane, owner, staff, startControlPlane } from '../support/control-plane.ts';
import { assertProblem, type Client, createClient } from './client.ts';

describe('sign-ins', () => {
  let plane: ControlPlane;
  let here: Client;
  let there: Client;
  let admin: Client;
  before(async () => {
    plane = await startControlPlane();
    here = createClient(plane, await plane.signIn(staff('sam')));
    there = createClient(plane, await plane.signIn(staff('sam')));
    admin = createClient(plane, await plane.signIn(staff('root', ['admin'])));
    await plane.signIn(owner('olga', ['acme']));
  });
  after(() => plane.close());

  it('list one’s own, and say which one this is', async () => {
    const { items, nextCursor } = (await here.get('/sessions')).body;
    assert.equal(items.length, 2);
    assert.equal(nextCursor, null);
    const current = items.filter((one: { current: boolean }) => one.current);
    assert.deepEqual(
      current.map((one: { id: string }) => one.id),
      [(await here.get('/me')).body.session.id],
    );
  });

  it('list everybody’s for an admin', async () => {
    const { items } = (await admin.get('/sessions')).body;
    assert.equal(items.length, 4);
  });

  it('tell no secret', async () => {
    const text = JSON.stringify((await admin.get('/sessions')).body);
    assert.doesNotMatch(text, /secret|token|cookie/i);
  });

  it('end at once, each once, and only one’s own', async () => {
    const other = (await there.get('/me')).body.session.id;
    assert.equal((await here.delete(`/sessions/${other}`)).status, 204);
    assertProblem(await there.get('/me'), 401, 'sign-in-required');
    assertProblem(await here.delete(`/sessions/${other}`), 404, 'not-found');
    const admins = (await admin.get('/me')).body.session.id;
    assertProblem(await here.delete(`/sessions/${admins}`), 404, 'not-found');
    assertProblem(await here.delete('/sessions/x'), 404, 'not-found');
  });
});
