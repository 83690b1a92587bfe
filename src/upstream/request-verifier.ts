import type { IncomingMessage } from 'node:http';
import type { Assertion } from './assertion.ts';
import { AssertionRefused } from './assertion-refused.ts';
import { type AssertionKeys, gatewayKeys, type KeyFetch } from './gateway-keys.ts';
import { verifyAssertion } from './verify-assertion.ts';

/** How an application recognises its gateway. */
export interface AssertionRequirement {
  /** The gateway's public address, exactly as its `publicUrl`. */
  readonly issuer: string;
  /** The name this application has among the gateway's upstreams. */
  readonly audience: string;
  /** The gateway's keys. Without it they are fetched from the issuer, with `fetch` if given. */
  readonly keys?: AssertionKeys;
  readonly fetch?: KeyFetch;
  /** The account a request is about, where it says so; another account's assertion is refused. */
  readonly accountOf?: (request: IncomingMessage) => string | undefined;
  /** The header that names the account, where the gateway is configured to send one. */
  readonly accountHeader?: string;
  /** How far the two clocks may be apart. 5 seconds unless given. */
  readonly clockToleranceSeconds?: number;
}

/** Checks the assertion a request carries, and returns what it says. */
export type RequestVerifier = (request: IncomingMessage) => Promise<Assertion>;

/**
 * Makes the check for requests that no middleware sees, such as WebSocket upgrades. Make it once:
 * it holds the gateway's keys. The check rejects with `AssertionRefused`.
 */
export function requestVerifier(requirement: AssertionRequirement): RequestVerifier {
  const { issuer, audience, clockToleranceSeconds } = requirement;
  const keys = requirement.keys ?? gatewayKeys(issuer, requirement.fetch);
  return async (request) =>
    verifyAssertion(readAssertionHeader(request), {
      issuer,
      audience,
      keys,
      ...expectAccount(request, requirement),
      ...(clockToleranceSeconds === undefined ? {} : { clockToleranceSeconds }),
    });
}

function readAssertionHeader(request: IncomingMessage): string {
  const [token, ...more] = request.headersDistinct['sallyport-assertion'] ?? [];
  if (token === undefined) throw new AssertionRefused('missing', 'the request carries none');
  if (more.length > 0) throw new AssertionRefused('repeated', 'the request carries several');
  return token;
}

/** Where the request names its account in two ways, both must name the same one. */
function expectAccount(
  request: IncomingMessage,
  { accountOf, accountHeader }: AssertionRequirement,
): { account?: string } {
  const named = [
    ...(accountOf === undefined ? [] : [accountOf(request)]),
    ...(accountHeader === undefined ? [] : [readSingleHeader(request, accountHeader)]),
  ];
  if (named.length === 0) return {};
  const [account] = named;
  if (account === undefined || named.some((other) => other !== account)) {
    throw new AssertionRefused('account', 'the request does not say which one account it is about');
  }
  return { account };
}

function readSingleHeader(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name.toLowerCase()] ?? [];
  return values.length === 1 ? values[0] : undefined;
}
