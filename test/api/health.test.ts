import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Counter, Registry } from '@prometheus-io/client';
import express from 'express';
import request from 'supertest';
import { createHealth, createJwks, type Readiness } from '../../src/api/health.ts';
import { problemOf } from '../../src/http/expected-error.ts';

function createApp({ readiness, isTrusted = true }: { readiness: Readiness; isTrusted?: boolean }) {
  const metrics = new Registry();
  const counter = new Counter({ name: 'doors', help: 'Doors.', registers: [metrics] });
  counter.inc(3);
  const app = express();
  app.use(createHealth({ readiness: () => readiness, metrics, isTrusted: () => isTrusted }));
  app.use(createJwks(async () => ({ keys: [{ kty: 'OKP', kid: 'one' }] })));
  app.use(((error: unknown, _request, response, _next) => {
    response.status(problemOf(error)?.status ?? 500).end();
  }) satisfies express.ErrorRequestHandler);
  return app;
}

const ready = { isReady: true } as const;

describe('health', () => {
  it('says that the process is alive, ready or not', async () => {
    const app = createApp({ readiness: { isReady: false, reasons: ['x'] } });
    const answer = await request(app).get('/healthz').expect(200);
    assert.equal(answer.text, 'ok\n');
  });

  it('says whether it is ready, and what stands in the way', async () => {
    await request(createApp({ readiness: ready }))
      .get('/readyz')
      .expect(200);
    const app = createApp({ readiness: { isReady: false, reasons: ['log', 'keys'] } });
    const answer = await request(app).get('/readyz').expect(503);
    assert.equal(answer.text, 'log\nkeys\n');
    assert.equal(answer.headers['cache-control'], 'no-store');
  });

  it('tells beside it what changes nothing', async () => {
    const remarks = ['witnessed: 5 entries'];
    const app = createApp({ readiness: { ...ready, remarks } });
    assert.equal(
      (await request(app).get('/readyz').expect(200)).text,
      'ready\nwitnessed: 5 entries\n',
    );
    const not = createApp({ readiness: { isReady: false, reasons: ['log'], remarks } });
    assert.equal(
      (await request(not).get('/readyz').expect(503)).text,
      'log\nwitnessed: 5 entries\n',
    );
  });

  it('shows the metrics as Prometheus text to those who are trusted', async () => {
    const answer = await request(createApp({ readiness: ready }))
      .get('/metrics')
      .expect(200);
    assert.match(answer.headers['content-type'] ?? '', /^text\/plain/);
    assert.match(answer.text, /^doors 3$/m);
  });

  it('has no metrics for anybody else', async () => {
    await request(createApp({ readiness: ready, isTrusted: false }))
      .get('/metrics')
      .expect(404);
  });

  it('publishes the keys of the assertion', async () => {
    const answer = await request(createApp({ readiness: ready })).get('/.well-known/jwks.json');
    assert.match(answer.headers['content-type'] ?? '', /^application\/jwk-set\+json/);
    assert.deepEqual(JSON.parse(answer.text), { keys: [{ kty: 'OKP', kid: 'one' }] });
  });
});
