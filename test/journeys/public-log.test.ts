import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { decodeEnvelope } from '../../src/audit/envelope.ts';
import { readConfig } from '../../src/config.ts';
import { GATEWAY } from '../../src/domain/event.ts';
import { createLogger } from '../../src/http/log.ts';
import { type RunningGateway, startGateway } from '../../src/main-gateway.ts';
import type { Foundation } from '../../src/main-foundation.ts';
import type { Checkpoint } from '../../src/tlog/checkpoint.ts';
import { planConsistency, verifyConsistency } from '../../src/tlog/consistency.ts';
import { hashLeaf } from '../../src/tlog/hash.ts';
import { planInclusion, verifyInclusion } from '../../src/tlog/inclusion.ts';
import { fulfil, planRoot } from '../../src/tlog/tile-plan.ts';
import { formatTilePath } from '../../src/tlog/tile-path.ts';
import { tilesOf } from '../../src/tlog/tile.ts';
import { buildHouse, type House } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';
import { naiveRoot } from '../support/naive-tree.ts';
import { hex, sha256 } from '../support/sha256.ts';
import { TileClient } from '../support/tile-client.ts';
import { until } from '../support/until.ts';

const ORIGIN = 'tests.sallyport.localhost/access';
const ENTRIES = 600;

/** Somebody at the log's public address, with nothing but HTTP and a hash. */
describe('the public log', () => {
  let house: House;
  let gateway: RunningGateway;
  let foundation: Foundation;
  let client: TileClient;
  const seen: Checkpoint[] = [];

  before(async () => {
    house = await buildHouse({ config: { log: { origin: ORIGIN, checkpointEvery: '50ms' } } });
    await open();
    client = new TileClient(`${house.publicUrl}/log`);
  });

  after(async () => {
    await gateway.stop(1000);
    await house.close();
  });

  async function open(): Promise<void> {
    const config = readConfig({ file: house.configFile, env: {} });
    gateway = await startGateway(config, createLogger({ level: 'silent' }), async (built) => {
      foundation = built;
    });
  }

  async function remark(times: number): Promise<void> {
    const event = { event: 'log.read', actor: GATEWAY, query: 'x', count: 0 } as const;
    await Promise.all(Array.from({ length: times }, () => foundation.recorder.record([event])));
  }

  /** Waits until everything recorded so far is signed, as somebody outside sees it. */
  async function signed(): Promise<Checkpoint> {
    const { size } = await foundation.store.reader.logState();
    await until('the checkpoint covers the log', async () => {
      const answer = await client.ask('checkpoint');
      return answer.status === 200 && Number((await answer.text()).split('\n')[1]) >= size;
    });
    const checkpoint = await client.checkpoint(ORIGIN);
    seen.push(checkpoint);
    return checkpoint;
  }

  it('grows by checkpoints that its key has signed', async () => {
    let last = await signed();
    while (last.size < ENTRIES) {
      await remark(97);
      const next = await signed();
      assert.ok(next.size > last.size);
      last = next;
    }
  });

  it('shows every entry, and they make the root that was signed', async () => {
    for (const { size, root } of seen) {
      const entries = await client.entries(size);
      assert.equal(entries.length, size);
      const leaves = entries.map((entry) => hashLeaf(sha256, entry));
      assert.equal(hex(naiveRoot(leaves)), hex(root), `size ${size}`);
    }
    const [first = new Uint8Array()] = await client.entries(1);
    const payload = decodeEnvelope(first).publicPayload ?? new Uint8Array();
    assert.equal(JSON.parse(new TextDecoder().decode(payload)).origin, ORIGIN);
  });

  it('shows the tiles of each size that was signed, and they make its root too', async () => {
    for (const { size, root } of seen) {
      assert.equal(hex(await fulfil(planRoot(sha256, size), client.tile)), hex(root));
      for (const tile of tilesOf(size))
        assert.equal((await client.tile(tile)).length, tile.width * 32, formatTilePath(tile));
    }
    const levels = new Set([...tilesOf(ENTRIES)].map(({ level }) => level));
    assert.deepEqual([...levels], [0, 1]);
  });

  it('proves of every entry that it is in it', async () => {
    const { size, root } = seen.at(-1) ?? assert.fail();
    const entries = await client.entries(size);
    const tiles = new Map<string, Promise<Uint8Array>>();
    for (const [index, entry] of entries.entries()) {
      const proof = await fulfil(planInclusion(sha256, index, size), (tile) => {
        const path = formatTilePath(tile);
        const bytes = tiles.get(path) ?? client.tile(tile);
        tiles.set(path, bytes);
        return bytes;
      });
      verifyInclusion(sha256, { leaf: hashLeaf(sha256, entry), index, size, root, proof });
    }
  });

  it('proves that each checkpoint goes on from the one before', async () => {
    for (const [at, to] of seen.entries()) {
      const from = seen[at - 1];
      if (from === undefined) continue;
      const plan = planConsistency(sha256, from.size, to.size);
      verifyConsistency(sha256, { from, to, proof: await fulfil(plan, client.tile) });
    }
  });

  it('answers as C2SP tlog-tiles says, to anybody and without cookies', async () => {
    for (const [path, type, caching] of [
      ['checkpoint', 'text/plain; charset=utf-8', /^public, max-age=[1-5]$/],
      ['vkey', 'text/plain; charset=utf-8', /max-age/],
      ['tile/0/000', 'application/octet-stream', /max-age=31536000, immutable/],
      ['tile/0/001.p/7', 'application/octet-stream', /max-age=31536000, immutable/],
      ['tile/1/000.p/1', 'application/octet-stream', /max-age=31536000, immutable/],
      ['tile/entries/000', 'application/octet-stream', /max-age=31536000, immutable/],
    ] as const) {
      const answer = await client.ask(path, { headers: { Cookie: 'sallyport=nonsense' } });
      assert.equal(answer.status, 200, path);
      assert.equal(answer.headers.get('content-type'), type);
      assert.match(answer.headers.get('cache-control') ?? '', caching);
      assert.equal(answer.headers.get('access-control-allow-origin'), '*');
      assert.equal(answer.headers.get('set-cookie'), null);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    }
  });

  for (const path of [
    'tile/0/003',
    'tile/0/002',
    'tile/0/009.p/1',
    'tile/1/000',
    'tile/1/000.p/200',
    'tile/2/000.p/1',
    'tile/63/x999/x999/x999/999',
    'tile/0/000.p/256',
    'tile/0/000.p/0',
    'tile/0/000.p/01',
    'tile/0/000.p/-1',
    'tile/0/000.p/1e1',
    'tile/0/000.p',
    'tile/0/000.p/',
    'tile/0/00',
    'tile/0/0000',
    'tile/0/x000/000',
    'tile/0/000/',
    'tile/00/000',
    'tile/64/000.p/1',
    'tile/-1/000',
    'tile/0/%30%30%30',
    'tile/0/x9999/000',
    'tile/0/x999/x999/x999/x999/x999/x999/999',
    'tile/Entries/000',
    'tile/entries/009',
    'tile/entries/000.p/300',
    'tile/entries',
    'tile/',
    'tile',
    'checkpoint/',
    'Checkpoint',
    'checkpoints',
    '',
    "tile/0/000'--",
    'tile/0/000%00',
    'tile/0/%2e%2e/000',
    'tile/0//000',
    `tile/0/${'x000/'.repeat(500)}000`,
  ])
    it(`has nothing at /log/${path.slice(0, 60)}`, async () => {
      const answer = await client.ask(path);
      assert.ok([400, 404].includes(answer.status), String(answer.status));
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      await answer.arrayBuffer();
    });

  it('keeps key and guard for their owner alone', () => {
    for (const name of ['data/log.key', 'data/sallyport.db.guard'])
      assert.equal(statSync(join(house.dir, name)).mode & 0o777, 0o600, name);
    assert.match(
      readFileSync(join(house.dir, 'data/log.key'), 'utf8'),
      /^PRIVATE\+KEY\+tests\.sallyport\.localhost\/access\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*\n$/,
    );
  });

  it('signs its last entry when the gateway stops, and goes on from there', async () => {
    const earlier = await signed();
    await gateway.stop(1000);
    const { size, records, rootHash } = await checkLog(house.databaseFile, { isStopped: true });
    assert.equal(records.at(-1)?.event, 'gateway.stopped');
    const guard = readFileSync(join(house.dir, 'data/sallyport.db.guard'), 'utf8').split('\n');
    assert.deepEqual(guard.slice(0, 3), [
      ORIGIN,
      String(size),
      Buffer.from(rootHash, 'hex').toString('base64'),
    ]);
    await open();
    const next = await signed();
    assert.ok(next.size > size && size > earlier.size);
    const proof = await fulfil(planConsistency(sha256, earlier.size, next.size), client.tile);
    verifyConsistency(sha256, { from: earlier, to: next, proof });
  });
});
