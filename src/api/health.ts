import type { IncomingMessage } from 'node:http';
import type { Registry } from '@prometheus-io/client';
import { type RequestHandler, Router } from 'express';
import { Problem } from '../domain/problem.ts';

/** Whether a visit could be admitted now; if not, why. */
export type Readiness = (
  | { readonly isReady: true }
  | { readonly isReady: false; readonly reasons: readonly string[] }
) & {
  /** What is told beside it, and changes nothing. */
  readonly remarks?: readonly string[];
};

export interface HealthOptions {
  readonly readiness: () => Readiness | Promise<Readiness>;
  readonly metrics: Registry;
  /** Whether whoever asks may see the metrics: this machine, or a trusted proxy. */
  readonly isTrusted: (request: IncomingMessage) => boolean;
}

/** `/healthz`, `/readyz` and `/metrics`: for machines that watch over this one. Nobody signs in for them. */
export function createHealth(options: HealthOptions): Router {
  const router = Router({ strict: true, caseSensitive: true });
  router.get('/healthz', answerAlive);
  router.get('/readyz', answerReady(options));
  router.get('/metrics', answerMetrics(options));
  return router;
}

/** The keys that verify the assertion upstreams receive (RFC 7517). `keys` gives the public ones. */
export function createJwks(keys: () => Promise<{ readonly keys: readonly object[] }>): Router {
  const router = Router({ strict: true, caseSensitive: true });
  router.get('/.well-known/jwks.json', async (_, response) => {
    const set = await keys();
    response.setHeader('Cache-Control', 'public, max-age=60');
    response.type('application/jwk-set+json').send(JSON.stringify(set));
  });
  return router;
}

const answerAlive: RequestHandler = (_, response) => {
  response.setHeader('Cache-Control', 'no-store');
  response.type('text/plain').send('ok\n');
};

function answerReady({ readiness }: HealthOptions): RequestHandler {
  return async (_, response) => {
    const found = await readiness();
    response.setHeader('Cache-Control', 'no-store');
    response.status(found.isReady ? 200 : 503).type('text/plain');
    const lines = [...(found.isReady ? ['ready'] : found.reasons), ...(found.remarks ?? [])];
    response.send(`${lines.join('\n')}\n`);
  };
}

/** For others there is no such address. */
function answerMetrics({ metrics, isTrusted }: HealthOptions): RequestHandler {
  return async (request, response) => {
    if (!isTrusted(request)) throw new Problem('not-found', 'There is nothing at this address.');
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Content-Type', metrics.contentType);
    response.end(await metrics.metrics());
  };
}
