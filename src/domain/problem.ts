/**
 * Every expected refusal, once (RFC 9457). `docs/problems.md` is tested to list exactly these.
 * Anything that goes wrong and is not here is a fault: it is logged whole and answered without details.
 */
export const PROBLEMS = {
  'sign-in-required': { status: 401, title: 'Sign in first' },
  'not-permitted': { status: 403, title: 'Your role does not allow this' },
  'no-basis': { status: 403, title: 'Nothing lets you into this account now' },
  'read-only': { status: 403, title: 'You were let in to look only' },
  blocked: { status: 403, title: 'This is never allowed from a visit' },
  'agreement-required': { status: 403, title: 'Accept the confidentiality agreement first' },
  'fresh-sign-in-required': { status: 403, title: 'Sign in again first' },
  'ratification-required': {
    status: 403,
    title: 'An earlier emergency entry has not been answered for',
  },
  'second-person-required': { status: 403, title: 'A second person has to do this' },
  'cross-site': { status: 403, title: 'The request came from another site' },
  'unknown-account': { status: 404, title: 'There is no such account' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'This address does not take that method' },
  'account-locked': { status: 409, title: 'The owner has shut everyone out' },
  'version-conflict': { status: 409, title: 'Somebody changed it in the meantime' },
  'request-pending': { status: 409, title: 'You have already asked' },
  'grant-ended': { status: 409, title: 'The permission has already ended' },
  'request-ended': { status: 409, title: 'The request has already ended' },
  'review-ended': { status: 409, title: 'The review has already ended' },
  'visit-ended': { status: 409, title: 'The visit has already ended' },
  'beyond-retention': { status: 410, title: 'What happened then is no longer kept' },
  'content-too-large': { status: 413, title: 'The body is too large' },
  misdirected: { status: 421, title: 'This host is not served here' },
  'invalid-request': { status: 422, title: 'Something in the request is not valid' },
  'ambiguous-request': { status: 400, title: 'The request can be read in more than one way' },
  'sign-in-refused': { status: 400, title: 'The sign-in could not be completed' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'header-too-large': { status: 431, title: 'The header block is too large' },
  'log-unavailable': {
    status: 503,
    title: 'The access log cannot be written, so nothing is let through',
  },
  'sign-in-unavailable': { status: 503, title: 'The identity provider does not answer' },
  'upstream-unreachable': { status: 502, title: 'The application does not answer' },
  'upstream-timeout': { status: 504, title: 'The application took too long' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One mistake in what was sent: where it stands (RFC 6901 pointer) and what is wrong with it. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** An expected refusal. `detail` is written for the one who asked and tells nothing he may not know. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  /** The page that says why, and what would let the caller in. */
  readonly requestUrl: string | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    more: {
      errors?: readonly FieldError[];
      requestUrl?: string | undefined;
      /** For the operator's log only; never shown. */
      cause?: unknown;
    } = {},
  ) {
    super(`${code}: ${detail}`, { cause: more.cause });
    this.name = 'Problem';
    this.code = code;
    this.detail = detail;
    this.errors = more.errors ?? [];
    this.requestUrl = more.requestUrl;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  get title(): string {
    return PROBLEMS[this.code].title;
  }
}

/** The body of an `application/problem+json` answer. `base` is the origin whose `/problems/` explains the codes. */
export function problemBody(problem: Problem, base: string): Record<string, unknown> {
  return {
    type: `${base}/problems/${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: problem.detail,
    ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
    ...(problem.requestUrl === undefined ? {} : { requestUrl: problem.requestUrl }),
  };
}
