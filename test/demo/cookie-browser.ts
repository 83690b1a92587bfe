import assert from 'node:assert/strict';

/** A page as a browser without scripts has it. */
export interface Visited {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Keeps cookies and follows redirects as long as they stay on the origin it set out to. */
export class CookieBrowser {
  readonly #cookies = new Map<string, { value: string; path: string }>();

  async get(url: string | URL): Promise<Visited> {
    return this.#visit(new URL(url), { method: 'GET' });
  }

  async post(url: string | URL, fields: Record<string, string>): Promise<Visited> {
    return this.#visit(new URL(url), { method: 'POST', body: new URLSearchParams(fields) });
  }

  /** Submits the page's one form as its button with this text would. */
  async press(page: Visited, button: string): Promise<Visited> {
    const action = /<form[^>]* action="([^"]*)"/.exec(page.text)?.[1] ?? page.url.href;
    const pressed = buttonsOf(page).find((candidate) => candidate.text.includes(button));
    assert.ok(pressed, `there is no button ${button} on ${page.url}`);
    const fields = { ...hiddenFieldsOf(page), ...pressed.field };
    return this.post(new URL(action, page.url), fields);
  }

  /** The names of the cookies it holds. */
  cookieNames(): string[] {
    return [...this.#cookies.keys()];
  }

  async #visit(url: URL, init: { method: string; body?: URLSearchParams }): Promise<Visited> {
    const headers = { Cookie: this.#cookiesFor(url), Accept: 'text/html' };
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    const text = await answer.text();
    const location = answer.headers.get('location');
    const next = location === null ? undefined : new URL(location, url);
    if (next?.origin === url.origin) return this.get(next);
    return { url: next ?? url, status: answer.status, headers: answer.headers, text };
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const path = /; path=([^;]*)/i.exec(line)?.[1] ?? '/';
    if (value === '') this.#cookies.delete(name);
    else this.#cookies.set(name, { value, path });
  }

  #cookiesFor(url: URL): string {
    return [...this.#cookies]
      .filter(([, { path }]) => url.pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
  }
}

function buttonsOf(page: Visited): { text: string; field: Record<string, string> }[] {
  return [...page.text.matchAll(/<button([^>]*)>(.*?)<\/button>/gs)].map(
    ([, tag = '', inner = '']) => {
      const name = /name="([^"]*)"/.exec(tag)?.[1];
      const value = /value="([^"]*)"/.exec(tag)?.[1] ?? '';
      const text = inner.replace(/<[^>]*>/g, '');
      return { text, field: name === undefined ? {} : { [name]: value } };
    },
  );
}

function hiddenFieldsOf(page: Visited): Record<string, string> {
  const hidden = page.text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
  return Object.fromEntries([...hidden].map(([, name = '', value = '']) => [name, value]));
}
