import assert from 'node:assert/strict';
import { loopbackFetch } from '../../src/http/loopback-fetch.ts';

/** A page, or an answer, as a browser without scripts has it. */
export interface Seen {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Keeps cookies by host and path, and does one step at a time unless told to follow. */
export class Browser {
  readonly jar = new Map<string, { name: string; value: string; path: string; host: string }>();
  /** Every answer, from the first on. */
  readonly seen: Seen[] = [];

  async get(url: string | URL, headers: Record<string, string> = {}): Promise<Seen> {
    return this.#send(new URL(url), { method: 'GET', headers });
  }

  async post(
    url: string | URL,
    {
      fields = {},
      headers = {},
    }: { fields?: Record<string, string>; headers?: Record<string, string> } = {},
  ): Promise<Seen> {
    const body = new URLSearchParams(fields);
    const own = { Origin: new URL(url).origin, ...headers };
    return this.#send(new URL(url), { method: 'POST', body, headers: own });
  }

  /** Goes on through redirects until there is an answer that stays. */
  async follow(seen: Seen, until: (next: URL) => boolean = () => false): Promise<Seen> {
    const location = seen.headers.get('location');
    if (location === null) return seen;
    const next = new URL(location, seen.url);
    return until(next) ? { ...seen, url: next } : this.follow(await this.get(next), until);
  }

  /** Submits the form that this button is in, or belongs to, with what is hidden in it. */
  async press(page: Seen, button: string): Promise<Seen> {
    assert.ok(page.text.includes(button), `there is no button ${button} on ${page.url}`);
    const forms = [...page.text.matchAll(/<form[^>]*>(.*?)<\/form>/gs)];
    const around = forms.find(
      ([, inner = '']) =>
        inner.includes('<button') && inner.replace(/<[^>]*>/g, '').includes(button),
    );
    const [form = '', inner = ''] = around ?? [forms[0]?.[0], page.text];
    const action = /action="([^"]*)"/.exec(form)?.[1] ?? page.url.href;
    return this.post(new URL(action, page.url), { fields: fieldsOf(inner, button) });
  }

  cookie(name: string): string | undefined {
    return [...this.jar.values()].find((cookie) => cookie.name === name)?.value;
  }

  async #send(
    url: URL,
    init: { method: string; body?: URLSearchParams; headers: Record<string, string> },
  ): Promise<Seen> {
    const cookies = [...this.jar.values()]
      .filter(({ host, path }) => host === url.hostname && url.pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`);
    const cookie: Record<string, string> = cookies.length > 0 ? { Cookie: cookies.join('; ') } : {};
    const headers = { Accept: 'text/html', ...cookie, ...init.headers };
    const answer = await loopbackFetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) this.#keep(url.hostname, line);
    const seen = { url, status: answer.status, headers: answer.headers, text: await answer.text() };
    this.seen.push(seen);
    return seen;
  }

  #keep(host: string, line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const path = /; path=([^;]*)/i.exec(line)?.[1] ?? '/';
    const key = `${host} ${name} ${path}`;
    if (value === '' || /max-age=0/i.test(line)) this.jar.delete(key);
    else this.jar.set(key, { name, value, path, host });
  }
}

/** The hidden fields of a form, and that of the button. */
function fieldsOf(inner: string, button: string): Record<string, string> {
  const pressed = [...inner.matchAll(/<button([^>]*)>(.*?)<\/button>/gs)]
    .filter(([, , text = '']) => text.replace(/<[^>]*>/g, '').includes(button))
    .map(([, tag]) => tag ?? '');
  const hidden = [...inner.matchAll(/<input type="hidden"([^>]*)>/g)].map(([, tag]) => tag ?? '');
  return Object.fromEntries(
    [...hidden, ...pressed].flatMap((tag) => {
      const name = /name="([^"]*)"/.exec(tag)?.[1];
      return name === undefined ? [] : [[name, /value="([^"]*)"/.exec(tag)?.[1] ?? '']];
    }),
  );
}
