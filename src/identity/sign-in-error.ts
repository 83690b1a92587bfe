/** The sign-in did not hold: what came back is forged, stale, broken, or a refusal of the provider. */
export class SignInRefused extends Error {
  /** Why, in words for the log; holds no token and no claim. */
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`the sign-in was refused: ${reason}`, options);
    this.name = 'SignInRefused';
    this.reason = reason;
  }
}

/** The provider gave no usable answer in time. Nothing is known about the person who signs in. */
export class ProviderUnavailable extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`the identity provider is unavailable: ${reason}`, options);
    this.name = 'ProviderUnavailable';
  }
}

/**
 * What went wrong at the provider, as one of the two errors that can come of it. The protocol
 * library wraps what our fetch throws, so causes are searched; whatever is not a lack of an answer
 * is an answer that must not be believed.
 */
export function explainFailure(error: unknown): SignInRefused | ProviderUnavailable {
  let reason = 'the answer could not be understood';
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof SignInRefused || cause instanceof ProviderUnavailable) return cause;
    // The innermost message is the one that names what was wrong.
    reason = cause.message;
  }
  return new SignInRefused(reason, { cause: error });
}
