import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Route } from '../../src/domain/route.ts';
import { parseRoute } from '../../src/domain/route.ts';
import type { Upstream } from '../../src/gateway/upstream.ts';

export type Line = readonly [name: string, value: string];

/** A request as the parser hands it over, without a connection behind it. */
export function messageOf(lines: readonly Line[], method = 'GET', url = '/'): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  message.method = method;
  message.url = url;
  const flat = lines.flat();
  // What Node's parser calls: `headers` is made from it, with Node's own rules for repeated names.
  Reflect.apply(Reflect.get(message, '_addHeaderLines'), message, [flat, flat.length]);
  return message;
}

/** A rule of a configuration. */
export function routeOf(text: string): Route {
  const route = parseRoute(text);
  if (route === undefined) throw new TypeError(`${text} is no route`);
  return route;
}

export function upstreamOf(over: Partial<Upstream> = {}): Upstream {
  return {
    name: 'console',
    target: { origin: 'http://127.0.0.1:9000', isPerAccount: false },
    paths: ['/'],
    preserveHost: false,
    accountHeader: undefined,
    readRequests: [],
    blocked: [],
    routes: [],
    recordQuery: [],
    ...over,
  };
}

/** A flat list of names and values as pairs, names in lower case. */
export function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2)
    pairs.push([flat[at]?.toLowerCase() ?? '', flat[at + 1] ?? '']);
  return pairs;
}
