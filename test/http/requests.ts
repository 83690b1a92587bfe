import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** A request as a door gets it, without a connection behind it. */
export function requestWith(
  headers: Record<string, string>,
  { method = 'GET', peer = '192.0.2.1' }: { method?: string; peer?: string } = {},
): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  const request = new IncomingMessage(socket);
  request.method = method;
  request.url = '/';
  request.headers = headers;
  return request;
}
