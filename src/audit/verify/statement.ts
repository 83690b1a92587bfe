/**
 * What an entry says, as a verifier reads it: nothing about it is known but that it was committed to.
 * A field of another type than expected is not there.
 */
export class Statement {
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  text(field: string): string | undefined {
    const value = this.#fields[field];
    return typeof value === 'string' ? value : undefined;
  }

  number(field: string): number | undefined {
    const value = this.#fields[field];
    return typeof value === 'number' ? value : undefined;
  }

  /** A field with fields of its own; one without any if it is not there. */
  within(field: string): Statement {
    const value = this.#fields[field];
    return new Statement(isFields(value) ? value : {});
  }

  texts(field: string): readonly string[] {
    const value = this.#fields[field];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  has(field: string): boolean {
    return this.#fields[field] !== undefined;
  }
}

export type Fields = { readonly [field: string]: unknown };

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
