import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that reached the application, as it came. */
export interface Hit {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface LenientUpstream {
  readonly origin: string;
  readonly hits: readonly Hit[];
  /** Answers the next requests to this path in a way of its own. */
  on(path: string, answer: (request: IncomingMessage, response: ServerResponse) => void): void;
  close(): Promise<void>;
}

/** An application that takes whatever it is sent, and remembers it. */
export async function startLenientUpstream(): Promise<LenientUpstream> {
  const hits: Hit[] = [];
  const answers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
  const server = createServer({ insecureHTTPParser: true }, (request, response) => {
    const { method = '', url = '', rawHeaders } = request;
    const hit = { method, target: url, rawHeaders: [...rawHeaders], body: '' };
    hits.push(hit);
    const own = answers.get(url.split('?', 1)[0] ?? '');
    if (own !== undefined) return own(request, response);
    request.on('data', (chunk: Buffer) => {
      hit.body += chunk.toString('latin1');
    });
    request.on('end', () => {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ method, url, record: headerOf(hit, 'sallyport-record') }));
    });
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    hits,
    on: (path, answer) => answers.set(path, answer),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The one value of a header of a hit; several lines are an error of the test's subject. */
export function headerOf(hit: Hit, name: string): string | undefined {
  const values = headersOf(hit, name);
  if (values.length > 1)
    throw new Error(`${values.length} lines of ${name}: ${values.join(' | ')}`);
  return values[0];
}

export function headersOf(hit: Hit, name: string): string[] {
  return hit.rawHeaders.filter(
    (_, at) => at % 2 === 1 && hit.rawHeaders[at - 1]?.toLowerCase() === name.toLowerCase(),
  );
}
