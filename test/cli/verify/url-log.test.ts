import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SourceRefused, SourceUnreadable } from '../../../src/cli/verify/source-refused.ts';
import { verifyConsistency } from '../../../src/tlog/consistency.ts';
import type { KeptLog } from '../../support/kept-log.ts';
import { makeLog } from '../../support/made-log.ts';
import { naiveRoot } from '../../support/naive-tree.ts';
import { sha256 } from '../../support/sha256.ts';
import { type Mischief, serveTiles } from '../../support/tile-server.ts';
import { itemsOf, readUrl } from './sources.ts';

const SIZE = 1100;
/** Little on the way, 32 MiB when it has arrived. */
const ENDLESS = gzipSync(Buffer.alloc(2 ** 25));

describe('a published log', () => {
  let kept: KeptLog;

  before(async () => {
    ({ kept } = await makeLog(async (log) => {
      await log.grow(SIZE - 1);
      await log.sign();
    }));
  });

  it('is read by its address or that of its gateway: entries, and no contents', async (test) => {
    const address = await serveTiles(test, kept);
    for (const given of [address, `${address}/`, `${address}/log`, `${address}/log/`]) {
      const log = await readUrl(given);
      const items = await itemsOf(log);
      assert.deepEqual(
        items.map(({ index, entry }) => [index, new Uint8Array(entry)]),
        kept.entries.map((entry, index) => [index, entry]),
      );
      assert.ok(items.every((one) => one.content === undefined && one.withheld === 'not-asked'));
    }
  });

  it('proves that it grew from any size it had', async (test) => {
    const { leaves, size } = kept;
    const log = await readUrl(await serveTiles(test, kept));
    const to = { size, root: naiveRoot(leaves) };
    for (const from of [1, 256, 700, 1024, size]) {
      const proof = (await log.proveGrowth(from)) ?? assert.fail();
      const root = naiveRoot(leaves.slice(0, from));
      verifyConsistency(sha256, { from: { size: from, root }, to, proof });
    }
    assert.equal(await log.proveGrowth(size + 1), undefined);
  });

  it('has a few requests under way at a time, and no more', async (test) => {
    let [open, most] = [0, 0];
    const address = await serveTiles(test, kept, (path) => {
      if (!path.startsWith('tile/entries')) return undefined;
      open += 1;
      most = Math.max(most, open);
      setImmediate(() => (open -= 1));
      return undefined;
    });
    await itemsOf(await readUrl(address));
    assert.ok(most >= 1 && most <= 4, String(most));
  });

  it('is read though partial tiles are gone once there are full ones', async (test) => {
    const older = await readUrl(
      await serveTiles(test, { ...kept, note: noteOf(kept, 300) }, (path) =>
        path.includes('.p/') ? nothing : undefined,
      ),
    );
    assert.equal((await itemsOf(older)).length, 300);
    assert.equal((await older.readTile({ level: 0, index: 1, width: 44 })).length, 44 * 32);
  });

  it('is asked again when it fails for a moment', async (test) => {
    let failures = 0;
    const address = await serveTiles(test, kept, (path) => {
      if (path !== 'tile/entries/002' || failures === 2) return undefined;
      failures += 1;
      return (_, response) => response.writeHead(503).end('busy');
    });
    assert.equal((await itemsOf(await readUrl(address))).length, SIZE);
    assert.equal(failures, 2);
  });

  const nothing: RequestListener = (_, response) => response.writeHead(404).end();
  const only =
    (wanted: string, listener: RequestListener): Mischief =>
    (path) =>
      path === wanted ? listener : undefined;

  for (const [what, kind, why, mischief] of [
    ['without a checkpoint', SourceUnreadable, /no log/, only('checkpoint', nothing)],
    [
      'with a checkpoint that is none',
      SourceRefused,
      /no checkpoint/,
      only('checkpoint', (_, r) => r.end('<html>')),
    ],
    [
      'with an endless checkpoint',
      SourceRefused,
      /more than 1048576 bytes/,
      only('checkpoint', (_, r) => r.end(Buffer.alloc(2 ** 21))),
    ],
    [
      'with an entry bundle that is missing',
      SourceRefused,
      /003 is not there/,
      only('tile/entries/003', nothing),
    ],
    [
      'with an entry bundle of too few',
      SourceRefused,
      /too early/,
      only('tile/entries/003', (_, r) => r.end(Buffer.alloc(2))),
    ],
    [
      'with an entry bundle that is another’s',
      SourceRefused,
      /goes on|within/,
      only('tile/entries/003', (_, r) => r.end(Buffer.alloc(9999, 0))),
    ],
    [
      'with an entry bundle that unpacks without end',
      SourceRefused,
      /more than 16777472 bytes/,
      only('tile/entries/003', (_, r) =>
        r.writeHead(200, { 'content-encoding': 'gzip' }).end(ENDLESS),
      ),
    ],
    [
      'that packs what is none',
      SourceRefused,
      /too early/,
      only('tile/entries/003', (_, r) => r.writeHead(200, { 'content-encoding': 'gzip' }).end('x')),
    ],
    [
      'that sends elsewhere',
      SourceUnreadable,
      /redirect/,
      only('tile/entries/003', (_, r) => r.writeHead(302, { location: '/log/checkpoint' }).end()),
    ],
    [
      'that has failed for good',
      SourceUnreadable,
      /status 500/,
      only('tile/entries/003', (_, r) => r.writeHead(500).end()),
    ],
    [
      'that does not go on',
      SourceUnreadable,
      /no answer in time/,
      only('tile/entries/003', (_, r) => void r.writeHead(200).write('x')),
    ],
    [
      'that hangs up',
      SourceUnreadable,
      /entries\/003/,
      only('tile/entries/003', (_, r) => void r.destroy()),
    ],
  ] as const satisfies readonly (readonly [string, object, RegExp, Mischief])[])
    it(`is refused ${what}`, async (test) => {
      const address = await serveTiles(test, kept, mischief);
      await assert.rejects(
        readUrl(address, what === 'that does not go on' ? 300 : 20_000).then(itemsOf),
        (error) => {
          assert.ok(error instanceof kind, String(error));
          assert.match(error.message, why);
          return true;
        },
      );
    });

  it('is not there at what is no address, or where nobody listens', async () => {
    for (const address of ['', 'log', 'file:///etc/passwd', 'ftp://x/log'])
      await assert.rejects(readUrl(address), SourceUnreadable);
    await assert.rejects(readUrl('http://127.0.0.1:9'), SourceUnreadable);
  });
});

/** A checkpoint as it was at a size; nobody has signed it. */
function noteOf({ leaves }: KeptLog, size: number): Uint8Array {
  const root = Buffer.from(naiveRoot(leaves.slice(0, size))).toString('base64');
  return Buffer.from(`log.example/1\n${size}\n${root}\n\n— log.example/1 AAAAAAAA\n`);
}
