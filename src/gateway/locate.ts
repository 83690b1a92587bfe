import type { Access } from '../domain/basis.ts';
import type { RecordedRequest } from '../domain/event.ts';
import { maskPath, matchesExactly, matchesLoosely, nameThing } from './match.ts';
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
    return { found: 'ambiguous', request: { method, path: unreadablePath(rawTarget) } };
  const upstream = chooseUpstream(upstreams, target.path);
  const recorded = recordedRequest(upstreams, upstream, method, target);
  if (NEVER_FORWARDED.has(method)) return { found: 'forbidden-method', request: recorded };
  const access = accessOf(upstream, method, target.path);
  if (upstream === undefined) return { found: 'nothing', access, request: recorded };
  if (upstream.blocked.some((route) => matchesLoosely(route, method, target.path)))
    return { found: 'blocked', access, request: recorded };
  return { found: 'place', place: { upstream, method, target, access, request: recorded } };
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
  const routes = upstreams.flatMap((one) => one.routes.map((named) => named.route));
  const named = upstream?.routes.find(({ route }) => matchesLoosely(route, method, target.path));
  const query = target.query === undefined ? undefined : maskQuery(target.query, upstream);
  return {
    method,
    path: cut(maskPath(routes, target.path)),
    ...(query === undefined ? {} : { query: cut(query) }),
    ...(named === undefined ? {} : { noun: cut(nameThing(named.noun, named.route, target.path)) }),
  };
}

/** Values of the listed keys are kept, all others masked: `page=2&token=…`. */
function maskQuery(query: string, upstream: Upstream | undefined): string {
  const kept = new Set(upstream?.recordQuery);
  return query
    .split('&')
    .map((pair) => {
      const [key = '', ...value] = pair.split('=');
      if (kept.has(key)) return pair;
      const shownKey = /^[A-Za-z0-9_.[\]-]{1,64}$/.test(key) ? key : '…';
      return value.length === 0 && shownKey === '…' ? '…' : `${shownKey}=…`;
    })
    .join('&');
}

/** What could not be read is recorded only as far as its path: its query may hold anything. */
function unreadablePath(rawTarget: string): string {
  const [path = ''] = rawTarget.split(/[?#]/, 1);
  return cut(path.replaceAll(/[^\u0021-\u007e]/g, '·'));
}

function cut(text: string): string {
  return text.length <= LONGEST_RECORDED ? text : `${text.slice(0, LONGEST_RECORDED)}…`;
}
