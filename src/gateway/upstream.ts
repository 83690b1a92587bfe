import type { AccountId } from '../domain/ids.ts';
import type { Route } from '../domain/route.ts';

/** An application behind the gateway, as configured. */
export interface Upstream {
  readonly name: string;
  /** An origin; with `isPerAccount` it holds `{account}` once. */
  readonly target: { readonly origin: string; readonly isPerAccount: boolean };
  /** Prefixes in whole segments; the longest of all upstreams wins. */
  readonly paths: readonly string[];
  readonly preserveHost: boolean;
  readonly accountHeader: string | undefined;
  /** What only reads, beside GET, HEAD and OPTIONS. */
  readonly readRequests: readonly Route[];
  /** Never, on any basis. */
  readonly blocked: readonly Route[];
  /** What requests are called for people: `invoice {id}`. */
  readonly routes: readonly { readonly route: Route; readonly noun: string }[];
  /** Keys of the query whose values are recorded. */
  readonly recordQuery: readonly string[];
}

export function upstreamOrigin(upstream: Upstream, account: AccountId): string {
  return upstream.target.origin.replace('{account}', account);
}

/**
 * The upstream of a path: the longest prefix of whole segments, in exact bytes unless both are to be
 * `spelled` otherwise first. `undefined` is never a fall-through.
 */
export function chooseUpstream(
  upstreams: readonly Upstream[],
  path: string,
  spelled: (path: string) => string = (text) => text,
): Upstream | undefined {
  const wanted = spelled(path);
  let best: { upstream: Upstream; length: number } | undefined;
  for (const upstream of upstreams)
    for (const prefix of upstream.paths.map(spelled))
      if (isUnder(wanted, prefix) && prefix.length > (best?.length ?? -1))
        best = { upstream, length: prefix.length };
  return best?.upstream;
}

function isUnder(path: string, prefix: string): boolean {
  const whole = prefix.endsWith('/') ? prefix : `${prefix}/`;
  return path === prefix || path.startsWith(whole);
}
