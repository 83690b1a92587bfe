import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ControlPlane, owner, staff, startControlPlane } from '../support/control-plane.ts';
import { type Client, createClient } from './client.ts';

const WHO = ['support', 'compliance', 'responder', 'auditor', 'admin', 'owner', 'other'] as const;

/**
 * What each call answers to each role: a role by its own staff member, `owner` owns the account,
 * `other` owns another one. The grant names role:support; the visit is the support member's.
 */
const MATRIX: Readonly<Record<string, readonly number[]>> = {
  'GET /me': [200, 200, 200, 200, 200, 200, 200],
  'POST /me/agreement': [201, 201, 201, 201, 201, 403, 403],
  'GET /accounts': [200, 200, 200, 200, 200, 200, 200],
  'GET /accounts/acme': [200, 200, 200, 200, 200, 200, 404],
  'POST /accounts/acme/grants': [403, 403, 403, 403, 403, 201, 404],
  'GET /accounts/acme/grants': [200, 200, 200, 200, 200, 200, 404],
  'GET /grants': [200, 200, 200, 200, 200, 200, 200],
  'GET /grants/{grant}': [200, 404, 404, 200, 200, 200, 404],
  'PATCH /grants/{grant}': [403, 404, 404, 403, 403, 200, 404],
  'POST /grants/{grant}/revocation': [403, 404, 404, 403, 201, 201, 404],
  'POST /accounts/acme/access-requests': [201, 403, 403, 403, 403, 403, 404],
  'GET /access-requests': [200, 403, 403, 200, 403, 200, 200],
  'GET /access-requests?state=pending&account=acme': [200, 403, 403, 200, 403, 200, 404],
  'GET /access-requests/{request}': [200, 404, 404, 200, 404, 200, 404],
  'POST /access-requests/{request}/approval': [403, 404, 404, 403, 404, 201, 404],
  'POST /access-requests/{request}/denial': [403, 404, 404, 403, 404, 201, 404],
  'POST /access-requests/{request}/withdrawal': [201, 404, 404, 403, 404, 403, 404],
  'POST /visits': [201, 403, 403, 403, 403, 403, 404],
  'GET /visits': [200, 200, 200, 200, 200, 200, 200],
  'GET /visits/{visit}': [200, 404, 404, 200, 200, 200, 404],
  'POST /visits/{visit}/closure': [201, 404, 404, 403, 201, 201, 404],
  'GET /records': [403, 403, 403, 200, 403, 200, 200],
  'GET /records/{record}': [404, 404, 404, 200, 404, 200, 404],
  'GET /records/export?format=jsonl': [403, 403, 403, 200, 403, 200, 200],
  'GET /records/{record}/receipt': [404, 404, 404, 200, 404, 200, 404],
  'GET /bundle': [403, 403, 403, 200, 403, 200, 200],
  'GET /bundle?account=acme': [403, 403, 403, 200, 403, 200, 404],
  'GET /accounts/acme/log-key': [403, 403, 403, 200, 403, 200, 404],
  'GET /sessions': [200, 200, 200, 200, 200, 200, 200],
  'DELETE /sessions/{session}': [404, 404, 404, 404, 204, 404, 404],
  'POST /holds': [403, 403, 403, 403, 201, 403, 403],
  'GET /holds': [403, 403, 403, 200, 200, 403, 403],
  'POST /holds/{hold}/lifting': [404, 404, 404, 403, 201, 404, 404],
};

const ASKED = { scope: 'read', duration: '1h', reason: { code: 'bug', text: 'x' } };

const HOLD = {
  account: 'acme',
  from: '2026-01-01T00:00:00Z',
  to: '2027-01-01T00:00:00Z',
  case: 'C-7',
  until: '2100-01-01T00:00:00Z',
};

describe('what each role may call', () => {
  let plane: ControlPlane;
  const clients = new Map<string, Client>();
  before(async () => {
    const agreement = { version: '1', text: 'Tell nobody.', digest: `sha256:${'0'.repeat(64)}` };
    plane = await startControlPlane({ agreement });
    for (const who of WHO) {
      const person =
        who === 'owner'
          ? owner('olga', ['acme'])
          : who === 'other'
            ? owner('otto', ['globex'])
            : staff(`the-${who}`, [who]);
      clients.set(who, createClient(plane, await plane.signIn(person)));
      await clientOf(who).post('/me/agreement', { version: '1' });
    }
  });
  after(() => plane.close());

  function clientOf(who: (typeof WHO)[number]): Client {
    const client = clients.get(who);
    assert.ok(client !== undefined);
    return client;
  }

  async function prepareRequest(isNeeded: boolean): Promise<string> {
    if (!isNeeded) return '';
    return (await clientOf('support').post('/accounts/acme/access-requests', ASKED)).body.id;
  }

  /** Fresh things for each try, so that no answer depends on the one before. */
  async function prepare(needsRequest: boolean): Promise<Record<string, string>> {
    const wish = { grantee: 'role:support', scope: 'read' };
    const grant = (await clientOf('owner').post('/accounts/acme/grants', wish)).body;
    const visit = (await clientOf('support').post('/visits', { account: 'acme', purpose: 'x' }))
      .body;
    const { items } = (await clientOf('support').get('/access-requests?state=pending')).body;
    for (const { id } of items) await clientOf('support').post(`/access-requests/${id}/withdrawal`);
    const request = await prepareRequest(needsRequest);
    const records = (await clientOf('auditor').get('/records?event=visit.opened&limit=1')).body;
    const hold = (await clientOf('admin').post('/holds', HOLD)).body;
    const someone = createClient(plane, await plane.signIn(staff('someone', ['auditor'])));
    const { session } = (await someone.get('/me')).body;
    return {
      grant: grant.id,
      visit: visit.id,
      request,
      record: records.items[0].index,
      session: session.id,
      hold: hold.id,
    };
  }

  const bodies: Readonly<Record<string, object>> = {
    'POST /me/agreement': { version: '1' },
    'POST /accounts/acme/grants': { grantee: 'role:support', scope: 'read' },
    'PATCH /grants/{grant}': { scope: 'read' },
    'POST /accounts/acme/access-requests': ASKED,
    'POST /visits': { account: 'acme', purpose: 'x' },
    'POST /holds': HOLD,
  };

  for (const [call, answers] of Object.entries(MATRIX))
    it(`${call} answers ${answers.join(' ')}`, async () => {
      const [method = '', template = ''] = call.split(' ');
      const got: number[] = [];
      for (const who of WHO) {
        const things = await prepare(template.includes('{request}'));
        const path = template.replace(/\{(\w+)\}/, (_, name: string) => things[name] ?? '');
        const client = clientOf(who);
        const asks = {
          GET: client.get,
          DELETE: client.delete,
          POST: client.post,
          PATCH: client.patch,
          PUT: client.put,
        };
        const ask = asks[method as keyof typeof asks];
        got.push((await ask(path, bodies[call])).status);
      }
      assert.deepEqual(got, answers);
    });
});
