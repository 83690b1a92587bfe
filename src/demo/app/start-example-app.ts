import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AssertionRequirement,
  gatewayKeys,
  type KeyFetch,
  requestVerifier,
} from '../../upstream/index.ts';
import { openAccounts } from './accounts/open-accounts.ts';
import { makeConsole } from './console.ts';
import { serveLiveSocket } from './live-socket.ts';

export interface ExampleAppOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** The gateway's `publicUrl`. */
  readonly issuer: string;
  /** The name of this application among the gateway's upstreams. */
  readonly audience: string;
  /** How to fetch the gateway's keys, where the built-in fetch cannot reach it. */
  readonly fetch?: KeyFetch;
}

/** A running example application. */
export interface RunningExampleApp {
  readonly url: string;
  readonly port: number;
  /** Stops at once, open connections included. */
  close(): Promise<void>;
}

/**
 * Starts Example Console on 127.0.0.1: a customer application with three accounts, which believes
 * the gateway's assertion and nothing else. No assertion, no data.
 */
export async function startExampleApp(options: ExampleAppOptions): Promise<RunningExampleApp> {
  const { port, ...requirement } = options;
  // One set of keys for requests and upgrades alike.
  const keys = gatewayKeys(options.issuer, options.fetch);
  const trusted: AssertionRequirement = { ...requirement, keys };
  const server = createServer(makeConsole(openAccounts(new Date()), trusted));
  const cutSockets = serveLiveSocket(server, requestVerifier(trusted));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on TCP has an AddressInfo.
  const { port: boundPort } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${boundPort}`,
    port: boundPort,
    close: async () => {
      cutSockets();
      await stop(server);
    },
  };
}

async function stop(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
