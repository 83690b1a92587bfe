import express, { type Request, type RequestHandler, type Response } from 'express';
import { Problem } from '../domain/problem.ts';
import { inviteBody } from '../http/public-app.ts';
import { parseStrictJson } from './strict-json.ts';

const LARGEST_BYTES = 100_000;

/** A body as it came, and what it says; `undefined` if there was none. */
export interface JsonBody {
  readonly bytes: Uint8Array;
  readonly value: unknown;
}

const STEPS: readonly RequestHandler[] = [
  inviteBody,
  express.raw({ type: () => true, limit: LARGEST_BYTES, inflate: false }),
];

/**
 * Reads the body of a request. Throws `content-too-large` above 100 kB, and `invalid-request` for
 * whatever does not say it is JSON, or is not JSON that can be read in one way only.
 */
export async function readJsonBody(
  request: Request,
  response: Response,
): Promise<JsonBody | undefined> {
  for (const step of STEPS) await takeStep(step, request, response);
  const bytes: unknown = request.body;
  if (!(bytes instanceof Uint8Array) || bytes.length === 0) return undefined;
  if (!saysJson(request.headers['content-type']))
    throw new Problem('invalid-request', 'Send the body as Content-Type: application/json.');
  return { bytes, value: parseStrictJson(bytes) };
}

async function takeStep(step: RequestHandler, request: Request, response: Response): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    void step(request, response, (error: unknown) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('no body', { cause: error }));
    });
  });
}

/** `application/json`, with no charset but UTF-8 (RFC 8259 section 8.1). */
function saysJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType ?? '');
}
