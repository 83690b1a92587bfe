/** What of an upstream's answer concerns only its connection with us, or would speak for us to the browser. */
const DROPPED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'alt-svc',
  'clear-site-data',
  'service-worker-allowed',
  'cache-control',
  'cdn-cache-control',
  'surrogate-control',
  'strict-transport-security',
  // To a server in front of us they mean: send this file, or ask there instead.
  'x-accel-redirect',
  'x-accel-expires',
  'x-sendfile',
]);

export interface ResponseRewrite {
  readonly record: number;
  /** The upstream's own origin, and what it is called from outside. */
  readonly upstreamOrigin: string;
  readonly accountOrigin: string;
  /** Cookies no upstream may set. */
  readonly cookieNames: readonly string[];
}

/**
 * The header block the client gets, as a flat list of name and value: what concerns us removed, the
 * upstream's own address replaced, never stored, and the index of the record of this access.
 */
export function inboundHeaders(
  raw: readonly (readonly [string, string])[],
  rewrite: ResponseRewrite,
): string[] {
  const named = new Set(
    raw
      .filter(([name]) => name.toLowerCase() === 'connection')
      .flatMap(([, value]) => value.toLowerCase().split(','))
      .map((name) => name.trim()),
  );
  const headers = raw.flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    if (DROPPED.has(lower) || named.has(lower) || lower.startsWith('sallyport')) return [];
    const kept = rewriteValue(lower, value, rewrite);
    return kept === undefined ? [] : [name, kept];
  });
  return [...headers, 'Cache-Control', 'no-store', 'Sallyport-Record', String(rewrite.record)];
}

function rewriteValue(lower: string, value: string, rewrite: ResponseRewrite): string | undefined {
  if (lower === 'location' || lower === 'content-location') return rewriteLocation(value, rewrite);
  return lower === 'set-cookie' ? rewriteCookie(value, rewrite.cookieNames) : value;
}

function rewriteLocation(value: string, rewrite: ResponseRewrite): string {
  const { upstreamOrigin, accountOrigin } = rewrite;
  const authority = AUTHORITY.exec(value)?.[0];
  if (authority === undefined || !URL.canParse(value, upstreamOrigin)) return value;
  const isOwn = new URL(value, upstreamOrigin).origin === new URL(upstreamOrigin).origin;
  return isOwn ? accountOrigin + value.slice(authority.length) : value;
}

/** Up to the path, of a reference that names a host (RFC 3986 section 4.2). */
const AUTHORITY = /^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/?#]*/i;

/** An upstream's cookie stays on this one host: `Domain` would hand it to every other account. */
function rewriteCookie(value: string, ourNames: readonly string[]): string | undefined {
  const [pair = '', ...attributes] = value.split(';');
  const name = pair.split('=', 1)[0]?.trim() ?? '';
  // A cookie without a name comes back as its bare value: `=ours=…` would be one of ours.
  if (name === '' || ourNames.includes(name)) return undefined;
  const kept = attributes.filter((attribute) => !/^\s*domain\s*(=|$)/i.test(attribute));
  return [pair, ...kept].join(';');
}
