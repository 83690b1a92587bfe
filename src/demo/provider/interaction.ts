import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type Interaction, type Provider } from 'oidc-provider';
import { isRead, pathOf, sendPage } from '../front/send-page.ts';
import { AUTHENTICATION } from './configuration.ts';
import type { Person } from './person.ts';
import type { ProviderOptions } from './provider-options.ts';
import { renderRefusalPage, renderSignInPage } from './sign-in-page.ts';

const FORM_LIMIT_BYTES = 4_096;
const CANCELLED = { error: 'access_denied', error_description: 'the person cancelled the sign-in' };

/** What the sign-in pages need beside the request. */
export interface SignInDesk {
  readonly provider: Provider;
  readonly options: ProviderOptions;
  /** The Content-Security-Policy of its pages. */
  readonly policy: string;
}

export function isInteraction(request: IncomingMessage): boolean {
  return pathOf(request).startsWith('/interaction/');
}

/** Shows the sign-in page, or takes the choice made on it. */
export async function answerInteraction(
  desk: SignInDesk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const interaction = await findInteraction(desk.provider, request, response);
    if (isRead(request)) showSignIn(desk, response, interaction);
    else if (request.method === 'POST') await takeChoice(desk, request, response);
    else refuse(desk, response, 405, 'a sign-in page is shown, or a choice is posted to it');
  } catch (error) {
    if (!(error instanceof errors.SessionNotFound)) throw error;
    refuse(desk, response, 400, 'this sign-in has expired, or was begun in another browser');
  }
}

/** The address names the interaction and the browser's cookie must name the same one. */
async function findInteraction(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Interaction> {
  const interaction = await provider.interactionDetails(request, response);
  if (pathOf(request) !== `/interaction/${interaction.uid}`) throw new errors.SessionNotFound();
  return interaction;
}

function showSignIn(desk: SignInDesk, response: ServerResponse, interaction: Interaction): void {
  const { people, title } = desk.options;
  const markup = renderSignInPage({
    title,
    people,
    clientId: String(interaction.params['client_id']),
    signedIn: people.find((person) => person.subject === interaction.session?.accountId),
  });
  sendPage(response, { policy: desk.policy, markup });
}

async function takeChoice(
  desk: SignInDesk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const form = await readForm(request);
  if (form === undefined) return refuse(desk, response, 413, 'too much was sent');
  const finish = { mergeWithLastSubmission: false };
  if (form.has('cancel')) {
    return desk.provider.interactionFinished(request, response, CANCELLED, finish);
  }
  const person = choosePerson(desk.options.people, form);
  if (person === undefined) return refuse(desk, response, 422, 'there is no such person');
  const login = { accountId: person.subject, ...AUTHENTICATION };
  return desk.provider.interactionFinished(request, response, { login }, finish);
}

function choosePerson(people: readonly Person[], form: URLSearchParams): Person | undefined {
  const [subject, ...more] = form.getAll('subject');
  return more.length > 0 ? undefined : people.find((person) => person.subject === subject);
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > FORM_LIMIT_BYTES) return undefined;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

function refuse(desk: SignInDesk, response: ServerResponse, status: number, why: string): void {
  const markup = renderRefusalPage(desk.options.title, why);
  sendPage(response, { status, policy: desk.policy, markup });
}
