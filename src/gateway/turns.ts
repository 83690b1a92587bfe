import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** How many requests may wait on one connection: whoever pipelines more is not after answers. */
const MOST_WAITING = 64;

/**
 * Requests that share a connection are served one after the other (RFC 9112 section 9.3.2): each is
 * decided on, recorded and sent when the answer before it is over, so the application sees them in
 * the order of the client.
 */
export class Turns {
  readonly #waiting = new WeakMap<Duplex, (() => void)[]>();

  /** Whether an answer is under way on this connection. */
  isBusy(socket: Duplex): boolean {
    return this.#waiting.has(socket);
  }

  /** Calls `begin` when its turn has come; never, if the connection ends before. The turn is over when `response` is closed. */
  take(socket: Duplex, response: ServerResponse, begin: () => void): void {
    response.once('close', () => this.#next(socket));
    const queue = this.#waiting.get(socket);
    if (queue === undefined) {
      this.#waiting.set(socket, []);
      begin();
    } else if (queue.length < MOST_WAITING) queue.push(begin);
    else socket.destroy();
  }

  #next(socket: Duplex): void {
    const begin = socket.writable ? this.#waiting.get(socket)?.shift() : undefined;
    if (begin === undefined) this.#waiting.delete(socket);
    else begin();
  }
}
