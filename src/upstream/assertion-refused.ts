/**
 * Why an assertion was refused:
 *
 * - `missing`, `repeated`: the request carries none, or more than one
 * - `malformed`: not a signed JWT in compact form
 * - `algorithm`: signed with another algorithm than ES256 or EdDSA, or not at all
 * - `key`: signed with a key the gateway does not publish
 * - `signature`: the signature does not fit
 * - `issuer`, `audience`: another gateway's, or meant for another application
 * - `expired`, `not-yet-valid`: outside its time
 * - `claims`: a claim is missing or has another shape
 * - `account`: for another account than the request is about
 * - `keys-unavailable`: the gateway's keys cannot be fetched, so nothing can be said
 */
export type RefusalReason =
  | 'missing'
  | 'repeated'
  | 'malformed'
  | 'algorithm'
  | 'key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'not-yet-valid'
  | 'claims'
  | 'account'
  | 'keys-unavailable';

/** An assertion that must not be believed. No assertion, no data. */
export class AssertionRefused extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'AssertionRefused';
    this.reason = reason;
  }
}
