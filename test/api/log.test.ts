import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import express from 'express';
import request from 'supertest';
import { createLogDoor, type PublicLog } from '../../src/api/log.ts';
import { problemOf } from '../../src/http/expected-error.ts';

const BUNDLE = Buffer.alloc(2000, 'entry');

function createApp(over: Partial<PublicLog> = {}) {
  const app = express();
  app.use(
    createLogDoor({
      checkpoint: () => Buffer.from('note\n'),
      verifierKeys: () => 'key\n',
      readTile: async (path) => (path.endsWith('/000') ? BUNDLE : undefined),
      ...over,
    }),
  );
  app.use(((error: unknown, _request, response, _next) => {
    response.status(problemOf(error)?.status ?? 500).end();
  }) satisfies express.ErrorRequestHandler);
  return app;
}

describe('the door of the public log', () => {
  for (const [accepted, encoding] of [
    ['gzip', 'gzip'],
    ['br, gzip;q=0.5', 'gzip'],
    ['gzip;q=0', undefined],
    ['identity', undefined],
    ['br', undefined],
    ['', undefined],
  ] as const)
    it(`compresses a bundle of entries for whoever accepts "${accepted}": ${encoding ?? 'no'}`, async () => {
      const answer = await request(createApp())
        .get('/log/tile/entries/000')
        .set('Accept-Encoding', accepted)
        .buffer(true)
        .expect(200);
      assert.equal(answer.headers['content-encoding'], encoding);
      assert.equal(answer.headers['vary'], 'Accept-Encoding');
      assert.deepEqual(answer.body, BUNDLE);
    });

  it('compresses no tile of hashes', async () => {
    const answer = await request(createApp())
      .get('/log/tile/0/000')
      .set('Accept-Encoding', 'gzip')
      .expect(200);
    assert.equal(answer.headers['content-encoding'], undefined);
    assert.match(answer.headers['cache-control'] ?? '', /immutable/);
  });

  it('has no checkpoint before the first is signed', async () => {
    await request(createApp({ checkpoint: () => undefined }))
      .get('/log/checkpoint')
      .expect(404);
  });

  it('answers HEAD, and takes no other method', async () => {
    for (const path of ['/log/checkpoint', '/log/vkey', '/log/tile/0/000']) {
      await request(createApp()).head(path).expect(200);
      for (const method of ['post', 'put', 'delete'] as const) {
        const answer = await request(createApp())[method](path).expect(405);
        assert.equal(answer.headers['allow'], 'GET, HEAD');
      }
    }
  });

  it('gives the path to the log as it was sent', async () => {
    const asked: string[] = [];
    const readTile = async (path: string) => void asked.push(path);
    for (const path of ['/log/tile/0/%30', '/log/tile/entries/x001/067.p/3?x=1'])
      await request(createApp({ readTile })).get(path).expect(404);
    assert.deepEqual(asked, ['tile/0/%30', 'tile/entries/x001/067.p/3']);
  });

  it('says nothing of a fault', async () => {
    const readTile = () => Promise.reject(new Error('a secret'));
    const answer = await request(createApp({ readTile })).get('/log/tile/0/000').expect(500);
    assert.equal(answer.text, '');
    assert.equal(answer.headers['cache-control'], undefined);
  });
});
