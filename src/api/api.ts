import type { IncomingMessage } from 'node:http';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Control } from '../control/control.ts';
import { parseInput } from '../control/input.ts';
import type { Network } from '../domain/event.ts';
import { Problem } from '../domain/problem.ts';
import { requireSignIn } from '../http/sign-in.ts';
import type { Call, Endpoint } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { sendHandout } from './handout.ts';
import { type JsonBody, readJsonBody } from './json-body.ts';
import { readOnce } from './once.ts';
import { describeApi } from './openapi.ts';
import { readQuery } from './query.ts';
import { noFields } from './schemas.ts';

export interface ApiOptions {
  readonly control: Control;
  /** Where a request came from, as it is recorded. */
  readonly networkOf: (request: IncomingMessage) => Network;
  /** The origin that pages and API are reached under. */
  readonly publicOrigin: string;
  /** The version of the gateway. */
  readonly version: string;
}

/**
 * The JSON control plane, to be mounted at `/api/v1` behind the sign-in and the refusal of foreign
 * requests. It throws problems; whoever mounts it answers them.
 */
export function createApi(options: ApiOptions): Router {
  const router = Router({ strict: true, caseSensitive: true });
  const document = describeApi(ENDPOINTS, options);
  router.use((_, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  router.get('/openapi.json', (_, response) => {
    response.json(document);
  });
  for (const endpoint of ENDPOINTS)
    router[endpoint.method](routeOf(endpoint.path), serve(options, endpoint));
  for (const [path, methods] of methodsByPath()) router.all(routeOf(path), refuseMethod(methods));
  router.all('/openapi.json', refuseMethod(['GET', 'HEAD']));
  return router;
}

function serve(options: ApiOptions, endpoint: Endpoint): RequestHandler {
  return async (request, response) => {
    const call = await readCall(options, endpoint, request, response);
    if (endpoint.media !== undefined)
      return sendHandout(request, response, await endpoint.serve(call));
    const answer = await endpoint.serve(call);
    response.status(endpoint.status);
    if (endpoint.status === 204) response.end();
    else response.json(answer);
  };
}

/** Who asks comes first: what nobody signed for is not read. */
async function readCall(
  { control, networkOf }: ApiOptions,
  endpoint: Endpoint,
  request: Request,
  response: Response,
): Promise<Call> {
  const caller = { session: requireSignIn(request).session, network: networkOf(request) };
  const query = readQuery(request);
  if (endpoint.query === undefined) parseInput(noFields, query);
  const body = takesBody(endpoint) ? await readJsonBody(request, response) : undefined;
  return {
    control,
    caller,
    path: pathOf(request),
    query,
    body: bodyOf(body),
    once: endpoint.takesIdempotencyKey === true ? readOnce(request, caller, body) : undefined,
  };
}

function takesBody({ method }: Endpoint): boolean {
  return method === 'post' || method === 'put' || method === 'patch';
}

function bodyOf(body: JsonBody | undefined): unknown {
  return body === undefined ? {} : body.value;
}

/** Our paths have no wildcards, so each part is one text. */
function pathOf({ params }: Request): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(params).map(([name, part]) => [name, String(part)]));
}

function routeOf(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function methodsByPath(): Map<string, readonly string[]> {
  const methods = new Map<string, readonly string[]>();
  for (const { path, method } of ENDPOINTS) {
    const here = method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()];
    methods.set(path, [...(methods.get(path) ?? []), ...here]);
  }
  return methods;
}

function refuseMethod(methods: readonly string[]): RequestHandler {
  return (_, response) => {
    const allowed = methods.join(', ');
    response.setHeader('Allow', allowed);
    throw new Problem('method-not-allowed', `This address takes ${allowed}.`);
  };
}
