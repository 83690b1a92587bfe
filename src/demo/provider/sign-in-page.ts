import { Html, html } from '../../http/html.ts';
import { renderPage } from '../front/page.ts';
import type { Person } from './person.ts';

/** What a sign-in page has to know. */
export interface SignInPage {
  /** What the provider calls itself. */
  readonly title: string;
  readonly people: readonly Person[];
  /** The application that sent the person here. */
  readonly clientId: string;
  /** Who is signed in already, if anyone. */
  readonly signedIn: Person | undefined;
}

/** Lists who can sign in, one button each: a plain form, no script, nothing to type. */
export function renderSignInPage(page: SignInPage): string {
  return frame(
    page.title,
    `Sign in · ${page.title}`,
    html`
<h1>Who is signing in?</h1>
<p class="lead">You go on to ${page.clientId} as the person you choose.</p>
${page.signedIn !== undefined && renderAskedAgain(page.signedIn)}
<form method="post">
<ul class="rows">${page.people.map(renderPerson)}</ul>
<div class="actions"><button class="plain" name="cancel" value="yes">Cancel sign-in</button></div>
</form>
<footer>A development sign-in: the people are made up, there are no passwords, and only this
machine can reach it.</footer>`,
  );
}

function renderAskedAgain(signedIn: Person): Html {
  return html`<p class="notice">You are signed in as ${signedIn.name}. The application asks you to
sign in again.</p>`;
}

function renderPerson(person: Person): Html {
  return html`<li>
<div>
<h2 class="name">${person.name}</h2>
<p>${person.says}</p>
<p class="mono">${person.email}${!person.emailVerified && ' (not verified)'}</p>
</div>
<button class="quiet" name="subject" value="${person.subject}">Sign in<span class="unseen"> as ${person.name}</span></button>
</li>`;
}

/**
 * Asks before the sign-out.
 *
 * @param form the form the provider wants submitted, as markup of its own making
 */
export function renderSignOutPage(title: string, form: string): string {
  return frame(
    title,
    `Sign out · ${title}`,
    html`
<h1>Sign out of ${title}?</h1>
<p class="lead">Applications you signed in to from here are told, and sign you out too.</p>
${new Html(form)}
<div class="actions">
<button form="op.logoutForm" name="logout" value="yes">Sign out</button>
<button class="quiet" form="op.logoutForm">Stay signed in</button>
</div>`,
  );
}

/** Says that the sign-out is done, when the application gave no address to return to. */
export function renderSignedOutPage(title: string): string {
  return frame(
    title,
    `Signed out · ${title}`,
    html`<h1>You are signed out.</h1><p class="lead">You can close this page.</p>`,
  );
}

/** Says why a sign-in cannot go on. */
export function renderRefusalPage(title: string, reason: string): string {
  return frame(
    title,
    `Sign-in stopped · ${title}`,
    html`
<h1>This sign-in cannot go on.</h1>
<p class="lead">Go back to the application and sign in from there again.</p>
<p class="mono muted">${reason}</p>`,
  );
}

function frame(name: string, title: string, body: Html): string {
  return renderPage({ title, name, where: 'development sign-in', body, isNarrow: true });
}
