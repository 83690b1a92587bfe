import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The open connections of a listener, with what is under way on each. */
export interface Connections {
  add(socket: Duplex): void;
  /** Counts an exchange until its response is closed. */
  begin(socket: Duplex, response: ServerResponse): void;
  /** From now on this connection is busy until it is closed. */
  keepBusy(socket: Duplex): void;
  isBusy(socket: Duplex): boolean;
  /** From now on connections are closed as soon as nothing is under way on them. */
  drain(): void;
  destroyAll(): void;
}

/** Node counts a connection that has not sent a byte as active; drained, it would hold us up. */
export function trackConnections(): Connections {
  const underWay = new Map<Duplex, Set<ServerResponse>>();
  const busyForGood = new WeakSet<Duplex>();
  let isDraining = false;
  const isBusy = (socket: Duplex): boolean =>
    busyForGood.has(socket) || (underWay.get(socket)?.size ?? 0) > 0;

  return {
    isBusy,
    add(socket) {
      underWay.set(socket, new Set());
      socket.once('close', () => underWay.delete(socket));
    },
    begin(socket, response) {
      underWay.get(socket)?.add(response);
      if (isDraining) sayClosing(response);
      response.once('close', () => {
        underWay.get(socket)?.delete(response);
        if (isDraining && !isBusy(socket)) socket.end();
      });
    },
    keepBusy(socket) {
      busyForGood.add(socket);
    },
    drain() {
      isDraining = true;
      for (const [socket, responses] of underWay) {
        responses.forEach(sayClosing);
        if (!isBusy(socket)) socket.destroy();
      }
    },
    destroyAll() {
      for (const socket of underWay.keys()) socket.destroy();
    },
  };
}

function sayClosing(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
