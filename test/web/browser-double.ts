import request, { type Response } from 'supertest';
import type { ControlPlane } from '../support/control-plane.ts';

/** A browser as far as our pages need one: it sends a cookie, forms, and says where they came from. */
export interface BrowserDouble {
  get(path: string): Promise<Response>;
  post(path: string, form?: Record<string, string>): Promise<Response>;
}

export function openBrowser(plane: ControlPlane, cookie = ''): BrowserDouble {
  const agent = request(plane.address);
  const { host } = new URL(plane.origin);
  const headers = {
    Host: host,
    Cookie: cookie,
    Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  };
  return {
    get: async (path) => agent.get(path).set(headers),
    post: async (path, form = {}) =>
      agent
        .post(path)
        .set({ ...headers, Origin: plane.origin })
        .type('form')
        .send(form),
  };
}

/** The text of a page, as it is read: without markup, and with single spaces. */
export function textOf({ text }: Response): string {
  return text
    .replace(/<head>[^]*<\/head>/, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll(/[\s\u00a0]+/g, ' ');
}
