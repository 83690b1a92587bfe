import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import request, { type Response } from 'supertest';
import { ENDPOINTS } from '../../src/api/endpoints.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';

describe('the OpenAPI document', () => {
  let plane: ControlPlane;
  let document: Response['body'];
  before(async () => {
    plane = await startControlPlane();
    document = (await request(plane.address).get('/api/v1/openapi.json').expect(200)).body;
  });
  after(() => plane.close());

  it('says which OpenAPI it is, and where the calls are', () => {
    assert.match(document['openapi'], /^3\.1\./);
    assert.equal(document['servers'][0].url, `${plane.origin}/api/v1`);
  });

  it('describes every call there is, and none that is not', () => {
    const described = Object.entries<object>(document['paths']).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    const served = ENDPOINTS.map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(described.toSorted(), served.toSorted());
  });

  it('names every call once', () => {
    assert.equal(new Set(ENDPOINTS.map(({ name }) => name)).size, ENDPOINTS.length);
  });

  it('has no reference that leads nowhere', () => {
    const text = JSON.stringify(document);
    const names = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    assert.ok(names.length > 10);
    for (const name of names)
      assert.ok(name !== undefined && name in document['components'].schemas);
  });

  it('declares each part of a path as a required parameter', () => {
    for (const { method, path } of ENDPOINTS) {
      const parameters: { in: string; name: string; required: boolean }[] =
        document['paths'][path][method].parameters ?? [];
      const names = parameters.filter((one) => one.in === 'path' && one.required);
      assert.deepEqual(
        names.map(({ name }) => `{${name}}`),
        [...path.matchAll(/\{\w+\}/g)].map(([part]) => part),
        path,
      );
    }
  });

  it('says that fields it does not name are refused', () => {
    const body = document['paths']['/visits'].post.requestBody.content['application/json'].schema;
    assert.equal(body.additionalProperties, false);
    assert.deepEqual(body.required, ['account', 'purpose']);
    assert.equal(body.properties.account.type, 'string');
  });

  it('says that the duration of a grant is text', () => {
    const path = document['paths']['/accounts/{account}/grants'];
    const body = path.post.requestBody.content['application/json'].schema;
    assert.equal(body.properties.duration.type, 'string');
    assert.equal(body.properties.expiresAt.format, 'date-time');
    assert.deepEqual(body.required, ['grantee', 'scope']);
  });
});
