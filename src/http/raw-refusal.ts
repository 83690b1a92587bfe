import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Problem, problemBody } from '../domain/problem.ts';

/**
 * Refuses on the bare connection, where there is no response object: broken requests and upgrades.
 * The connection ends with it. `base` is the origin of the problem types; without it they are
 * relative, which tells a stranger nothing about whom he has reached.
 */
export function refuseOnSocket(socket: Duplex, problem: Problem, base = ''): void {
  const body = JSON.stringify(problemBody(problem, base));
  endSocket(socket, problem.status, { headers: CLOSING, body });
}

/** Ends a connection with a bare status and nothing else. */
export function endSocket(
  socket: Duplex,
  status: number,
  { headers = { Connection: 'close' }, body = '' }: { headers?: Headings; body?: string } = {},
): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const lines = Object.entries({ ...headers, 'Content-Length': String(Buffer.byteLength(body)) });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => {
    socket.destroy();
  });
}

type Headings = Readonly<Record<string, string>>;

const CLOSING: Headings = {
  Connection: 'close',
  'Content-Type': 'application/problem+json',
  'Cache-Control': 'no-store',
};

/**
 * Refuses a request before any door has seen it, and ends its connection: what comes after it on
 * the wire may not be a request at all.
 */
export function refuseAtOnce(response: ServerResponse, problem: Problem, base = ''): void {
  response.writeHead(problem.status, CLOSING).end(JSON.stringify(problemBody(problem, base)));
}
