import type { Access } from '../domain/basis.ts';
import type { RecordedRequest } from '../domain/event.ts';
import { type Route, SECRET_SEGMENT } from '../domain/route.ts';
import { foldPath, maskPath, matchesExactly, matchesLoosely, nameThing } from './match.ts';
import { readTarget, type Target } from './target.ts';
import { chooseUpstream, type Upstream } from './upstream.ts';

/** What a request asks for: of which application, and whether it only looks. */
export interface Place {
  readonly upstream: Upstream;
  readonly method: string;
  readonly target: Target;
  readonly access: Access;
  /** The request as it may be recorded. */
  readonly request: RecordedRequest;
}

export type Located =
  | { readonly found: 'place'; readonly place: Place }
  | {
      readonly found: 'blocked' | 'nothing';
      readonly access: Access;
      readonly request: RecordedRequest;
    }
  | { readonly found: 'forbidden-method' | 'ambiguous'; readonly request: RecordedRequest };

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const NEVER_FORWARDED = new Set(['CONNECT', 'TRACE', 'TRACK']);
const LONGEST_RECORDED = 2048;

export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.has(method);
}

/** Reads method and target of a request. The same bytes are decided on, recorded and sent. */
export function locate(
  upstreams: readonly Upstream[],
  request: { readonly method: string; readonly rawTarget: string },
): Located {
  const { method, rawTarget } = request;
  const target = readTarget(rawTarget);
  if (target === undefined)
    return { found: 'ambiguous', request: { method, path: unreadablePath(upstreams, rawTarget) } };
  const upstream = chooseUpstream(upstreams, target.path);
  const recorded = recordedRequest(upstreams, upstream, method, target);
  if (NEVER_FORWARDED.has(method)) return { found: 'forbidden-method', request: recorded };
  const access = accessOf(upstream, method, target.path);
  if (upstream === undefined) return { found: 'nothing', access, request: recorded };
  if (isBlocked(upstreams, upstream, method, target.path))
    return { found: 'blocked', access, request: recorded };
  return { found: 'place', place: { upstream, method, target, access, request: recorded } };
}

/** Spelled otherwise, the path may lie with an upstream that has other rules and yet reach the same application: both count. */
function isBlocked(
  upstreams: readonly Upstream[],
  upstream: Upstream,
  method: string,
  path: string,
): boolean {
  const meant = chooseUpstream(upstreams, path, foldPath);
  return [upstream, meant].some((one) =>
    one?.blocked.some((route) => matchesLoosely(route, method, path)),
  );
}

function accessOf(upstream: Upstream | undefined, method: string, path: string): Access {
  if (isSafeMethod(method)) return 'read';
  const reads = upstream?.readRequests.some((route) => matchesExactly(route, method, path));
  return reads === true ? 'read' : 'write';
}

function recordedRequest(
  upstreams: readonly Upstream[],
  upstream: Upstream | undefined,
  method: string,
  target: Target,
): RecordedRequest {
  const named = upstream?.routes.find(({ route }) => matchesLoosely(route, method, target.path));
  const query = target.query === undefined ? undefined : maskQuery(target.query, upstream);
  return {
    method,
    path: cut(maskPath(routesOf(upstreams), target.path)),
    ...(query === undefined ? {} : { query: cut(query) }),
    ...(named === undefined ? {} : { noun: cut(nameThing(named.noun, named.route, target.path)) }),
  };
}

function routesOf(upstreams: readonly Upstream[]): Route[] {
  return upstreams.flatMap(({ routes }) => routes.map(({ route }) => route));
}

/** Values of the listed keys are kept, all others masked: `page=2&token=…`. */
function maskQuery(query: string, upstream: Upstream | undefined): string {
  const kept = new Set(upstream?.recordQuery);
  return query
    .split('&')
    .map((pair) => {
      const [key = '', ...value] = pair.split('=');
      if (kept.has(key)) return pair;
      // A key alone may be a value: `/reset?9f8e7d`.
      if (value.length === 0) return key === '' ? '' : '…';
      return /^[A-Za-z0-9_.[\]-]{1,64}$/.test(key) ? `${key}=…` : '…=…';
    })
    .join('&');
}

/** Segments in which nothing stands but what makes a path unreadable. */
const EMPTY_TRICK = /^(?:[.;\\%]|%(?:00|25|2e|2f|3b|5c))*$/i;

/**
 * What could not be read is recorded only as far as its path: its query may hold anything. Where
 * paths may hold secrets nobody can say which segment is one, so only the tricks are shown.
 */
function unreadablePath(upstreams: readonly Upstream[], rawTarget: string): string {
  const [path = ''] = rawTarget.split(/[?#]/, 1);
  const shown = hasSecrets(upstreams)
    ? path.split('/').map((segment) => (EMPTY_TRICK.test(segment) ? segment : '…'))
    : [path.replaceAll(/[^\u0021-\u007e]/g, '·')];
  return cut(shown.join('/'));
}

function hasSecrets(upstreams: readonly Upstream[]): boolean {
  return routesOf(upstreams).some(({ segments }) =>
    segments.some((segment) => 'name' in segment && segment.name === SECRET_SEGMENT),
  );
}

/** Half a character at the end could not be recorded. */
function cut(text: string): string {
  if (text.length <= LONGEST_RECORDED) return text;
  return `${text.slice(0, LONGEST_RECORDED).toWellFormed()}…`;
}
