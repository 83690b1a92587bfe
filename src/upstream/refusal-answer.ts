import type { AssertionRefused } from './assertion-refused.ts';

/** An answer to a request whose assertion was refused, ready to be written. */
export interface RefusalAnswer {
  /** 401; or 503 if the gateway's keys cannot be fetched. */
  readonly status: 401 | 503;
  readonly headers: Readonly<Record<string, string>>;
  /** A problem (RFC 9457) as JSON. */
  readonly body: string;
}

/** No assertion, no data: the answer to a request whose assertion was refused. */
export function answerTo(refusal: AssertionRefused): RefusalAnswer {
  const status = refusal.reason === 'keys-unavailable' ? 503 : 401;
  const code = status === 503 ? 'keys-unavailable' : 'assertion-required';
  const body = JSON.stringify({
    type: `urn:sallyport:problem:${code}`,
    title: 'No assertion, no data',
    status,
    detail: 'This application answers only requests that its access gateway vouches for.',
    reason: refusal.reason,
  });
  return { status, headers: headersFor(status), body };
}

function headersFor(status: 401 | 503): Record<string, string> {
  return {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    // A 401 has to name a scheme (RFC 9110, section 11.6.1), though no client can follow this one.
    ...(status === 401 ? { 'WWW-Authenticate': 'Sallyport' } : {}),
  };
}
