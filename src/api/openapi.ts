import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import { PROBLEMS, type ProblemCode } from '../domain/problem.ts';
import type { Endpoint } from './endpoint.ts';

/** What any call may be refused with. */
const EVERYWHERE: readonly ProblemCode[] = ['sign-in-required', 'log-unavailable'];
const WITH_BODY: readonly ProblemCode[] = ['cross-site', 'invalid-request', 'content-too-large'];

const problemAnswer = z
  .looseObject({
    type: z.string().meta({ description: 'Ends in the code of the problem.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'A refusal (RFC 9457).' });

/** The OpenAPI 3.1 document of these calls, made of the very schemas that read and write them. */
export function describeApi(
  endpoints: readonly Endpoint[],
  { publicOrigin, version }: { publicOrigin: string; version: string },
): object {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const endpoint of endpoints) {
    const item = (paths[endpoint.path] ??= {});
    item[endpoint.method] = describeCall(endpoint);
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Sallyport',
      version,
      description: 'Who may enter a customer account, who is in it, and what was done there.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: `${publicOrigin}/api/v1` }],
    security: [{ session: [] }],
    components: {
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: publicOrigin.startsWith('https:') ? '__Host-sallyport' : 'sallyport',
          description:
            'The cookie of a sign-in. Unsafe methods need our own Origin, or Sec-Fetch-Site: same-origin.',
        },
      },
    },
    paths,
  });
}

function describeCall(endpoint: Endpoint): ZodOpenApiOperationObject {
  const { name, summary, path, query, body, status } = endpoint;
  const pathNames = [...path.matchAll(/\{(\w+)\}/g)].map(([, part = '']) => part);
  return {
    operationId: name,
    summary,
    requestParams: {
      ...(pathNames.length > 0 ? { path: pathParameters(pathNames) } : {}),
      ...(query === undefined ? {} : { query }),
      ...(endpoint.takesIdempotencyKey === true ? { header: idempotencyHeader } : {}),
    },
    ...(body === undefined
      ? {}
      : { requestBody: { content: { 'application/json': { schema: body } } } }),
    responses: {
      [`${status}` as const]: {
        description: status === 204 ? 'Done.' : 'The answer.',
        ...describeAnswer(endpoint),
      },
      ...describeProblems(endpoint),
    },
  };
}

function describeAnswer({ answer, media }: Endpoint) {
  if (answer !== undefined) return { content: { 'application/json': { schema: answer } } };
  if (media === undefined) return {};
  const file = z.string().meta({ description: 'A file.', format: 'binary' });
  return { content: Object.fromEntries(media.map((type) => [type, { schema: file }])) };
}

const idempotencyHeader = z.strictObject({
  'Idempotency-Key': z.string().min(1).max(255).optional().meta({
    description: 'The same key with the same body makes nothing new, for 24 hours.',
  }),
});

function pathParameters(names: readonly string[]) {
  return z.strictObject(Object.fromEntries(names.map((name) => [name, z.string()])));
}

function describeProblems(endpoint: Endpoint) {
  const codes = [
    ...EVERYWHERE,
    ...(endpoint.method === 'get' ? [] : ['cross-site' as const]),
    ...(endpoint.body === undefined ? [] : WITH_BODY),
    ...endpoint.problems,
  ];
  const byStatus = Map.groupBy(new Set(codes), (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      String(status),
      {
        description: ofStatus.join(', '),
        content: { 'application/problem+json': { schema: problemAnswer } },
      },
    ]),
  );
}
