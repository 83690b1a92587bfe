import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from '../../config-types.ts';
import type { Milliseconds } from '../../domain/time.ts';
import type { WitnessAnswer } from '../../recorder/witness.ts';

/** An old size, 63 hashes, and a checkpoint with room for many signatures. */
const MAX_BODY_BYTES = 65_536;
const MAX_HEADER_BYTES = 8192;
const MAX_CONNECTIONS = 256;
/** A request that is not whole by then is over: those who send a byte now and then hold nothing up. */
const REQUEST_WITHIN_MS: Milliseconds = 10_000;
const CHECK_EVERY_MS: Milliseconds = 1000;
const KEEP_ALIVE_MS: Milliseconds = 60_000;

export interface WitnessDoorOptions {
  readonly listen: ListenAddress;
  readonly answer: (body: Uint8Array) => Promise<WitnessAnswer>;
  /** Hears of what should not have gone wrong; whoever asked is answered 500. */
  readonly onFault: (error: unknown) => void;
  readonly requestWithinMs?: Milliseconds;
}

export interface WitnessDoor {
  readonly url: string;
  /** Takes nothing more, and cuts after `withinMs` what has not been answered. */
  close(withinMs: Milliseconds): Promise<void>;
}

/** Opens `POST /add-checkpoint`, and nothing else, over plain HTTP. Throws if the address cannot be had. */
export async function openWitnessDoor(options: WitnessDoorOptions): Promise<WitnessDoor> {
  const { listen, requestWithinMs = REQUEST_WITHIN_MS } = options;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: requestWithinMs,
      requestTimeout: requestWithinMs,
      connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, requestWithinMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request, response) => void answerRequest(options, request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(listen.port, listen.host);
  await once(server, 'listening');
  return { url: urlOf(server, listen), close: (withinMs) => closeServer(server, withinMs) };
}

function urlOf(server: Server, { host, port }: ListenAddress): string {
  const address = server.address();
  const taken = isAddress(address) ? address.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${taken}`;
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

async function closeServer(server: Server, withinMs: Milliseconds): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), withinMs);
  const closed = once(server, 'close');
  server.close();
  await closed;
  clearTimeout(cut);
}

async function answerRequest(
  { answer, onFault }: WitnessDoorOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Whoever goes away while he is answered is told nothing.
  response.on('error', () => {});
  try {
    const refusal = refuseForm(request);
    if (refusal !== undefined) return send(response, refusal);
    const body = await readBody(request);
    if (body === 'gone') return;
    send(response, body === 'too-long' ? TOO_LONG : await answer(body));
  } catch (error) {
    onFault(error);
    send(response, plain(500, 'the witness cannot answer now'));
  }
}

function refuseForm({ method, url }: IncomingMessage): WitnessAnswer | undefined {
  if (url !== '/add-checkpoint') return plain(404, 'there is only /add-checkpoint here');
  return method === 'POST' ? undefined : plain(405, 'a checkpoint is sent by POST');
}

function plain(status: number, text: string): WitnessAnswer {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` };
}

const TOO_LONG = plain(413, `a request has at most ${MAX_BODY_BYTES} bytes`);

async function readBody(request: IncomingMessage): Promise<Uint8Array | 'too-long' | 'gone'> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of chunksOf(request)) {
      length += part.length;
      if (length > MAX_BODY_BYTES) return 'too-long';
      parts.push(part);
    }
  } catch {
    return 'gone';
  }
  return Buffer.concat(parts);
}

/** What an IncomingMessage without an encoding gives. Leaving the loop must not cut the connection: an answer follows. */
function chunksOf(request: IncomingMessage): AsyncIterable<Uint8Array> {
  return request.iterator({ destroyOnReturn: false });
}

function send(response: ServerResponse, { status, type, body }: WitnessAnswer): void {
  if (response.headersSent || response.destroyed) return;
  const { req } = response;
  const bytes = Buffer.from(body);
  response.statusCode = status;
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Length', bytes.length);
  response.setHeader('Cache-Control', 'no-store');
  if (status === 405) response.setHeader('Allow', 'POST');
  // What has not been read of a body would stand before the next request.
  if (!req.complete) response.setHeader('Connection', 'close');
  response.end(bytes);
}
