import assert from 'node:assert/strict';
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, afterEach, before, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from '../support/until.ts';
import { Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.set();
});
afterEach(async () => {
  await stage.check();
});
after(() => stage.strike());

const MEGABYTE = 1024 * 1024;
const SIZE = 50 * MEGABYTE;
const CHUNK = randomBytes(64 * 1024);
/** What the kernel keeps of both ends of two loopback connections, and then some. */
const BOUND = 30 * MEGABYTE;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of buffers that somebody still holds. */
function heldBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

function* chunks(tell: (chunk: Buffer) => void): Generator<Buffer> {
  for (let sent = 0; sent < SIZE; sent += CHUNK.length) {
    tell(CHUNK);
    yield CHUNK;
  }
}

function open(path: string, headers: Record<string, string | number> = {}): ClientRequest {
  return request({
    host: '127.0.0.1',
    port: stage.house.port,
    method: 'POST',
    path,
    agent: false,
    headers: {
      Host: stage.hostOf('acme'),
      'Proxy-Authorization': `Bearer ${stage.token}`,
      ...headers,
    },
  });
}

async function drink(stream: AsyncIterable<Buffer>, hash: Hash): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  return bytes;
}

/** Writes until the other end takes no more, and says how much it took. */
async function fill(stream: Writable): Promise<number> {
  let given = 0;
  let taken = 0;
  let takenBefore = -1;
  stream.on('error', () => {});
  const pour = (): void => {
    let hasRoom = true;
    while (hasRoom && given < SIZE) {
      given += CHUNK.length;
      hasRoom = stream.write(CHUNK, () => {
        taken += CHUNK.length;
      });
    }
  };
  stream.on('drain', pour);
  pour();
  const rounds = { still: 0 };
  await until('the stream to stand still', () => {
    rounds.still = taken === takenBefore ? rounds.still + 1 : 0;
    takenBefore = taken;
    return rounds.still > 40;
  });
  return taken;
}

describe('a body of 50 MB', () => {
  it('passes both ways at once, unchanged, and is never held whole', async () => {
    const hashes = {
      sent: createHash('sha256'),
      seen: createHash('sha256'),
      got: createHash('sha256'),
    };
    let most = 0;
    let count = 0;
    stage.house.upstream.on('/echo', (incoming, response) => {
      const watch = (chunk: Buffer): Buffer => {
        hashes.seen.update(chunk);
        count += 1;
        if (count % 64 === 0) most = Math.max(most, heldBytes());
        return chunk;
      };
      pipeline(
        incoming,
        async function* (source: AsyncIterable<Buffer>) {
          for await (const chunk of source) yield watch(chunk);
        },
        response,
      ).catch(() => {});
    });
    const held = heldBytes();
    const outgoing = open('/echo', { 'Content-Length': SIZE });
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    outgoing.once('response', resolve).once('error', reject);
    const sending = pipeline(
      chunks((chunk) => hashes.sent.update(chunk)),
      outgoing,
    );
    assert.equal(await drink(await promise, hashes.got), SIZE);
    await sending;
    const digest = hashes.sent.digest('hex');
    assert.equal(hashes.seen.digest('hex'), digest);
    assert.equal(hashes.got.digest('hex'), digest);
    assert.ok(most > 0 && most - held < 0.8 * SIZE, `${(most - held) / MEGABYTE} MB were held`);
    const attempt = (await stage.check()).findLast(({ event }) => event === 'access.attempted');
    const end = await stage.endOf(attempt?.index ?? -1);
    assert.equal(end['bytesIn'], SIZE);
    assert.equal(end['bytesOut'], SIZE);
  });
});

describe('a reader that does not read', () => {
  it('holds the application back: a client that stalls costs bounded memory', async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    stage.house.upstream.on('/download', (_, response) => {
      response.writeHead(200, { 'Content-Length': SIZE });
      void fill(response).then(resolve);
    });
    const outgoing = open('/download', { 'Content-Length': 0 });
    outgoing.once('response', (answer) => answer.pause());
    outgoing.on('error', () => {});
    outgoing.end();
    const taken = await promise;
    outgoing.destroy();
    assert.ok(taken < BOUND, `${taken / MEGABYTE} MB were taken`);
  });

  it('holds the client back: an application that stalls costs bounded memory', async () => {
    stage.house.upstream.on('/upload', (incoming) => void incoming.pause());
    const outgoing = open('/upload', { 'Content-Length': SIZE });
    const taken = await fill(outgoing);
    outgoing.destroy();
    assert.ok(taken < BOUND, `${taken / MEGABYTE} MB were taken`);
  });
});
