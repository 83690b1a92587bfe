import type { z } from 'zod';
import type { Caller, Control } from '../control/control.ts';
import type { Handout } from '../control/handout.ts';
import type { Once } from '../control/once.ts';
import type { ProblemCode } from '../domain/problem.ts';

/** What somebody asks of an endpoint: all of it still as it was sent. */
export interface Call {
  readonly control: Control;
  readonly caller: Caller;
  /** The parts of the path in braces, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** An empty object if no body was sent. */
  readonly body: unknown;
  /** Only where the endpoint takes an `Idempotency-Key` and one was sent. */
  readonly once: Once | undefined;
}

/** One call of the API. The router and the OpenAPI document are both made of these. */
export type Endpoint = JsonEndpoint | FileEndpoint;

interface AnyEndpoint {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below `/api/v1`, with `{name}` for what varies. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  /** Of the body, or no body is taken. */
  readonly body?: z.ZodObject;
  /** Of the query, or no parameter is taken. */
  readonly query?: z.ZodObject;
  readonly takesIdempotencyKey?: true;
  readonly status: 200 | 201 | 204;
  /** What it may refuse with, beside what every call may. */
  readonly problems: readonly ProblemCode[];
}

interface JsonEndpoint extends AnyEndpoint {
  /** Of the answer; none with 204. */
  readonly answer?: z.ZodType;
  readonly media?: undefined;
  readonly serve: (call: Call) => Promise<unknown>;
}

/** A call that answers with a file, part by part. */
interface FileEndpoint extends AnyEndpoint {
  readonly answer?: undefined;
  /** The media types it may answer with. */
  readonly media: readonly string[];
  readonly serve: (call: Call) => Promise<Handout>;
}
