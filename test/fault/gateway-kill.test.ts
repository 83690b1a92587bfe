import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AuditRecord } from '../../src/audit/record.ts';
import { type GatewayProcess, startProcess, until } from '../support/gateway-process.ts';
import { buildHouse, enter, type House, Someone } from '../support/house.ts';
import { headerOf } from '../support/lenient-upstream.ts';
import { checkLog } from '../support/log-checker.ts';

// `npm run test:long` sets more.
const ROUNDS = Number(process.env['SALLYPORT_KILLS'] ?? '5');
const SEED = Number(process.env['SALLYPORT_SEED'] ?? '20261123');
const CLIENTS = 12;

/** What a client got for a request; `undefined` when the gateway died under it. */
type Got = number | undefined;

describe('a gateway that is killed under load', () => {
  const draw = seeded(SEED);
  const got = new Map<string, Got>();
  let house: House;
  let gateway: GatewayProcess;
  let token: string;

  before(async () => {
    house = await buildHouse();
    gateway = await startProcess(house);
    const olga = await Someone.signIn(house, 'owners', 'olga');
    const sam = await Someone.signIn(house, 'staff', 'sam');
    await olga.allow('acme', { scope: 'write' });
    ({ token } = await sam.visit('acme', { scope: 'write' }));
  });

  after(async () => {
    await gateway.kill();
    await house.close();
  });

  for (let round = 1; round <= ROUNDS; round += 1) {
    it(`loses no record of what the upstream saw (round ${round}, seed ${SEED})`, async () => {
      await killUnderLoad(round);
      gateway = await startProcess(house);
      const { records } = await checkLog(house.databaseFile, { isStopped: true });
      const attempts = records.filter(({ event }) => event === 'access.attempted');
      assertHitsAreRecorded(attempts);
      assertEnds(records, attempts);
      assertAnswersAreRecorded(attempts);
    });
  }

  it('was killed while requests were under way, and has said so', async () => {
    const { records } = await checkLog(house.databaseFile);
    const crashes = records.filter(({ event }) => event === 'access.interrupted');
    assert.ok(crashes.length > 0, 'no kill met a request under way');
    for (const { why } of crashes as { why?: unknown }[]) assert.equal(why, 'crash');
    assert.ok([...got.values()].includes(undefined));
  });

  it('goes on with the same visit afterwards', async () => {
    assert.equal((await enter(house, 'acme', token, '/after-all')).status, 200);
  });

  /** Clients ask without a pause until it dies, at a moment that the seed decides. */
  async function killUnderLoad(round: number): Promise<void> {
    const answersBefore = 20 + Math.floor(draw() * 150);
    const delayMs = draw() * 15;
    let answers = 0;
    let isDead = false;
    const client = async (number: number): Promise<void> => {
      for (let at = 0; !isDead; at += 1) {
        const status = await ask(`/killed/${round}/${number}/${at}`, at);
        if (status === 200) answers += 1;
      }
    };
    const clients = Array.from({ length: CLIENTS }, (_, number) => client(number));
    await until('the load has come up', () => answers >= answersBefore);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await gateway.kill();
    isDead = true;
    await Promise.all(clients);
  }

  async function ask(path: string, at: number): Promise<Got> {
    const method = at % 3 === 0 ? 'POST' : 'GET';
    // Some are slow, so that a kill meets requests that wait for the upstream.
    if (at % 4 === 0)
      house.upstream.on(path, (request, response) => {
        request.resume();
        setTimeout(() => response.end('slow'), 25);
      });
    const init = method === 'POST' ? { method, body: `body of ${path}` } : { method };
    const status = await enter(house, 'acme', token, path, init).then(
      (answer) => answer.status,
      () => undefined,
    );
    got.set(`${method} ${path}`, status);
    return status;
  }

  function assertHitsAreRecorded(attempts: readonly AuditRecord[]): void {
    const byIndex = new Map(attempts.map((attempt) => [String(attempt.index), nameOf(attempt)]));
    const seen = new Set<string>();
    for (const hit of house.upstream.hits) {
      const name = `${hit.method} ${hit.target}`;
      assert.equal(byIndex.get(headerOf(hit, 'Sallyport-Record') ?? ''), name);
      assert.ok(!seen.has(name), `${name} was sent twice`);
      seen.add(name);
    }
  }

  function assertEnds(records: readonly AuditRecord[], attempts: readonly AuditRecord[]): void {
    const ended = records.flatMap((record) =>
      record.event === 'access.finished' || record.event === 'access.interrupted'
        ? [record['attempt']]
        : [],
    );
    const started = attempts.map(({ index }) => index);
    assert.deepEqual(ended.toSorted(byNumber), started.toSorted(byNumber));
  }

  function assertAnswersAreRecorded(attempts: readonly AuditRecord[]): void {
    const recorded = new Set(attempts.map(nameOf));
    for (const [name, status] of got) {
      assert.ok(status === 200 || status === undefined, `${name}: ${status}`);
      if (status === 200) assert.ok(recorded.has(name), `${name} was answered and is not recorded`);
    }
  }
});

function nameOf({ request }: AuditRecord & { request?: unknown }): string {
  const { method, path } = request as { method: string; path: string };
  return `${method} ${path}`;
}

function byNumber(a: unknown, b: unknown): number {
  return Number(a) - Number(b);
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
