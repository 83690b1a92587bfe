import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Dispatcher, errors, Pool } from 'undici';
import type { LookupFunction } from 'node:net';
import type { AccessAttempted, Cut } from '../domain/event.ts';
import type { Recorded } from '../recorder/recorded.ts';
import type { Exchange } from './exchanges.ts';
import { inboundHeaders, type ResponseRewrite } from './response-headers.ts';

/** How an exchange with an upstream ended. */
export interface Outcome {
  /** What the client got; 502 or 504 if the upstream gave no answer that could be passed on. */
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly cut: Cut | undefined;
  /** Whether the client still waits for an answer that we have to give. */
  readonly isUnanswered: boolean;
}

/** Where and what to send. The target is the very text that was decided on. */
export interface Sending {
  readonly origin: string;
  readonly rawTarget: string;
  readonly headers: string[];
  readonly rewrite: ResponseRewrite;
}

/** Sends the header block byte for byte; `flushHeaders` would send it as UTF-8. */
const NOTHING = Buffer.alloc(0);
const HEADERS_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Connections to upstreams, kept open between requests. */
export class UpstreamPools {
  readonly #pools = new Map<string, Pool>();
  readonly #lookup: LookupFunction;

  constructor(lookup: LookupFunction) {
    this.#lookup = lookup;
  }

  of(origin: string): Pool {
    const known = this.#pools.get(origin);
    if (known !== undefined) return known;
    const made = new Pool(origin, {
      connect: { lookup: this.#lookup, timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: HEADERS_TIMEOUT_MS,
      // An event stream may be silent for as long as it likes; what ends it is its basis.
      bodyTimeout: 0,
      pipelining: 1,
      maxHeaderSize: 64 * 1024,
      allowH2: false,
    });
    this.#pools.set(origin, made);
    return made;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }
}

/**
 * Sends a request whose attempt is on disk, and passes the answer on as it comes. It takes the
 * recorded attempt and the exchange opened for it: nothing else can be forwarded. It is sent once,
 * never retried: one record is one send. Resolves when the exchange is over, however it ended.
 */
export function forward(
  recorded: Recorded<AccessAttempted>,
  exchange: Exchange,
  pools: UpstreamPools,
  sending: Sending,
  client: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const relay = new Relay(exchange, sending.rewrite, client, resolve);
    if (relay.isOver) return;
    pools.of(sending.origin).dispatch(
      {
        path: sending.rawTarget,
        method: recorded.event.request.method,
        headers: sending.headers,
        body: hasBody(client.request) ? client.request : null,
      },
      relay,
    );
  });
}

/** A request has a body if it says how it is framed (RFC 9112 section 6.3). */
function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return (
    (length !== undefined && length !== '0') || request.headers['transfer-encoding'] !== undefined
  );
}

/** One answer on its way from the upstream to the client, with back-pressure both ways. */
class Relay implements Dispatcher.DispatchHandler {
  readonly #exchange: Exchange;
  readonly #rewrite: ResponseRewrite;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #resolve: (outcome: Outcome) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #bytesIn = 0;
  #bytesOut = 0;
  #cut: Cut | undefined;
  isOver = false;

  constructor(
    exchange: Exchange,
    rewrite: ResponseRewrite,
    client: { readonly request: IncomingMessage; readonly response: ServerResponse },
    resolve: (outcome: Outcome) => void,
  ) {
    this.#exchange = exchange;
    this.#rewrite = rewrite;
    this.#request = client.request;
    this.#response = client.response;
    this.#resolve = resolve;
    const { signal } = exchange;
    if (signal.aborted) {
      this.#stop(signal.reason as Cut);
      return;
    }
    signal.addEventListener('abort', () => this.#stop(signal.reason as Cut), { once: true });
    client.response.once('close', () => this.#clientClosed());
    // Counting must not start the flow: whoever sends the body does.
    client.request.pause();
    client.request.on('data', (chunk: Buffer) => {
      this.#bytesIn += chunk.length;
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.isOver) controller.abort(new Error('the exchange is over'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // Interim answers concern the hop they were sent on.
    if (status < 200 || this.isOver) return;
    const headers = inboundHeaders(headerPairs(controller.rawHeaders), this.#rewrite);
    this.#response.sendDate = false;
    this.#response.writeHead(status, headers);
    // An event stream's first event may be a long time off, but its reader wants to know that it is open.
    this.#response.write(NOTHING);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return;
    this.#bytesOut += chunk.length;
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    if (this.isOver) return;
    this.#response.end(() => this.#finish());
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.isOver) return;
    const isTimeout =
      error instanceof errors.HeadersTimeoutError ||
      error instanceof errors.BodyTimeoutError ||
      error instanceof errors.ConnectTimeoutError;
    this.#cut = isTimeout ? 'upstream-timeout' : 'upstream-failed';
    const { headersSent, statusCode } = this.#response;
    // Half an answer must not look like a whole one.
    if (headersSent) this.#response.destroy();
    this.#finish(headersSent ? statusCode : isTimeout ? 504 : 502);
  }

  #clientClosed(): void {
    if (this.isOver || this.#response.writableFinished) return;
    this.#stop('client-left');
  }

  #stop(why: Cut): void {
    if (this.isOver) return;
    this.#cut = why;
    const { headersSent } = this.#response;
    this.#finish(headersSent ? this.#response.statusCode : 499);
    this.#controller?.abort(new Error(why));
    if (headersSent || why === 'client-left') this.#response.destroy();
  }

  #finish(status = this.#response.statusCode): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#exchange.close();
    this.#resolve({
      status,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      cut: this.#cut,
      isUnanswered:
        !this.#response.headersSent && !this.#response.destroyed && !this.#request.destroyed,
    });
  }
}

/** The lines of a header block in their order and spelling. */
export function headerPairs(raw: unknown): [string, string][] {
  if (!Array.isArray(raw)) return [];
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2)
    pairs.push([headerText(raw[at]), headerText(raw[at + 1])]);
  return pairs;
}

function headerText(part: unknown): string {
  return Buffer.isBuffer(part) ? part.toString('latin1') : String(part);
}
