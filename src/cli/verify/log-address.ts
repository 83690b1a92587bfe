import { setTimeout as sleep } from 'node:timers/promises';
import { SourceRefused, SourceUnreadable } from './source-refused.ts';

/** A fetch as the Fetch standard has it, as far as it is needed here. */
export type Fetch = (
  address: string,
  init: { readonly signal: AbortSignal; readonly redirect: 'error' },
) => Promise<Response>;

const TRIES = 3;
const FIRST_PAUSE_MS = 250;

/** Where a published log is asked. Answers are bounded in time and length, and failures tried again. */
export class LogAddress {
  readonly #prefix: string;
  readonly #fetch: Fetch;
  readonly #timeoutMs: number;

  /** `address` is that of the gateway or that of its log, `…/log`. Throws a SourceUnreadable for what is none. */
  constructor(address: string, by: { readonly fetch: Fetch; readonly timeoutMs: number }) {
    this.#prefix = prefixOf(address);
    this.#fetch = by.fetch;
    this.#timeoutMs = by.timeoutMs;
  }

  /**
   * The bytes at a path; `undefined` if there is nothing (404). Throws a SourceUnreadable if it does not
   * answer or answers with a failure, and a SourceRefused if it answers with more than `limit` bytes.
   */
  async read(path: string, limit: number): Promise<Uint8Array | undefined> {
    for (let attempt = 1; ; attempt += 1)
      try {
        return await this.#ask(path, limit);
      } catch (error) {
        if (!(error instanceof SourceUnreadable) || attempt === TRIES) throw error;
        await sleep(FIRST_PAUSE_MS * attempt ** 2);
      }
  }

  async #ask(path: string, limit: number): Promise<Uint8Array | undefined> {
    const address = `${this.#prefix}/${path}`;
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      const answer = await this.#fetch(address, { signal, redirect: 'error' });
      if (answer.status === 200) return await readBody(address, answer, limit);
      await answer.body?.cancel();
      if (answer.status === 404) return undefined;
      throw new SourceUnreadable(`${address}: answered with status ${answer.status}`);
    } catch (error) {
      if (error instanceof SourceRefused || error instanceof SourceUnreadable) throw error;
      throw new SourceUnreadable(`${address}: ${reasonOf(error)}`);
    }
  }
}

function prefixOf(address: string): string {
  const url = URL.parse(address);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new SourceUnreadable(`${address} is no address of a log`);
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path.endsWith('/log') ? path : `${path}/log`}`;
}

async function readBody(address: string, answer: Response, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const body: AsyncIterable<Uint8Array> = answer.body ?? new ReadableStream();
  for await (const part of body) {
    length += part.length;
    if (length > limit)
      throw new SourceRefused(`${address}: answers with more than ${limit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** What undici says is in the cause of what it throws. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  if (error.name === 'TimeoutError') return 'no answer in time';
  return error.cause instanceof Error && error.cause.message !== ''
    ? error.cause.message
    : error.message;
}
