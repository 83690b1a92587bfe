const HIDDEN = '(secret)';

/**
 * A secret of the configuration. Whatever prints, logs or serializes it gets `(secret)`; the text
 * itself comes out of `reveal` alone.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}
