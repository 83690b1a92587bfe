import type { ServerResponse } from 'node:http';
import type { AccountId } from '../domain/account-id.ts';
import type { Principal } from '../domain/principal.ts';
import { ASSET_PATHS } from './assets.ts';
import { type Html, html } from './html.ts';

/** One page, without the frame all pages share. */
export interface Page {
  /** What the tab says, before the product's name. */
  readonly title: string;
  /** Begins with one `<h1>` that answers the page's question. */
  readonly content: Html;
  /** Whose page it is; nobody's before a sign-in. */
  readonly principal?: Principal | undefined;
  readonly account?: { readonly id: AccountId; readonly name?: string | undefined } | undefined;
  /** On what the visit under way stands, and how long still. */
  readonly visit?: Html | undefined;
  /** Where the browser looks again by itself, after so many seconds. */
  readonly refresh?: { readonly seconds: number; readonly href: string };
  /** The ways on, for those who have several: at most seven words. Owners have none. */
  readonly rail?: readonly RailLink[];
  /** Whether somebody is inside an account this page is about: the mark stands open then. */
  readonly isSomeoneInside?: boolean;
}

export interface RailLink {
  readonly label: string;
  readonly href: string;
  readonly isCurrent: boolean;
}

/** Puts a page into the frame: the whole document. */
export type PageFrame = (page: Page) => string;

export interface PageFrameOptions {
  /** How the pages call the product. */
  readonly product: string;
  /** Links of the frame are absolute: refusals are shown on the accounts' origins too. */
  readonly publicOrigin: string;
}

export function createPageFrame(options: PageFrameOptions): PageFrame {
  return (page) => renderDocument(options, page).toString();
}

/** Answers with a page that nobody keeps. */
export function sendPage(
  response: ServerResponse,
  document: string,
  { status = 200 }: { status?: number } = {},
): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.end(document);
}

function renderDocument(options: PageFrameOptions, page: Page): Html {
  const { product, publicOrigin } = options;
  const mark = page.isSomeoneInside === true ? ASSET_PATHS.gateOpen : ASSET_PATHS.gateClosed;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${page.refresh !== undefined && html`<meta http-equiv="refresh" content="${page.refresh.seconds}; url=${page.refresh.href}">`}
<title>${page.title} · ${product}</title>
<link rel="stylesheet" href="${publicOrigin}${ASSET_PATHS.stylesheet}">
<link rel="icon" type="image/svg+xml" href="${publicOrigin}${mark}">
</head>
<body>
<a class="skip" href="#main">Go to the content</a>
<header class="bar">
<a class="product" href="${publicOrigin}/"><img src="${publicOrigin}${mark}" alt="" width="20" height="20">${product}</a>
${renderPlace(page)}
${page.principal === undefined ? undefined : renderPrincipal(page.principal, publicOrigin)}
</header>
<div class="${page.rail === undefined ? 'column' : 'column with-rail'}">
${page.rail === undefined ? undefined : renderRail(page.rail)}
<main id="main">
${page.content}
</main>
</div>
</body>
</html>
`;
}

function renderPlace({ account, visit }: Page): Html {
  const name = account?.name ?? account?.id;
  return html`${name === undefined ? undefined : html`<span class="place">${name}</span>`}
${visit === undefined ? undefined : html`<span class="visit">${visit}</span>`}`;
}

function renderPrincipal(principal: Principal, publicOrigin: string): Html {
  const name = principal.name ?? principal.email ?? principal.subject;
  const roles = principal.roles.length === 0 ? 'no role' : principal.roles.join(', ');
  return html`<div class="who">
<span>${name} · ${roles}</span>
<form method="post" action="${publicOrigin}/auth/logout"><button class="quiet">Sign out</button></form>
</div>`;
}

function renderRail(links: readonly RailLink[]): Html {
  const items = links.map(
    ({ label, href, isCurrent }) =>
      html`<li><a href="${href}"${isCurrent && html` aria-current="page"`}>${label}</a></li>`,
  );
  return html`<nav class="rail" aria-label="Pages"><ul>${items}</ul></nav>`;
}
