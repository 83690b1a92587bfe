import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Hit } from '../support/lenient-upstream.ts';

export type Upgrading = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** An application that echoes what comes over its WebSockets, and remembers who asked. */
export class SocketUpstream {
  readonly hits: Hit[] = [];
  /** The WebSockets that are open. */
  readonly sockets = new Set<WebSocket>();
  readonly #server: Server;
  readonly #raw = new Set<Duplex>();
  readonly #own = new Map<string, Upgrading>();

  private constructor(server: Server) {
    this.#server = server;
    const webSockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      const { method = '', url = '', rawHeaders } = request;
      this.hits.push({ method, target: url, rawHeaders: [...rawHeaders], body: '' });
      this.#raw.add(socket);
      socket.on('error', () => {});
      const own = this.#own.get(url);
      if (own !== undefined) own(request, socket, head);
      else webSockets.handleUpgrade(request, socket, head, (opened) => this.#echo(opened));
    });
    server.on('request', ({ method = '', url = '', rawHeaders }, response) => {
      this.hits.push({ method, target: url, rawHeaders: [...rawHeaders], body: '' });
      response.end();
    });
  }

  static async start(): Promise<SocketUpstream> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SocketUpstream(server);
  }

  get origin(): string {
    // A server that listens on a port has an AddressInfo.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Takes the upgrades of this path in a way of its own. */
  on(path: string, upgrading: Upgrading): void {
    this.#own.set(path, upgrading);
  }

  async close(): Promise<void> {
    for (const socket of this.#raw) socket.destroy();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #echo(socket: WebSocket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('message', (text, isBinary) => socket.send(text, { binary: isBinary }));
  }
}
