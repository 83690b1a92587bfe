import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * The first of some ports in a row that nobody listens on. They lie below those the system gives to whoever
 * asks for any, so that no neighbour gets one before it is used.
 */
export async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const ports = Array.from({ length: count }, (_, at) => first + at);
    if (await areFree(ports)) return first;
  }
  throw new Error(`no ${count} ports in a row are free`);
}

async function areFree(ports: readonly number[]): Promise<boolean> {
  const servers: Server[] = [];
  try {
    for (const port of ports) {
      const server = createServer();
      servers.push(server);
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    }
    return true;
  } catch {
    return false;
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
