import assert from 'node:assert/strict';
import { Agent, request } from 'undici';
import { loopbackLookup } from '../../src/http/loopback-lookup.ts';

/** A page as a browser without scripts has it. */
export interface Visited {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const DIALER = new Agent({ connect: { lookup: loopbackLookup }, connections: 64 });

function headersOf(raw: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(raw))
    for (const value of [values ?? []].flat()) headers.append(name, value);
  return headers;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
}

/**
 * A browser without scripts: cookies by host and port, redirects followed, `Sec-Fetch-*` and `Origin`
 * sent as Chromium sends them. The gateway's guards are on, so it has to behave.
 */
export class Browser {
  readonly #jars = new Map<string, Map<string, Cookie>>();

  /** Types an address. */
  get(url: string | URL): Promise<Visited> {
    return this.#navigate(new URL(url), { method: 'GET', site: 'none' });
  }

  /** Submits a form of a page of this origin. */
  post(url: string | URL, fields: Record<string, string>): Promise<Visited> {
    const body = new URLSearchParams(fields).toString();
    return this.#navigate(new URL(url), { method: 'POST', body, site: 'same-origin' });
  }

  /** Presses the button of the page that says so, with the fields of its form as they stand or as given. */
  press(page: Visited, button: string, filled: Record<string, string> = {}): Promise<Visited> {
    const form = formsOf(page).find((one) => one.buttons.some(({ text }) => text.includes(button)));
    assert.ok(form, `there is no button "${button}" on ${page.url}:\n${page.text}`);
    const pressed = form.buttons.find(({ text }) => text.includes(button));
    const fields = { ...form.fields, ...pressed?.field, ...filled };
    return this.post(new URL(form.action ?? page.url.href, page.url), fields);
  }

  /** A request of a program or a script, with this browser's cookies; nothing is followed. */
  async fetch(
    url: string | URL,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answer> {
    const target = new URL(url);
    const cookie = this.cookiesFor(target);
    // Not `fetch`: it sets `Sec-Fetch-Mode` itself, and so cannot play a browser's navigation.
    const answer = await request(target, {
      dispatcher: DIALER,
      method: (init.method ?? 'GET') as 'GET',
      ...(init.body === undefined ? {} : { body: init.body }),
      headers: { ...(cookie === '' ? {} : { Cookie: cookie }), ...init.headers },
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: headersOf(answer.headers), text };
  }

  cookiesFor(url: URL): string {
    return [...(this.#jars.get(url.host) ?? [])]
      .filter(([, { path }]) => url.pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
  }

  async #navigate(
    url: URL,
    how: { method: string; body?: string; site: string },
    hops = 0,
  ): Promise<Visited> {
    assert.ok(hops < 20, `too many redirects, the last to ${url}`);
    const answer = await this.fetch(url, {
      method: how.method,
      ...(how.body === undefined ? {} : { body: how.body }),
      headers: {
        Accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
        'Sec-Fetch-Site': how.site,
        'Sec-Fetch-Mode': 'navigate',
        'Sec-Fetch-Dest': 'document',
        ...(how.method === 'POST'
          ? { Origin: url.origin, 'Content-Type': 'application/x-www-form-urlencoded' }
          : {}),
      },
    });
    for (const line of answer.headers.getSetCookie()) this.#keep(url, line);
    const { text } = answer;
    const location = answer.headers.get('location');
    if (location === null || answer.status < 300 || answer.status > 399)
      return { url, status: answer.status, headers: answer.headers, text };
    const next = new URL(location, url);
    const site = next.origin === url.origin ? how.site : 'cross-site';
    return this.#navigate(next, { method: 'GET', site }, hops + 1);
  }

  #keep(url: URL, line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const path = /; path=([^;]*)/i.exec(line)?.[1] ?? '/';
    const jar = this.#jars.get(url.host) ?? new Map<string, Cookie>();
    this.#jars.set(url.host, jar);
    if (value === '' || /max-age=0(;|$)/i.test(line)) jar.delete(name);
    else jar.set(name, { value, path });
  }
}

interface Form {
  readonly action: string | undefined;
  readonly fields: Record<string, string>;
  readonly buttons: readonly { text: string; field: Record<string, string> }[];
}

function formsOf(page: Visited): Form[] {
  return [...page.text.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)].map(
    ([, tag = '', inner = '']) => ({
      action: attribute(tag, 'action'),
      fields: { ...inputsOf(inner), ...selectsOf(inner) },
      buttons: buttonsOf(inner),
    }),
  );
}

function inputsOf(markup: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [, tag = ''] of markup.matchAll(/<input([^>]*)>/g)) {
    const name = attribute(tag, 'name');
    const isChoice = /type="(radio|checkbox)"/.test(tag);
    if (name === undefined || (isChoice && !/\schecked/.test(tag))) continue;
    fields[name] = attribute(tag, 'value') ?? '';
  }
  return fields;
}

function selectsOf(markup: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [, tag = '', inner = ''] of markup.matchAll(/<select([^>]*)>(.*?)<\/select>/gs)) {
    const name = attribute(tag, 'name');
    const options = [...inner.matchAll(/<option([^>]*)>/g)].map(([, option = '']) => option);
    const chosen = options.find((option) => /\sselected/.test(option)) ?? options[0];
    if (name !== undefined && chosen !== undefined) fields[name] = attribute(chosen, 'value') ?? '';
  }
  return fields;
}

function buttonsOf(markup: string): { text: string; field: Record<string, string> }[] {
  return [...markup.matchAll(/<button([^>]*)>(.*?)<\/button>/gs)].map(
    ([, tag = '', inner = '']) => {
      const name = attribute(tag, 'name');
      const text = inner.replace(/<[^>]*>/g, '');
      return { text, field: name === undefined ? {} : { [name]: attribute(tag, 'value') ?? '' } };
    },
  );
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value?.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");
}
