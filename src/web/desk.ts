import type { IncomingMessage } from 'node:http';
import express, { type Request, type RequestHandler, type Response } from 'express';
import type { Caller, Control } from '../control/control.ts';
import type { Network } from '../domain/event.ts';
import type { Realm } from '../domain/principal.ts';
import type { Instant } from '../domain/time.ts';
import { type Page, type PageFrame, sendPage } from '../http/page.ts';
import { inviteBody } from '../http/public-app.ts';
import { requireSignIn, signInOf } from '../http/sign-in.ts';

/** What every page works with. */
export interface WebOptions {
  readonly control: Control;
  /** Where a request came from, as it is recorded. */
  readonly networkOf: (request: IncomingMessage) => Network;
  readonly frame: PageFrame;
  /** The origin that pages and API are reached under. */
  readonly publicOrigin: string;
  /** Where people can sign in; both realms unless given. */
  readonly realms?: readonly Realm[];
}

/** Somebody signed in at one of our pages, with what is at hand to answer him. */
export interface Desk extends WebOptions {
  readonly caller: Caller;
  readonly request: Request;
  readonly response: Response;
  readonly now: Instant;
}

type Serve = (desk: Desk) => Promise<void> | void;

/** A page for people who are signed in. Others are refused with `sign-in-required`. */
export function forSignedIn(options: WebOptions, serve: Serve): RequestHandler {
  return async (request, response) => {
    requireSignIn(request);
    const desk = openDesk(options, request, response);
    if (desk !== undefined) await serve(desk);
  };
}

/** The same for whoever may not be signed in: `undefined` then. */
export function openDesk(
  options: WebOptions,
  request: Request,
  response: Response,
): Desk | undefined {
  const session = signInOf(request)?.session;
  if (session === undefined) return undefined;
  const caller = { session, network: options.networkOf(request) };
  return { ...options, caller, request, response, now: options.control.recorder.now() };
}

/** Reads the form that follows; one that is not a form is an empty one. */
export const readsForm: readonly RequestHandler[] = [
  inviteBody,
  express.urlencoded({ extended: false, limit: 100_000, parameterLimit: 50 }),
];

/** Answers with a page of the one who asked. */
export function show({ frame, caller, response }: Desk, page: Page, status = 200): void {
  sendPage(response, frame({ principal: caller.session.principal, ...page }), { status });
}

/** After a form: the browser looks at `path` (RFC 9110 section 15.4.4). */
export function seeOther({ response }: Pick<Desk, 'response'>, path: string): void {
  response.redirect(303, path);
}
