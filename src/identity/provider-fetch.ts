import type { CustomFetch } from 'openid-client';
import { ProviderUnavailable } from './sign-in-error.ts';

/** What a request to a provider consists of. */
export interface ProviderRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | URLSearchParams | ArrayBuffer | Uint8Array | ReadableStream | null;
  readonly duplex?: 'half';
  readonly redirect: 'manual';
  readonly signal?: AbortSignal;
}

/** A `fetch` for requests to a provider; it may dial names in a way of its own. */
export type ProviderFetch = (url: string, request: ProviderRequest) => Promise<Response>;

/** The answer of an honest provider is a few thousand bytes. */
const LONGEST_ANSWER_BYTES = 1_048_576;
const TOO_MANY_REQUESTS = 429;

/**
 * Reads each answer whole before anybody looks at it, so that every way a provider can fail to
 * answer (no connection, a broken or endless body, a status of 429, 500 or more) ends in
 * `ProviderUnavailable`, and no other error does.
 */
export function answerWhole(fetch: ProviderFetch): CustomFetch {
  return async (url, { body: sent, ...request }) => {
    const whole = sent === undefined ? request : { ...request, body: sent };
    const answer = await fetch(url, whole).catch((cause: unknown) => {
      throw new ProviderUnavailable('it cannot be reached', { cause });
    });
    if (answer.status >= 500 || answer.status === TOO_MANY_REQUESTS) {
      await answer.body?.cancel();
      throw new ProviderUnavailable(`it answers ${answer.status}`);
    }
    const body = await readWhole(answer);
    const headers = [...answer.headers];
    return new Response(body.length === 0 ? null : body, { status: answer.status, headers });
  };
}

async function readWhole(answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > LONGEST_ANSWER_BYTES) throw new ProviderUnavailable('its answer does not end');
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof ProviderUnavailable) throw cause;
    throw new ProviderUnavailable('its answer breaks off', { cause });
  }
  return Buffer.concat(chunks);
}
