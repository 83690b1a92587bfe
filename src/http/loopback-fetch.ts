import { Agent, fetch } from 'undici';
import { loopbackLookup } from './loopback-lookup.ts';

/** What `loopbackFetch` takes of the Fetch standard's RequestInit. */
export interface LoopbackRequest {
  readonly method?: string;
  readonly headers?: Headers | Record<string, string>;
  readonly body?: string | URLSearchParams | ArrayBuffer | Uint8Array | ReadableStream | null;
  readonly duplex?: 'half';
  readonly redirect?: 'error' | 'follow' | 'manual';
  readonly signal?: AbortSignal | null;
}

const dispatcher = new Agent({ connect: { lookup: loopbackLookup } });

/**
 * `fetch` that reaches `http://*.localhost` on this machine, for programs and libraries that take a
 * fetch of their own. Other addresses work as with the built-in one.
 *
 * It takes an address, not a `Request`, and always dials by itself: a `Request` or a dispatcher made
 * for the built-in fetch does not fit this one.
 */
export async function loopbackFetch(
  input: string | URL,
  init: LoopbackRequest = {},
): Promise<Response> {
  // The built-in Headers are another class than undici's own; their pairs are understood by both.
  const headers = [...new Headers(init.headers)];
  return fetch(input, { ...init, headers, dispatcher });
}
