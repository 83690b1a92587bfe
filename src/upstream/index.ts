/**
 * For applications behind the gateway: checks who the gateway says is asking.
 *
 * Every request that reaches an application through Sallyport carries a signed assertion. An
 * application that serves no request without one cannot be reached around the gateway.
 *
 * @module
 */
export type { Assertion, AssertionBasis } from './assertion.ts';
export { AssertionRefused, type RefusalReason } from './assertion-refused.ts';
export { type AssertionKeys, gatewayKeys, type KeyFetch } from './gateway-keys.ts';
export { recordIndexOf } from './record-index.ts';
export { answerTo, type RefusalAnswer } from './refusal-answer.ts';
export {
  type AssertionRequirement,
  type RequestVerifier,
  requestVerifier,
} from './request-verifier.ts';
export { type AssertionMiddleware, requireAssertion } from './require-assertion.ts';
export { type AssertionChecks, verifyAssertion } from './verify-assertion.ts';
