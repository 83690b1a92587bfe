import type { IncomingMessage, ServerResponse } from 'node:http';
import { html } from '../../http/html.ts';
import { readAssets } from './assets.ts';
import { type FrontPage, renderFrontPage } from './front-page.ts';
import { listenOnLoopback } from './listen-on-loopback.ts';
import { renderPage } from './page.ts';
import { contentSecurityPolicy, isRead, pathOf, sendAsset, sendPage } from './send-page.ts';

export interface FrontPageOptions extends FrontPage {
  /** 0 for any that is free. */
  readonly port: number;
}

/** A running server of the demo. */
export interface RunningFrontPage {
  readonly url: string;
  readonly port: number;
  /** Stops at once, open connections included. */
  close(): Promise<void>;
}

/** Serves the demo's front page at `/`, to this machine only. */
export async function startFrontPage(options: FrontPageOptions): Promise<RunningFrontPage> {
  const assets = await readAssets();
  const front = renderFrontPage(options);
  const server = await listenOnLoopback(options.port);
  server.serve((request, response) => {
    if (sendAsset(request, response, assets)) return;
    sendFront(request, response, front);
  });
  return { url: `http://localhost:${server.port}`, port: server.port, close: server.close };
}

function sendFront(request: IncomingMessage, response: ServerResponse, front: string): void {
  const policy = contentSecurityPolicy();
  if (isRead(request) && pathOf(request) === '/') sendPage(response, { policy, markup: front });
  else sendPage(response, { status: 404, policy, markup: NOT_FOUND });
}

const NOT_FOUND = renderPage({
  title: 'Not found',
  name: 'Sallyport',
  where: 'demo, on this machine only',
  body: html`<h1>There is nothing here.</h1><p><a href="/">Go to the front page</a></p>`,
});
