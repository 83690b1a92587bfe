import { type Html, html } from '../../http/html.ts';
import { renderPage } from './page.ts';

/** Something to open. */
export interface Address {
  readonly name: string;
  readonly url: string;
  /** One line: what is found there. */
  readonly says: string;
}

/** Somebody who can sign in. */
export interface SignIn {
  readonly realm: 'staff' | 'owners';
  readonly name: string;
  readonly email: string;
  /** One line: who this is and what they can do. */
  readonly says: string;
}

/** One step of the walk. */
export interface Step {
  /** What to do, as a sentence. */
  readonly title: string;
  /** What happens, and what it shows. */
  readonly says: string;
  /** The name of the person to do it as. */
  readonly as?: string;
  readonly links?: readonly Link[];
  /** A command to type. */
  readonly command?: string;
}

export interface Link {
  readonly text: string;
  readonly url: string;
}

/** What the front page shows, all of it from its caller. */
export interface FrontPage {
  readonly walk: readonly Step[];
  readonly signIns: readonly SignIn[];
  readonly addresses: readonly Address[];
}

/** The demo's front page: a walk, who can sign in and as what, and where everything is. */
export function renderFrontPage(page: FrontPage): string {
  return renderPage({
    title: 'Sallyport demo',
    name: 'Sallyport',
    where: 'demo, on this machine only',
    body: html`
<h1>Nobody enters a customer’s account unless its owner lets them.</h1>
<p class="lead">And every access is on record first. Everything you need to try it is running: the
gateway, two sign-ins, and a customer application behind it. The people and their data are
made up.</p>
<h2 id="walk">A walk in ${countInWords(page.walk.length)}</h2>
<ol class="walk">${page.walk.map(renderStep)}</ol>
<h2 id="people">Who can sign in</h2>
<p class="muted">No passwords: each sign-in page lists these people, with one button each. One
browser holds one sign-in; use a private window to be two people at once.</p>
${renderSignIns('Staff', 'staff', page.signIns)}
${renderSignIns('Customers, who own the accounts', 'owners', page.signIns)}
<h2 id="addresses">Addresses</h2>
<table>
<tbody>${page.addresses.map(renderAddress)}</tbody>
</table>`,
  });
}

function renderStep(step: Step): Html {
  return html`<li>
<h3>${step.title}</h3>
${step.as !== undefined && html`<p class="as">as ${step.as}</p>`}
<p>${step.says}</p>
${step.links !== undefined && html`<ul class="links">${step.links.map(renderLink)}</ul>`}
${step.command !== undefined && html`<pre><code>${step.command}</code></pre>`}
</li>`;
}

function renderLink(link: Link): Html {
  return html`<li><a href="${safeAddress(link.url)}">${link.text}</a></li>`;
}

function renderSignIns(title: string, realm: SignIn['realm'], signIns: readonly SignIn[]): Html {
  const people = signIns.filter((signIn) => signIn.realm === realm);
  if (people.length === 0) return html``;
  return html`<table>
<caption>${title}</caption>
<tbody>${people.map(renderSignIn)}</tbody>
</table>`;
}

function renderSignIn(person: SignIn): Html {
  return html`<tr>
<th scope="row">${person.name}</th>
<td>${person.says} <span class="mono muted">${person.email}</span></td>
</tr>`;
}

function renderAddress(address: Address): Html {
  return html`<tr>
<th scope="row">${address.name}</th>
<td>${address.says} <span class="mono"><a href="${safeAddress(address.url)}">${address.url}</a></span></td>
</tr>`;
}

/** Escaping does not stop `javascript:`; only web addresses become links. */
function safeAddress(url: string): string {
  return /^https?:\/\//.test(url) || /^\/(?!\/)/.test(url) ? url : '#';
}

const WORDS = ['no steps', 'one step', 'two steps', 'three steps', 'four steps', 'five steps'];

function countInWords(count: number): string {
  return WORDS[count] ?? `${count} steps`;
}
