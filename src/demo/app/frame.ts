import { type Markup, markup } from './markup.ts';
import type { Visitor } from './visitor.ts';

/** One page of the console. */
export interface ConsolePage {
  readonly title: string;
  /** The entry of the navigation that it belongs to. */
  readonly section: string;
  readonly body: Markup;
  /** The page's script, if it has one. */
  readonly script?: string;
}

const SECTIONS = [
  { path: '/', name: 'Overview' },
  { path: '/users', name: 'Users' },
  { path: '/invoices', name: 'Invoices' },
  { path: '/alerts', name: 'Alerts' },
  { path: '/live', name: 'Live' },
  { path: '/settings', name: 'Settings' },
];

/** The whole document around a page. Every address in it is a path: the account has its own origin. */
export function renderFrame(page: ConsolePage, visitor: Visitor): string {
  const { name } = visitor.account.settings;
  return document(
    `${page.title} · ${name}`,
    markup`
<header class="top">
<p class="product">Example Console</p>
<p class="account">${name}</p>
<nav aria-label="Sections"><ul>${SECTIONS.map((section) => renderSection(section, page.section))}</ul></nav>
</header>
<main>
${page.body}
</main>
${renderStrip(visitor)}
${page.script !== undefined && markup`<script src="${page.script}" defer></script>`}`,
  );
}

/** A page for a visitor who has found nothing, and of whom nothing is shown. */
export function renderNothing(detail: string): string {
  return document(
    'Not found',
    markup`
<header class="top"><p class="product">Example Console</p></header>
<main><h1>There is nothing here.</h1><p class="lead">${detail}</p>
<p><a href="/">Go to the overview</a></p></main>`,
  );
}

function renderSection(section: { path: string; name: string }, current: string): Markup {
  const here = section.name === current && markup` aria-current="page"`;
  return markup`<li><a href="${section.path}"${here}>${section.name}</a></li>`;
}

/** To whom the console thinks it is talking. */
function renderStrip({ assertion, record }: Visitor): Markup {
  const { name, email, account, scope, basis } = assertion;
  return markup`
<aside class="strip" aria-label="Who is asking, according to the access gateway">
<p><span class="fact">Talking to</span><strong>${name}</strong><span class="fact">${email}</span></p>
<dl>
<div><dt>account</dt><dd>${account}</dd></div>
<div><dt>may</dt><dd>${scope === 'read' ? 'look only' : 'look and change'}</dd></div>
<div><dt>${basis.kind}</dt><dd class="mono" title="${basis.id}">${shorten(basis.id)}</dd></div>
<div><dt>record</dt><dd class="mono">${record ?? 'none'}</dd></div>
</dl>
</aside>`;
}

/** Ids that are made in the same moment begin alike; their ends tell them apart. */
function shorten(id: string): string {
  return id.length <= 13 ? id : `…${id.slice(-8)}`;
}

function document(title: string, body: Markup): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Example Console</title>
<link rel="stylesheet" href="/assets/console.css">
<link rel="icon" type="image/svg+xml" href="/assets/console.svg">
</head>
<body>${body}
</body>
</html>
`.text;
}
