import { type FieldError, Problem } from '../domain/problem.ts';

/** What was typed or chosen: each field once. */
export type Form = Readonly<Record<string, string>>;

/** Reads a parsed form or query. Throws `invalid-request` if a field came more than once. */
export function readForm(fields: unknown): Form {
  const pairs = Object.entries(fields ?? {}).map(([name, value]): [string, string] => {
    if (typeof value === 'string') return [name, value];
    throw new Problem('invalid-request', 'A field came more than once.', {
      errors: [{ pointer: `/${name}`, detail: 'Send it once.' }],
    });
  });
  return Object.fromEntries(pairs);
}

/** Without the fields that were left empty. */
export function withoutEmpty(form: Form): Form {
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value.trim() !== ''));
}

/** Does what a form asks for; answers with its mistakes if that is all that was wrong. */
export async function attempt<Done>(
  act: () => Promise<Done>,
): Promise<{ readonly done: Done } | { readonly mistakes: readonly FieldError[] }> {
  try {
    return { done: await act() };
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid-request' && error.errors.length > 0)
      return { mistakes: error.errors };
    throw error;
  }
}
