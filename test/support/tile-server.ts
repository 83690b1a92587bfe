import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { encodeEntryBundle } from '../../src/tlog/entry-bundle.ts';
import { parseTilePath } from '../../src/tlog/tile-path.ts';
import type { KeptLog } from './kept-log.ts';
import { naiveRoot } from './naive-tree.ts';

/** What somebody's own server of tiles does with a request; `undefined` if it does the right thing. */
export type Mischief = (path: string) => RequestListener | undefined;

/** Serves a log on loopback, for the time of a test, as its publisher would; answers its address. */
export async function serveTiles(
  test: TestContext,
  log: KeptLog,
  mischief: Mischief = () => undefined,
): Promise<string> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/^\/log\//, '');
    const odd = mischief(path);
    if (odd !== undefined) return odd(request, response);
    const bytes = answerOf(log, path);
    if (bytes === undefined) return void response.writeHead(404).end();
    if (!path.startsWith('tile/entries/')) return void response.end(bytes);
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function answerOf(log: KeptLog, path: string): Uint8Array | undefined {
  if (path === 'checkpoint') return log.note;
  if (!path.startsWith('tile/')) return undefined;
  const { level, index, width } = parseTilePath(path);
  const [from, to] = [index * 256, index * 256 + width];
  if (level === 'entries')
    return to > log.size ? undefined : encodeEntryBundle(log.entries.slice(from, to));
  const span = 256 ** level;
  if (to * span > log.size) return undefined;
  const hashes = Array.from({ length: width }, (_, n) =>
    naiveRoot(log.leaves.slice((from + n) * span, (from + n + 1) * span)),
  );
  return Buffer.concat(hashes);
}
