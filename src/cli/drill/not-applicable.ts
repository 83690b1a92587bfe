/** What a store does not tell of cannot be manipulated in it. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
}
