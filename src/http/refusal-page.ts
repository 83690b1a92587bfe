import type { Realm } from '../domain/principal.ts';
import type { Problem, ProblemCode } from '../domain/problem.ts';
import { type Html, html } from './html.ts';

/** What somebody can do now who was refused. */
export interface WayForward {
  readonly publicOrigin: string;
  readonly realms: readonly Realm[];
  /** The path to come back to after a sign-in. */
  readonly returnTo: string;
}

/** The page of a problem: what, why, and the way forward. */
export function renderProblem(problem: Problem, way: WayForward): Html {
  return html`<p class="meaning refused">${problem.status}</p>
<h1>${problem.title}.</h1>
<p class="lead">${problem.detail}</p>
${problem.errors.length > 0 && renderErrors(problem)}
${renderWayForward(problem, way)}`;
}

/** The page of a fault: nothing about it but how to speak about it. */
export function renderFault(id: string, publicOrigin: string): Html {
  return html`<p class="meaning refused">500</p>
<h1>Something went wrong here.</h1>
<p class="lead">It is our mistake, not yours, and it has been logged.
Whoever runs this gateway finds it by this number:</p>
<p><code>${id}</code></p>
<p class="actions"><a class="button" href="${publicOrigin}/">Go to the first page</a></p>`;
}

function renderErrors({ errors }: Problem): Html {
  return html`<ul>${errors.map(({ pointer, detail }) => html`<li><code>${pointer}</code> ${detail}</li>`)}</ul>`;
}

const SIGN_IN_AGAIN: ReadonlySet<ProblemCode> = new Set([
  'sign-in-required',
  'sign-in-refused',
  'sign-in-unavailable',
  'fresh-sign-in-required',
]);

const REALM_WORDS: Readonly<Record<Realm, string>> = {
  staff: 'Sign in as staff',
  owners: 'Sign in to your account',
};

function renderWayForward(problem: Problem, way: WayForward): Html {
  if (problem.requestUrl !== undefined) {
    return html`<p class="actions"><a class="button" href="${problem.requestUrl}">See what would let you in</a></p>`;
  }
  if (!SIGN_IN_AGAIN.has(problem.code)) {
    return html`<p class="actions"><a class="button" href="${way.publicOrigin}/">Go to the first page</a></p>`;
  }
  const fresh = problem.code === 'fresh-sign-in-required' ? '&fresh=1' : '';
  const returnTo = encodeURIComponent(way.returnTo);
  const links = way.realms.map((realm) => {
    const href = `${way.publicOrigin}/auth/${realm}/login?returnTo=${returnTo}${fresh}`;
    return html`<a class="button" href="${href}">${REALM_WORDS[realm]}</a>`;
  });
  return html`<p class="actions">${links}</p>`;
}
