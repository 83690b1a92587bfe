import { demand } from './config-mistake.ts';

/** The variables of the process, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$?\$\{([^}]*)(\}?)/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Puts the values of environment variables in the place of `${NAME}`; `$${` stands for `${` itself.
 * What is put in is not looked at again. Throws `Unfit` for a variable that is not set.
 */
export function substitute(text: string, env: Environment): string {
  return text.replace(REFERENCE, (reference: string, name: string, end: string) => {
    if (reference.startsWith('$$')) return reference.slice(1);
    demand(
      end !== '' && NAME.test(name),
      `has "\${" without a name and "}" ("$\${" writes it as it is)`,
    );
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    demand(value !== undefined, `needs the environment variable ${name}, which is not set`);
    return value;
  });
}
