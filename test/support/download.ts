import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { loopbackLookup } from '../../src/http/loopback-lookup.ts';

/** A file as a program downloads it, its bytes untouched. */
export interface Download {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
}

/** The answer to a request, of which nothing has been read yet. */
export async function beginDownload(url: string, cookie: string): Promise<IncomingMessage> {
  const request = get(url, { headers: { Cookie: cookie }, lookup: loopbackLookup, agent: false });
  const [answer]: IncomingMessage[] = await once(request, 'response');
  if (answer === undefined) throw new Error('there is no answer');
  return answer;
}

export async function download(url: string, cookie: string): Promise<Download> {
  const answer = await beginDownload(url, cookie);
  const { statusCode: status = 0, headers } = answer;
  return { status, headers, bytes: await buffer(answer) };
}
