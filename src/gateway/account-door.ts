import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Network } from '../domain/event.ts';
import type { AccountId } from '../domain/ids.ts';
import { Problem } from '../domain/problem.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { AnonymousRefusals } from './anonymous.ts';
import { isNavigation } from './cross-site.ts';
import { refusalOf } from './events.ts';
import type { Arrival, Visitor } from './arrival.ts';
import type { Gateway } from './gateway.ts';
import { Refusal } from './refusal.ts';
import type { Threshold } from './threshold.ts';
import type { Tunnel } from './tunnel.ts';
import { Turns } from './turns.ts';

export interface AccountDoorRooms {
  readonly gateway: Gateway;
  readonly recorder: Recorder;
  readonly anonymous: AnonymousRefusals;
  /** What is ours on an account's origin: everything below `/.sallyport/`. */
  readonly threshold: Threshold;
  readonly tunnel: Tunnel;
  readonly publicOrigin: string;
  readonly accountOrigin: (account: AccountId) => string;
  readonly networkOf: (message: IncomingMessage) => Network;
  /** Notes that the person is there: a visit's requests keep its sign-in from idling out. */
  readonly noteActivity: (visitor: Visitor) => void;
  /** Answers a problem as page or JSON, by `Accept`; any other error as a fault. */
  readonly answer: (request: IncomingMessage, response: ServerResponse, error: unknown) => void;
  readonly answerOnSocket: (socket: Duplex, problem: Problem) => void;
  readonly logger: Logger;
}

const OURS = '/.sallyport/';

/** The door of the accounts' origins: every request there is let through, or refused on record. */
export class AccountDoor {
  readonly #rooms: AccountDoorRooms;
  readonly #turns = new Turns();

  constructor(rooms: AccountDoorRooms) {
    this.#rooms = rooms;
  }

  serve(message: IncomingMessage, response: ServerResponse, account: AccountId): void {
    this.#turns.take(message.socket, response, () => {
      const arrival = this.#arrive(message, account);
      this.#serve(arrival, response).catch((error: unknown) => {
        // Whether the body that was announced follows, the client alone knows.
        if (message.headers.expect !== undefined && !response.headersSent)
          response.setHeader('Connection', 'close');
        this.#rooms.answer(message, response, error);
      });
    });
  }

  upgrade(message: IncomingMessage, socket: Duplex, head: Buffer, account: AccountId): void {
    if (this.#turns.isBusy(message.socket)) {
      // Its first bytes would fall into the middle of an answer.
      socket.destroy();
      return;
    }
    const arrival = this.#arrive(message, account);
    this.#upgrade(arrival, socket, head).catch((error: unknown) => {
      if (!(error instanceof Problem))
        this.#rooms.logger.error({ err: error }, 'an upgrade failed');
      if (error instanceof Problem) this.#rooms.answerOnSocket(socket, error);
      else socket.destroy();
    });
  }

  #arrive(message: IncomingMessage, account: AccountId): Arrival {
    const { accountOrigin, networkOf } = this.#rooms;
    return { message, account, origin: accountOrigin(account), network: networkOf(message) };
  }

  async #serve(arrival: Arrival, response: ServerResponse): Promise<void> {
    const { gateway, threshold } = this.#rooms;
    const { message } = arrival;
    let visitor: Visitor | undefined;
    try {
      visitor = await gateway.authenticate(arrival);
      if (message.url?.startsWith(OURS)) await threshold.serve(arrival, visitor, response);
      else await gateway.serve(arrival, this.#welcome(arrival, visitor), response);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await this.#recordRefusal(arrival, visitor, error);
      if (isNavigation(message) && SENT_TO_ENTER.has(error.reason))
        return this.#sendToEnter(arrival, response);
      throw this.#problemOf(arrival, error);
    }
  }

  async #upgrade(arrival: Arrival, socket: Duplex, head: Buffer): Promise<void> {
    const { gateway, tunnel } = this.#rooms;
    let visitor: Visitor | undefined;
    try {
      visitor = await gateway.authenticate(arrival);
      await tunnel.serve(arrival, this.#welcome(arrival, visitor), socket, head);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await this.#recordRefusal(arrival, visitor, error);
      throw this.#problemOf(arrival, error);
    }
  }

  /** Somebody with a visit, who asks himself. What another site made his browser ask keeps no sign-in alive. */
  #welcome(arrival: Arrival, visitor: Visitor | undefined): Visitor {
    const { gateway, noteActivity } = this.#rooms;
    if (visitor === undefined)
      throw new Refusal('sign-in-required', 'Open a visit of this account first.', {
        request: gateway.describe(arrival),
      });
    gateway.refuseForeign(arrival);
    noteActivity(visitor);
    return visitor;
  }

  /** On disk before it is answered; strangers are counted. */
  async #recordRefusal(
    arrival: Arrival,
    visitor: Visitor | undefined,
    refusal: Refusal,
  ): Promise<void> {
    const { recorder, anonymous } = this.#rooms;
    const { account, network } = arrival;
    const { reason, known } = refusal;
    if (visitor !== undefined) {
      await recorder.record([refusalOf(arrival, visitor, refusal)]);
      return;
    }
    const registered = await recorder.reader.account(account);
    await anonymous.note({ reason, account: registered?.id, network, request: known.request });
  }

  #problemOf(arrival: Arrival, refusal: Refusal): Problem {
    return new Problem(refusal.reason, refusal.detail, { requestUrl: this.#enterUrl(arrival) });
  }

  #sendToEnter(arrival: Arrival, response: ServerResponse): void {
    response
      .writeHead(303, {
        Location: this.#enterUrl(arrival),
        'Cache-Control': 'no-store',
        'Referrer-Policy': 'no-referrer',
      })
      .end();
  }

  #enterUrl({ account, message }: Arrival): string {
    const query = new URLSearchParams({ account, to: message.url ?? '/' });
    return `${this.#rooms.publicOrigin}/enter?${query.toString()}`;
  }
}

/** What the page "Enter" can explain, and help with. */
const SENT_TO_ENTER = new Set(['sign-in-required', 'no-basis']);
