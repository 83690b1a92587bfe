import type { ServerResponse } from 'node:http';
import type { Control } from '../control/control.ts';
import { redeemCode } from '../control/visit-entry.ts';
import { closeVisit } from '../control/visit-closing.ts';
import type { AccountId } from '../domain/ids.ts';
import { Problem } from '../domain/problem.ts';
import { type OwnCookie, setCookie } from '../http/cookies.ts';
import { html } from '../http/html.ts';
import { type PageFrame, sendPage } from '../http/page.ts';
import type { SecurityHeaders } from '../http/security-headers.ts';
import type { Arrival, Visitor } from './arrival.ts';
import type { Gateway } from './gateway.ts';

export interface ThresholdRooms {
  readonly control: Control;
  readonly gateway: Gateway;
  readonly cookie: OwnCookie;
  readonly publicOrigin: string;
  readonly frame: PageFrame;
  readonly securityHeaders: SecurityHeaders;
}

const ENTER = '/.sallyport/enter';
const LEAVE = '/.sallyport/leave';

/** What is ours on an account's origin: the way in, and the way out. */
export class Threshold {
  readonly #rooms: ThresholdRooms;

  constructor(rooms: ThresholdRooms) {
    this.#rooms = rooms;
  }

  async serve(
    arrival: Arrival,
    visitor: Visitor | undefined,
    response: ServerResponse,
  ): Promise<void> {
    const { message } = arrival;
    this.#rooms.securityHeaders(message, response);
    const { pathname, searchParams } = new URL(message.url ?? '/', arrival.origin);
    const act = `${message.method} ${pathname}`;
    if (act === `GET ${ENTER}`) return this.#enter(arrival, searchParams, response);
    if (act === `GET ${LEAVE}`) return this.#showLeave(mustBeHere(arrival, visitor), response);
    if (act === `POST ${LEAVE}`) return this.#leave(arrival, visitor, response);
    if (pathname === ENTER || pathname === LEAVE)
      throw new Problem('method-not-allowed', 'This address does not take that method.');
    throw new Problem('not-found', 'There is nothing here.');
  }

  /** One top-level navigation with a single-use code becomes the cookie of this one origin. */
  async #enter(arrival: Arrival, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const { control, cookie } = this.#rooms;
    const { account, network } = arrival;
    const [code, ...others] = query.getAll('code');
    if (code === undefined || others.length > 0 || !isTopLevelNavigation(arrival))
      return this.#sendToEnter(account, response);
    const redeemed = await redeemCode(control, account, code, network);
    if (redeemed === undefined) return this.#sendToEnter(account, response);
    const { visit, session } = redeemed;
    const left = session.expiresAt - control.recorder.now();
    setCookie(response, cookie, {
      value: redeemed.cookie,
      maxAgeSeconds: Math.max(0, Math.floor(left / 1000)),
    });
    redirect(response, visit.to);
  }

  #showLeave({ visit }: Visitor, response: ServerResponse): void {
    const content = html`<h1>You are in ${visit.account}.</h1>
      <p>What you are here for: ${visit.purpose}</p>
      <form method="post" action="${LEAVE}"><button class="main">I am done</button></form>
      <p><a href="/">Back to the application</a></p>`;
    this.#show(response, 'Leave', content);
  }

  async #leave(
    arrival: Arrival,
    visitor: Visitor | undefined,
    response: ServerResponse,
  ): Promise<void> {
    const { visit, session } = mustBeHere(arrival, visitor);
    this.#rooms.gateway.refuseForeign(arrival);
    await closeVisit(this.#rooms.control, { session, network: arrival.network }, visit.id);
    setCookie(response, this.#rooms.cookie, { value: '', maxAgeSeconds: 0 });
    response.setHeader('Clear-Site-Data', '"cache", "cookies", "storage"');
    const again = new URLSearchParams({ account: arrival.account });
    const content = html`<h1>Your visit of ${arrival.account} has ended.</h1>
      <p>You ended it yourself. What you did there is on record.</p>
      <p><a href="${this.#rooms.publicOrigin}/enter?${again.toString()}">Enter again</a></p>`;
    this.#show(response, 'Visit ended', content);
  }

  #show(response: ServerResponse, title: string, content: ReturnType<typeof html>): void {
    sendPage(response, this.#rooms.frame({ title, content }));
  }

  #sendToEnter(account: AccountId, response: ServerResponse): void {
    const query = new URLSearchParams({ account });
    redirect(response, `${this.#rooms.publicOrigin}/enter?${query.toString()}`);
  }
}

function mustBeHere({ account }: Arrival, visitor: Visitor | undefined): Visitor {
  if (visitor === undefined || visitor.visit.account !== account)
    throw new Problem('sign-in-required', 'There is no visit under way here.');
  return visitor;
}

/** A client that says how it came to ask must say that a person is going there. */
function isTopLevelNavigation({ message }: Arrival): boolean {
  const { headers } = message;
  const isAhead = headers['purpose'] === 'prefetch' || headers['sec-purpose'] !== undefined;
  const mode = headers['sec-fetch-mode'] ?? 'navigate';
  const destination = headers['sec-fetch-dest'] ?? 'document';
  return !isAhead && mode === 'navigate' && destination === 'document';
}

function redirect(response: ServerResponse, location: string): void {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.writeHead(303, { Location: location }).end();
}
