import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Agent, request as fetchOnce } from 'undici';
import type { AuditRecord } from '../../src/audit/record.ts';
import { loopbackLookup } from '../../src/http/loopback-lookup.ts';
import { type GatewayProcess, startProcess, until } from '../support/gateway-process.ts';
import { buildHouse, enter, type House, type OpenVisit, Someone } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';

const PARALLEL = 200;
const CUT_WITHIN_MS = 1000;

describe('what lets somebody in ends', () => {
  let house: House;
  let gateway: GatewayProcess;
  let olga: Someone;
  let sam: Someone;
  let visit: OpenVisit;
  let grant: { id: string };

  before(async () => {
    house = await buildHouse();
    gateway = await startProcess(house);
    olga = await Someone.signIn(house, 'owners', 'olga');
    sam = await Someone.signIn(house, 'staff', 'sam');
    streamForever(house);
  });

  beforeEach(async () => {
    grant = await olga.allow('acme');
    visit = await sam.visit('acme');
  });

  afterEach(async () => {
    const { body } = await olga.call('GET', '/accounts/acme/grants');
    for (const { id, state } of body.items) if (state === 'live') await revoke({ id });
  });

  after(async () => {
    await gateway.stop();
    await checkLog(house.databaseFile, { isStopped: true });
    await house.close();
  });

  it(`admits nothing after a revocation has answered, whatever ${PARALLEL} requests try`, async () => {
    const load = startLoad(visit.token);
    await until('the load has come up', () => load.admitted() > PARALLEL);
    await revoke(grant);
    const answeredAt = house.upstream.hits.length;
    const late = Array.from({ length: 20 }, (_, at) => tryIn(visit.token, `/late/${at}`));
    for (const status of await Promise.all(late)) assert.equal(status, 403);
    const statuses = await load.stop();
    assert.ok(statuses.includes(403));
    for (const status of statuses) assert.ok(status === 200 || status === 403, String(status));

    const records = await readLog();
    const revoked = records.find(
      ({ event, basis }) => event === 'grant.revoked' && idOf(basis) === grant.id,
    );
    const attempts = attemptsOn(records, grant.id);
    assert.ok(revoked !== undefined && attempts.length > PARALLEL);
    for (const { index } of attempts) assert.ok(index < revoked.index, `attempt ${index}`);
    // What had been admitted before may still have been on its way; nothing else came.
    const sent = house.upstream.hits.slice(answeredAt).map(({ target }) => target);
    assert.deepEqual(
      sent.filter((target) => target.startsWith('/late')),
      [],
    );
  });

  it('cuts an event stream and a download within a second, and says so in the log', async () => {
    const open = await Promise.all(['/events', '/download'].map((path) => listen(path)));
    const revokedAt = await revoke(grant);
    for (const stream of open) assertCutSoon(await stream.ended, revokedAt);
    for (const path of ['/events', '/download'])
      assert.deepEqual(await endOf(path), { event: 'access.finished', cut: 'grant-ended' });
  });

  it('lets a stream go on while another grant covers the visit, and requests use that one', async () => {
    const other = await olga.allow('acme');
    const stream = await listen('/events');
    await revoke(grant);
    const chunks = stream.chunks();
    await until('the stream has gone on', () => stream.chunks() >= chunks + 20);
    assert.equal(stream.hasEnded(), false);
    assert.equal(await tryIn(visit.token, '/under-the-other'), 200);
    const [attempt] = attemptsOn(await readLog(), other.id);
    assert.equal(pathOf(attempt), '/under-the-other');
    // The last one takes it down.
    const revokedAt = await revoke(other);
    assertCutSoon(await stream.ended, revokedAt);
    assert.deepEqual(await endOf('/events'), { event: 'access.finished', cut: 'grant-ended' });
  });

  it('lets a stream go on under the grant that answers a request made meanwhile', async () => {
    const stream = await listen('/events');
    const wish = {
      scope: 'read',
      duration: '1h',
      reason: { code: 'bug', text: 'It takes longer.' },
    };
    const asked = await sam.call('POST', '/accounts/acme/access-requests', wish);
    assert.equal(asked.status, 201, JSON.stringify(asked.body));
    const approved = await olga.call('POST', `/access-requests/${asked.body.id}/approval`, {});
    assert.equal(approved.status, 201, JSON.stringify(approved.body));
    await revoke(grant);
    const chunks = stream.chunks();
    await until('the stream has gone on', () => stream.chunks() >= chunks + 20);
    assert.equal(stream.hasEnded(), false);
    assert.equal(await tryIn(visit.token, '/extended'), 200);
    const [attempt] = attemptsOn(await readLog(), approved.body.grant);
    assert.equal(pathOf(attempt), '/extended');
    const revokedAt = await revoke({ id: approved.body.grant });
    assertCutSoon(await stream.ended, revokedAt);
  });

  it('cuts at the new end of a grant that its owner shortens, and what it no longer allows', async () => {
    const { id } = await olga.allow('acme', { scope: 'write' });
    await revoke(grant);
    const stream = await listen('/events');
    const post = { method: 'POST', headers: { 'Sec-Fetch-Site': 'same-origin' } };
    assert.equal((await enter(house, 'acme', visit.token, '/users', post)).status, 200);
    const narrowed = await olga.call('PATCH', `/grants/${id}`, { scope: 'read' });
    assert.equal(narrowed.status, 200, JSON.stringify(narrowed.body));
    assert.equal((await enter(house, 'acme', visit.token, '/users', post)).status, 403);
    assert.equal(stream.hasEnded(), false);
    const endsAt = Date.now() + 700;
    const expiresAt = new Date(endsAt).toISOString();
    assert.equal((await olga.call('PATCH', `/grants/${id}`, { expiresAt })).status, 200);
    const { isBroken } = await stream.ended;
    assert.ok(isBroken);
    assert.ok(Date.now() >= endsAt && Date.now() < endsAt + CUT_WITHIN_MS);
    assert.equal(await tryIn(visit.token, '/too-late'), 403);
  });

  it('cuts at the end of a grant that runs out, without anybody doing anything', async () => {
    await revoke(grant);
    const endsAt = Date.now() + 1500;
    await olga.allow('acme', { duration: undefined, expiresAt: new Date(endsAt).toISOString() });
    visit = await sam.visit('acme');
    const stream = await listen('/events');
    const { isBroken } = await stream.ended;
    assert.ok(isBroken);
    assert.ok(Date.now() >= endsAt && Date.now() < endsAt + CUT_WITHIN_MS);
    assert.equal(await tryIn(visit.token, '/too-late'), 403);
    assert.deepEqual(await endOf('/events'), { event: 'access.finished', cut: 'grant-ended' });
  });

  it('ends, with a visit that its owner closes, every grant that admits the visitor', async () => {
    const named = await olga.allow('acme', { grantee: 'staff:sam@staff.example', scope: 'write' });
    const stream = await listen('/events');
    const closed = await olga.call('POST', `/visits/${visit.id}/closure`, {});
    const closedAt = performance.now();
    assert.equal(closed.status, 201, JSON.stringify(closed.body));
    assertCutSoon(await stream.ended, closedAt);
    assert.equal(await tryIn(visit.token, '/after'), 403);
    const grants = await olga.call('GET', '/accounts/acme/grants');
    const states = new Map(
      grants.body.items.map(({ id, state }: { id: string; state: string }) => [id, state]),
    );
    assert.equal(states.get(grant.id), 'revoked');
    assert.equal(states.get(named.id), 'revoked');
    const again = await sam.call('POST', '/visits', { account: 'acme', purpose: 'again' });
    assert.equal(again.status, 403);

    const records = await readLog();
    const act = records.filter(
      ({ event }) => event === 'visit.closed' || event === 'grant.revoked',
    );
    const last = act.slice(-3).map(({ index }) => index);
    assert.deepEqual(last, [last[0], Number(last[0]) + 1, Number(last[0]) + 2]);
    assert.deepEqual(await endOf('/events'), { event: 'access.finished', cut: 'visit-closed' });
  });

  it('ends the visits of somebody who signs out', async () => {
    const mona = await Someone.signIn(house, 'staff', 'mona');
    visit = await mona.visit('acme');
    const stream = await listen('/events');
    const answer = await mona.browser.fetch(`${house.publicUrl}/auth/logout`, {
      method: 'POST',
      headers: { Origin: house.publicUrl },
    });
    const signedOutAt = performance.now();
    assert.equal(answer.status, 303);
    assertCutSoon(await stream.ended, signedOutAt);
    assert.equal(await tryIn(visit.token, '/after'), 401);
    assert.deepEqual(await endOf('/events'), { event: 'access.finished', cut: 'signed-out' });
    assert.equal(await stateOf(visit), 'closed');
  });

  it('ends the visits of a sign-in that an admin ends', async () => {
    const mona = await Someone.signIn(house, 'staff', 'mona');
    const ada = await Someone.signIn(house, 'staff', 'ada');
    visit = await mona.visit('acme');
    const stream = await listen('/events');
    const { body } = await ada.call('GET', '/sessions');
    const session = body.items.find(
      ({ principal }: { principal: { subject: string } }) => principal.subject === 'mona',
    );
    const forbidden = await sam.call('DELETE', `/sessions/${session.id}`);
    assert.equal(forbidden.status, 404);
    assert.equal(stream.hasEnded(), false);
    const ended = await ada.call('DELETE', `/sessions/${session.id}`);
    const endedAt = performance.now();
    assert.equal(ended.status, 204);
    assertCutSoon(await stream.ended, endedAt);
    assert.equal(await tryIn(visit.token, '/after'), 401);
    assert.equal((await mona.call('GET', '/me')).status, 401);
    assert.equal(await stateOf(visit), 'closed');
    assert.deepEqual(await endOf('/events'), { event: 'access.finished', cut: 'signed-out' });
  });

  /** When its answer was there. */
  async function revoke({ id }: { id: string }): Promise<number> {
    const answer = await olga.call('POST', `/grants/${id}/revocation`, {});
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return performance.now();
  }

  async function tryIn(token: string, path: string): Promise<number> {
    return (await enter(house, 'acme', token, path)).status;
  }

  async function stateOf({ id }: { id: string }): Promise<string> {
    const aaron = await Someone.signIn(house, 'staff', 'aaron');
    return (await aaron.call('GET', `/visits/${id}`)).body.state;
  }

  /** Keeps so many requests under way until it is stopped. */
  function startLoad(token: string) {
    const statuses: number[] = [];
    const pool = new Agent({ connect: { lookup: loopbackLookup }, connections: PARALLEL });
    const headers = { 'Proxy-Authorization': `Bearer ${token}` };
    let isStopped = false;
    const client = async (number: number): Promise<void> => {
      for (let at = 0; !isStopped; at += 1) {
        const url = `${house.accountUrl('acme')}/load/${number}/${at}`;
        const { statusCode, body } = await fetchOnce(url, { dispatcher: pool, headers });
        await body.dump();
        statuses.push(statusCode);
      }
    };
    const clients = Array.from({ length: PARALLEL }, (_, number) => client(number));
    return {
      admitted: () => statuses.filter((status) => status === 200).length,
      stop: async () => {
        isStopped = true;
        await Promise.all(clients);
        await pool.close();
        return statuses;
      },
    };
  }

  async function readLog(): Promise<readonly AuditRecord[]> {
    return (await checkLog(house.databaseFile)).records;
  }

  /** The end of the last attempt of a path, once it is there. */
  async function endOf(path: string): Promise<{ event: string; cut: unknown }> {
    let end: AuditRecord | undefined;
    await until(`${path} has its end in the log`, async () => {
      const records = await readLog();
      const attempt = records.findLast((record) => pathOf(record) === path);
      end = records.find((record) => record['attempt'] === attempt?.index);
      return end !== undefined;
    });
    assert.ok(end);
    return { event: end.event, cut: end['cut'] };
  }

  /** Opens an answer that does not end by itself, and waits for its first bytes. */
  async function listen(path: string): Promise<Stream> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${house.accountUrl('acme')}${path}`, {
        lookup: loopbackLookup,
        agent: false,
        headers: { 'Proxy-Authorization': `Bearer ${visit.token}` },
      })
        .once('response', resolve)
        .once('error', reject)
        .end();
    });
    assert.equal(response.statusCode, 200);
    return follow(response);
  }
});

interface Stream {
  readonly ended: Promise<{ at: number; isBroken: boolean }>;
  chunks(): number;
  hasEnded(): boolean;
}

async function follow(response: IncomingMessage): Promise<Stream> {
  let chunks = 0;
  let hasEnded = false;
  response.on('data', () => (chunks += 1));
  response.on('error', () => undefined);
  const ended = new Promise<{ at: number; isBroken: boolean }>((resolve) => {
    response.once('close', () => {
      hasEnded = true;
      resolve({ at: performance.now(), isBroken: !response.complete });
    });
  });
  await until('the stream has begun', () => chunks > 0);
  return { ended, chunks: () => chunks, hasEnded: () => hasEnded };
}

/** Half an answer must not look like a whole one. */
function assertCutSoon(ended: { at: number; isBroken: boolean }, since: number): void {
  const tookMs = ended.at - since;
  assert.ok(tookMs < CUT_WITHIN_MS, `it took ${Math.round(tookMs)} ms`);
  assert.ok(ended.isBroken, 'it looked like a whole answer');
}

/** An event stream that goes on, and a download that takes its time. */
function streamForever(house: House): void {
  house.upstream.on('/events', (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const timer = setInterval(() => response.write('data: tick\n\n'), 10);
    response.once('close', () => clearInterval(timer));
  });
  house.upstream.on('/download', (_, response) => {
    response.writeHead(200, { 'Content-Length': String(1 << 30) });
    const timer = setInterval(() => response.write(Buffer.alloc(1024)), 10);
    response.once('close', () => clearInterval(timer));
  });
}

function attemptsOn(records: readonly AuditRecord[], grant: string): AuditRecord[] {
  return records.filter(
    ({ event, basis }) => event === 'access.attempted' && idOf(basis) === grant,
  );
}

function idOf(basis: unknown): string | undefined {
  return (basis as { id?: string } | undefined)?.id;
}

function pathOf(record: AuditRecord | undefined): string | undefined {
  if (record?.event !== 'access.attempted') return undefined;
  return (record['request'] as { path: string }).path;
}
