import { type IncomingMessage, request as httpRequest, STATUS_CODES } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AccessAttempted, Cut } from '../domain/event.ts';
import type { Recorded } from '../recorder/recorded.ts';
import { unansweredProblem } from './events.ts';
import type { Exchange } from './exchanges.ts';
import { headerPairs, type Outcome, type Sending } from './forward.ts';
import type { Arrival, Visitor } from './arrival.ts';
import type { Gateway } from './gateway.ts';
import { Refusal } from './refusal.ts';
import { inboundHeaders } from './response-headers.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const WEBSOCKET_KEY = /^[A-Za-z0-9+/]{22}==$/;

/** What makes the request an upgrade; the WebSocket's own fields concern both ends and passed as they came (RFC 6455 section 4). */
const UPGRADE = ['Connection', 'Upgrade', 'Upgrade', 'websocket'];

/** WebSockets take the same way as every other request, and then carry bytes both ways until the basis ends. */
export class Tunnel {
  readonly #gateway: Gateway;
  readonly #lookup: LookupFunction;

  constructor(gateway: Gateway, lookup: LookupFunction) {
    this.#gateway = gateway;
    this.#lookup = lookup;
  }

  async serve(arrival: Arrival, visitor: Visitor, socket: Duplex, head: Buffer): Promise<void> {
    refuseOtherUpgrades(arrival, this.#gateway);
    const admitted = await this.#gateway.admit(arrival, visitor);
    const sending = await this.#gateway.prepare(arrival, admitted);
    const outcome = await forwardUpgrade(
      admitted.recorded,
      admitted.exchange,
      { ...sending, headers: [...sending.headers, ...UPGRADE] },
      { socket, head, lookup: this.#lookup },
    );
    this.#gateway.finish(admitted, outcome);
    if (outcome.isUnanswered) throw unansweredProblem(outcome);
  }
}

/** WebSocket is the one upgrade that passes: version 13, a correct key, no body. */
function refuseOtherUpgrades(arrival: Arrival, gateway: Gateway): void {
  const { headers, method } = arrival.message;
  const isWebSocket =
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    WEBSOCKET_KEY.test(headers['sec-websocket-key'] ?? '') &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined;
  if (isWebSocket) return;
  const request = gateway.describe(arrival);
  throw new Refusal('ambiguous-request', 'Only WebSockets may be opened here.', { request });
}

/**
 * Opens the upstream's end for an upgrade whose attempt is on disk. What the client sends before the
 * upstream has agreed is held back. Resolves when both ends are closed, whoever closed them.
 */
function forwardUpgrade(
  _recorded: Recorded<AccessAttempted>,
  exchange: Exchange,
  sending: Sending,
  client: { socket: Duplex; head: Buffer; lookup: LookupFunction },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const relay = new SocketRelay(exchange, sending, client, resolve);
    relay.start();
  });
}

class SocketRelay {
  readonly #exchange: Exchange;
  readonly #sending: Sending;
  readonly #socket: Duplex;
  readonly #head: Buffer;
  readonly #lookup: LookupFunction;
  readonly #resolve: (outcome: Outcome) => void;
  #upstream: Duplex | undefined;
  #bytesIn = 0;
  #bytesOut = 0;
  #status = 502;
  #isOver = false;
  #isAnswered = false;

  constructor(
    exchange: Exchange,
    sending: Sending,
    client: { socket: Duplex; head: Buffer; lookup: LookupFunction },
    resolve: (outcome: Outcome) => void,
  ) {
    this.#exchange = exchange;
    this.#sending = sending;
    this.#socket = client.socket;
    this.#head = client.head;
    this.#lookup = client.lookup;
    this.#resolve = resolve;
  }

  start(): void {
    const { signal } = this.#exchange;
    if (signal.aborted) return this.#end(signal.reason as Cut);
    signal.addEventListener('abort', () => this.#end(signal.reason as Cut), { once: true });
    this.#socket.once('close', () => this.#end('client-left'));
    const { origin, rawTarget, headers } = this.#sending;
    const open = origin.startsWith('https:') ? httpsRequest : httpRequest;
    const request = open(origin, {
      path: rawTarget,
      method: 'GET',
      // As a list: under one name there may be several lines, in any spelling.
      headers,
      lookup: this.#lookup,
      agent: false,
      timeout: CONNECT_TIMEOUT_MS,
      setHost: false,
    });
    signal.addEventListener('abort', () => request.destroy(), { once: true });
    this.#socket.once('close', () => request.destroy());
    request.once('timeout', () => {
      this.#end('upstream-timeout');
      request.destroy();
    });
    request.once('error', () => this.#end('upstream-failed'));
    request.once('response', (answer) => this.#passRefusal(answer));
    request.once('upgrade', (answer, upstream, head) => this.#join(answer, upstream, head));
    request.end();
  }

  /** The application does not want a WebSocket here: its answer is passed on as it is, and that is all. */
  #passRefusal(answer: IncomingMessage): void {
    this.#writeHead(answer, ['Connection', 'close']);
    answer.on('data', (chunk: Buffer) => {
      this.#bytesOut += chunk.length;
    });
    answer.pipe(this.#socket, { end: false });
    answer.once('end', () => this.#socket.end(() => this.#end(undefined)));
    answer.once('error', () => this.#end('upstream-failed'));
  }

  #join(answer: IncomingMessage, upstream: Duplex, head: Buffer): void {
    if (this.#isOver) {
      upstream.destroy();
      return;
    }
    this.#upstream = upstream;
    this.#writeHead(answer, UPGRADE);
    upstream.on('error', () => this.#end('upstream-failed'));
    upstream.once('close', () => this.#end(undefined));
    this.#bytesOut += head.length;
    this.#bytesIn += this.#head.length;
    this.#socket.write(head);
    upstream.write(this.#head);
    upstream.on('data', (chunk: Buffer) => {
      this.#bytesOut += chunk.length;
    });
    this.#socket.on('data', (chunk: Buffer) => {
      this.#bytesIn += chunk.length;
    });
    // `pipe` holds one end back while the other does not read: a stalled reader costs bounded memory.
    upstream.pipe(this.#socket);
    this.#socket.pipe(upstream);
  }

  #writeHead(answer: IncomingMessage, hop: readonly string[]): void {
    this.#status = answer.statusCode ?? 502;
    this.#isAnswered = true;
    const lines = inboundHeaders(headerPairs(answer.rawHeaders), this.#sending.rewrite);
    const fields = [...hop, ...lines];
    const head = [`HTTP/1.1 ${this.#status} ${STATUS_CODES[this.#status] ?? ''}`];
    for (let at = 0; at + 1 < fields.length; at += 2) head.push(`${fields[at]}: ${fields[at + 1]}`);
    this.#socket.write(`${head.join('\r\n')}\r\n\r\n`, 'latin1');
  }

  #end(cut: Cut | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#exchange.close();
    this.#upstream?.destroy();
    const isUnanswered = !this.#isAnswered && !this.#socket.destroyed;
    if (!isUnanswered) this.#socket.destroy();
    this.#resolve({
      status: this.#status,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      cut,
      isUnanswered,
    });
  }
}
