import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import express from 'express';
import { sendHandout } from '../../src/api/handout.ts';
import { beginDownload, download } from '../support/download.ts';
import { until } from '../support/until.ts';

const CHUNK = 64 * 1024;

describe('a file that is sent part by part', () => {
  let server: Server;
  let url: string;
  const faults: unknown[] = [];
  const asked = { chunks: 0, hasEnded: false };

  async function* chunks(times: number, fails = false): AsyncGenerator<Uint8Array, void, void> {
    asked.chunks = 0;
    asked.hasEnded = false;
    try {
      for (let n = 0; n < times; n += 1) {
        asked.chunks += 1;
        yield new Uint8Array(CHUNK);
      }
      if (fails) throw new Error('the disk is gone');
    } finally {
      asked.hasEnded = true;
    }
  }

  before(async () => {
    const app = express();
    const about = { mediaType: 'application/zip', fileName: 'a.zip' };
    app.get('/endless', (request, response) =>
      sendHandout(request, response, { ...about, chunks: chunks(Infinity) }),
    );
    app.get('/short', (request, response) =>
      sendHandout(request, response, { ...about, chunks: chunks(3) }),
    );
    app.get('/broken', (request, response) =>
      sendHandout(request, response, { ...about, chunks: chunks(3, true) }),
    );
    const onFault: express.ErrorRequestHandler = (error, _request, response, _next) => {
      faults.push(error);
      response.destroy();
    };
    app.use(onFault);
    server = createServer(app).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  it('is named, and comes whole', async () => {
    const { headers, bytes } = await download(`${url}/short`, '');
    assert.equal(headers['content-type'], 'application/zip');
    assert.equal(headers['content-disposition'], 'attachment; filename="a.zip"');
    assert.equal(bytes.length, 3 * CHUNK);
  });

  it('is made no faster than it is taken, and no more once the client has left', async () => {
    const answer = await beginDownload(`${url}/endless`, '');
    let seen = -1;
    await until('nothing more is asked for', async () => {
      const isStill = seen === asked.chunks;
      seen = asked.chunks;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return isStill && seen === asked.chunks;
    });
    assert.ok(!asked.hasEnded);
    answer.destroy();
    await until('the reading ended', () => asked.hasEnded);
    assert.deepEqual(faults, []);
  });

  it('does not look whole when it breaks', async () => {
    await assert.rejects(download(`${url}/broken`, ''), /aborted/);
    assert.match(String(faults), /the disk is gone/);
  });
});
