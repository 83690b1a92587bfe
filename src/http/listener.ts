import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { AccountId } from '../domain/account-id.ts';
import { Problem } from '../domain/problem.ts';
import type { Milliseconds } from '../domain/time.ts';
import { type Connections, trackConnections } from './connections.ts';
import { type Destination, findDestination } from './host.ts';
import { endSocket, refuseAtOnce, refuseOnSocket } from './raw-refusal.ts';
import type { Served } from './served.ts';

/** What answers on the public origin. Upgrades never reach it. */
export type PublicDoor = (request: IncomingMessage, response: ServerResponse) => void;

/** What answers on the accounts' origins. */
export interface AccountDoor {
  /**
   * A request that says `Expect: 100-continue` has not been told to go on: whoever wants its body
   * calls `response.writeContinue()` first.
   */
  serve(request: IncomingMessage, response: ServerResponse, account: AccountId): void;
  /** The socket is the door's own from here on. It has a listener for errors already. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, account: AccountId): void;
}

export interface ListenerOptions extends Served {
  readonly publicDoor: PublicDoor;
  readonly accountDoor: AccountDoor;
  readonly logger: Logger;
  /** How long a header block may take; 15 s unless given. */
  readonly headersTimeoutMs?: Milliseconds;
  /** How long a whole request may take, its body included; 5 min unless given. */
  readonly requestTimeoutMs?: Milliseconds;
}

/** The one socket everything comes through. */
export interface Listener {
  /** Opens it. Port 0 takes any that is free. Rejects with the listening error. */
  listen(address: { host: string; port: number }): Promise<{ port: number }>;
  /**
   * Accepts nothing more, says `Connection: close` to whoever is still here, and destroys what is
   * left after `deadlineMs`. Answers when every connection is closed.
   */
  drain(wish: { deadlineMs: Milliseconds }): Promise<void>;
}

const LARGEST_HEADER_BYTES = 16_384;
const MOST_HEADERS = 100;
/** Longer than the 60 s after which common load balancers give an idle connection up. */
const KEEP_ALIVE_MS: Milliseconds = 65_000;
const CHECK_EVERY_MS: Milliseconds = 1_000;

/** Makes the listener; it hears nothing before `listen`. */
export function createListener(options: ListenerOptions): Listener {
  const connections = trackConnections();
  const server = createServer({
    maxHeaderSize: LARGEST_HEADER_BYTES,
    headersTimeout: options.headersTimeoutMs ?? 15_000,
    requestTimeout: options.requestTimeoutMs ?? 300_000,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_EVERY_MS,
    insecureHTTPParser: false,
    // Ours say which of the two is wrong: the missing Host or the request line.
    requireHostHeader: false,
  });
  // With a limit here, Node drops the rest of them in silence; they are counted below.
  server.maxHeadersCount = 0;
  route(server, connections, options);
  return {
    listen: async (address) => listen(server, address),
    drain: async ({ deadlineMs }) => drain(server, connections, deadlineMs),
  };
}

function route(server: Server, connections: Connections, options: ListenerOptions): void {
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    connections.begin(request.socket, response);
    serveRequest(request, response, options);
  };
  server.on('connection', (socket) => connections.add(socket));
  server.on('request', serve);
  // Without this listener Node would invite the body before anybody has looked at the headers.
  server.on('checkContinue', serve);
  server.on('checkExpectation', (_, response) => {
    response.writeHead(417, { Connection: 'close' }).end();
  });
  server.on('upgrade', (request, socket, head) => {
    connections.keepBusy(socket);
    socket.on('error', () => socket.destroy());
    upgradeRequest(request, socket, head, options);
  });
  server.on('connect', (_, socket) => {
    socket.on('error', () => socket.destroy());
    refuseOnSocket(socket, new Problem('method-not-allowed', 'This is no forward proxy.'));
  });
  server.on('clientError', (error, socket) => {
    // Bytes of ours in the middle of another answer would be taken for a part of it.
    if (connections.isBusy(socket)) socket.destroy();
    else refuseBroken(error, socket);
  });
}

function serveRequest(
  request: IncomingMessage,
  response: ServerResponse,
  options: ListenerOptions,
): void {
  try {
    const destination = admit(request, options);
    if (destination.to === 'public') options.publicDoor(request, response);
    else options.accountDoor.serve(request, response, destination.account);
  } catch (error) {
    if (error instanceof Problem && !response.headersSent) refuseAtOnce(response, error);
    else failAtOnce(error, request.socket, options.logger);
  }
}

function upgradeRequest(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: ListenerOptions,
): void {
  try {
    const destination = admit(request, options);
    if (destination.to === 'public') throw ambiguous('Nothing here speaks another protocol.');
    options.accountDoor.upgrade(request, socket, head, destination.account);
  } catch (error) {
    if (error instanceof Problem) refuseOnSocket(socket, error);
    else failAtOnce(error, socket, options.logger);
  }
}

/** What holds for every request, whosever it is. Throws the problem it is refused with. */
function admit(request: IncomingMessage, served: Served): Destination {
  const { rawHeaders, httpVersion } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    throw ambiguous('This version of HTTP is not spoken here.');
  }
  if (rawHeaders.length / 2 > MOST_HEADERS) {
    throw new Problem('header-too-large', `More than ${MOST_HEADERS} header fields are too many.`);
  }
  return findDestination(rawHeaders, served);
}

function failAtOnce(error: unknown, socket: Duplex, logger: Logger): void {
  logger.error({ err: error }, 'a request failed before it was routed');
  socket.destroy();
}

function refuseBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    refuseOnSocket(socket, new Problem('header-too-large', 'More than 16 kB are too many.'));
  } else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    endSocket(socket, 408);
  } else {
    refuseOnSocket(socket, ambiguous('The request is not well-formed HTTP.'));
  }
}

function ambiguous(detail: string): Problem {
  return new Problem('ambiguous-request', detail);
}

async function listen(
  server: Server,
  address: { host: string; port: number },
): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      // A server that listens on a port has an AddressInfo.
      resolve({ port: (server.address() as AddressInfo).port });
    });
  });
}

async function drain(
  server: Server,
  connections: Connections,
  deadlineMs: Milliseconds,
): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => connections.destroyAll(), deadlineMs);
  server.close(() => resolve());
  connections.drain();
  await closed;
  clearTimeout(timer);
}
