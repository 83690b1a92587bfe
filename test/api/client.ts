import assert from 'node:assert/strict';
import request, { type Response } from 'supertest';
import { ENDPOINTS } from '../../src/api/endpoints.ts';
import type { ControlPlane } from '../support/control-plane.ts';

/** A program that calls the API with the cookie of a sign-in, as a page of ours would. */
export interface Client {
  get(path: string): Promise<Response>;
  post(path: string, body?: object, headers?: Record<string, string>): Promise<Response>;
  patch(path: string, body?: object): Promise<Response>;
  put(path: string, body?: object): Promise<Response>;
  delete(path: string): Promise<Response>;
}

/** Every good answer is held against the schema the OpenAPI document is made of. */
export function createClient(plane: ControlPlane, cookie: string): Client {
  const agent = request(plane.address);
  const base = '/api/v1';
  return {
    get: async (path) => checked('get', path, await agent.get(base + path).set('Cookie', cookie)),
    post: async (path, body = {}, headers = {}) => {
      const call = agent
        .post(base + path)
        .set({ Cookie: cookie, Origin: plane.origin, ...headers });
      return checked('post', path, await call.send(body));
    },
    patch: async (path, body = {}) => {
      const call = agent.patch(base + path).set({ Cookie: cookie, Origin: plane.origin });
      return checked('patch', path, await call.send(body));
    },
    put: async (path, body = {}) => {
      const call = agent.put(base + path).set({ Cookie: cookie, Origin: plane.origin });
      return checked('put', path, await call.send(body));
    },
    delete: async (path) => {
      const call = agent.delete(base + path).set({ Cookie: cookie, Origin: plane.origin });
      return checked('delete', path, await call);
    },
  };
}

/** Asserts a refusal: its status, its code and its media type (RFC 9457). */
export function assertProblem(answer: Response, status: number, code: string): void {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.match(answer.type, /^application\/problem\+json/);
  assert.match(answer.body.type, new RegExp(`/problems/${code}$`));
  assert.equal(answer.body.status, status);
}

/** The pointers of the mistakes in a refusal. */
export function pointersOf(answer: Response): string[] {
  return (answer.body.errors ?? []).map(({ pointer }: { pointer: string }) => pointer);
}

function checked(method: string, path: string, answer: Response): Response {
  if (answer.status >= 300) return answer;
  const plain = path.replace(/\?.*$/, '');
  const endpoint = ENDPOINTS.find(
    (one) => one.method === method && patternOf(one.path).test(plain),
  );
  assert.ok(endpoint !== undefined, `${method} ${path} answers, and is no endpoint`);
  assert.equal(answer.status, endpoint.status);
  assert.equal(answer.headers['cache-control'], 'no-store');
  if (endpoint.answer !== undefined) endpoint.answer.parse(answer.body);
  return answer;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}
