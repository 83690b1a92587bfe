import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  type Assertion,
  AssertionRefused,
  answerTo,
  type RequestVerifier,
} from '../../upstream/index.ts';
import { startTicks } from './ticks.ts';

const PATH = '/live/socket';

/**
 * Serves WebSockets at `/live/socket`, each of them only with the gateway's assertion: upgrades pass
 * no middleware, so they are checked here.
 *
 * @returns a function that cuts all of them
 */
export function serveLiveSocket(server: Server, verify: RequestVerifier): () => void {
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    verify(request).then(
      (assertion) => {
        if (pathOf(request) !== PATH) return refuse(socket, 404);
        sockets.handleUpgrade(request, socket, head, (live) => tell(live, assertion));
      },
      (error: unknown) => {
        if (error instanceof AssertionRefused) refuseAssertion(socket, error);
        else socket.destroy();
      },
    );
  });
  return () => {
    for (const live of sockets.clients) live.terminate();
  };
}

function tell(live: WebSocket, assertion: Assertion): void {
  const stop = startTicks(assertion.account, (tick) => live.send(JSON.stringify(tick)));
  live.on('close', stop);
  live.on('error', () => live.terminate());
}

function refuseAssertion(socket: Duplex, refusal: AssertionRefused): void {
  const { status, headers, body } = answerTo(refusal);
  refuse(socket, status, headers, body);
}

function refuse(
  socket: Duplex,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): void {
  const fields = { ...headers, 'Content-Length': Buffer.byteLength(body), Connection: 'close' };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}

function pathOf(request: IncomingMessage): string | undefined {
  return request.url?.split('?', 1)[0];
}
