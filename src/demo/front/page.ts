import { type Html, html } from '../../http/html.ts';

/** One of the demo's own pages. */
export interface Page {
  /** What the tab says. */
  readonly title: string;
  /** The bar on top: what this is, and where it runs. */
  readonly name: string;
  readonly where: string;
  readonly body: Html;
  /** One column of forms, not a page to read. */
  readonly isNarrow?: boolean;
}

/** The whole document around a page of the demo. Its stylesheet and mark come from `readAssets`. */
export function renderPage(page: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<link rel="stylesheet" href="/assets/demo.css">
<link rel="icon" type="image/svg+xml" href="/assets/mark.svg">
</head>
<body>
<header class="bar">
${MARK}
<strong>${page.name}</strong>
<span class="where">${page.where}</span>
</header>
<main class="${page.isNarrow === true ? 'narrow' : 'wide'}">
${page.body}
</main>
</body>
</html>
`.toString();
}

/** The gate arch, in one stroke. */
const MARK = html`<svg viewBox="0 0 24 24" fill="none" stroke-width="2.2" stroke-linecap="round"
 stroke-linejoin="round" aria-hidden="true"><path d="M3 20.5h4V11a5 5 0 0 1 10 0v9.5h4"/></svg>`;
