import { hash } from 'node:crypto';
import type { Request } from 'express';
import type { Caller } from '../control/control.ts';
import type { Once } from '../control/once.ts';
import { Problem } from '../domain/problem.ts';
import type { JsonBody } from './json-body.ts';

const PRINTABLE = /^[\u0020-\u007e]{1,255}$/;

/**
 * The `Idempotency-Key` of a request: the same from the same person on the same address is the same
 * request. Throws `invalid-request` unless it is one header of 1 to 255 printable ASCII characters.
 */
export function readOnce(
  request: Request,
  caller: Caller,
  body: JsonBody | undefined,
): Once | undefined {
  const keys = request.headersDistinct['idempotency-key'] ?? [];
  const [key, ...more] = keys;
  if (key === undefined) return undefined;
  if (more.length > 0 || !PRINTABLE.test(key))
    throw new Problem(
      'invalid-request',
      'Send one Idempotency-Key of 1 to 255 printable ASCII characters.',
    );
  const { issuer, subject } = caller.session.principal;
  const route = `${request.method} ${request.path}`;
  return {
    key: hash('sha256', JSON.stringify([issuer, subject, route, key]), 'hex'),
    bodyDigest: hash('sha256', body?.bytes ?? new Uint8Array(), 'hex'),
  };
}
