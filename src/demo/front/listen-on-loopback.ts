import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that only this machine can reach. */
export interface LoopbackServer {
  readonly port: number;
  /** Begins to answer; requests that come earlier wait. Only the first call counts. */
  serve(listener: RequestListener): void;
  /** Stops at once, open connections included. */
  close(): Promise<void>;
}

const ATTEMPTS = 5;

/**
 * Listens on 127.0.0.1 and, where the machine has it, on ::1, both with the same port: a browser and
 * Node may each take `localhost` for either. There is no way to make it listen anywhere else.
 *
 * @param port 0 for any that is free
 * @throws the listening error, for instance EADDRINUSE
 */
export async function listenOnLoopback(port: number): Promise<LoopbackServer> {
  for (let attempt = 1; ; attempt += 1) {
    const ipv4 = await listen('127.0.0.1', port);
    const boundPort = portOf(ipv4);
    try {
      const ipv6 = await listenIfAvailable('::1', boundPort);
      return joinServers(ipv6 === undefined ? [ipv4] : [ipv4, ipv6], boundPort);
    } catch (error) {
      await stop(ipv4);
      // The port the system chose may be taken on the other address: it is asked for another one.
      if (port !== 0 || attempt === ATTEMPTS) throw error;
    }
  }
}

function joinServers(servers: readonly Server[], port: number): LoopbackServer {
  const { promise: listener, resolve: serve } = Promise.withResolvers<RequestListener>();
  for (const server of servers) {
    server.on('request', (request, response) => {
      void listener.then((answer) => answer(request, response));
    });
  }
  return {
    port,
    serve,
    close: async () => {
      await Promise.all(servers.map(stop));
    },
  };
}

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server.off('error', reject)));
  });
}

async function listenIfAvailable(host: string, port: number): Promise<Server | undefined> {
  try {
    return await listen(host, port);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return undefined;
    throw error;
  }
}

async function stop(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function portOf(server: Server): number {
  // A server that listens on TCP has an AddressInfo.
  return (server.address() as AddressInfo).port;
}
