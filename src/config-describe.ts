import { hash } from 'node:crypto';
import type { Config, TextFile } from './config-types.ts';

/** What the log keeps of a configuration: JSON, without any secret. */
export interface ConfigDescription {
  readonly configuration: Readonly<Record<string, unknown>>;
  /** `sha256:` and the SHA-256 of the JSON text of `configuration`, in hex. */
  readonly digest: string;
}

/**
 * Describes a configuration for the entry `configuration.loaded`. Secrets read `(secret)` and have no
 * part in the digest, which could otherwise be used to try guesses; texts of files are their digests.
 */
export function describeConfig(config: Config): ConfigDescription {
  const { agreement, log, policy, session } = config;
  const text = JSON.stringify({
    ...config,
    // Whether the key file was there already makes no other configuration of it.
    session: { ...session, secret: '(secret)' },
    agreement: agreement && { version: agreement.version, ...describeText(agreement) },
    log: { ...log, witnesses: log.witnesses && describeText(log.witnesses) },
    policy: { model: describeText(policy.model), rules: describeText(policy.rules) },
  });
  const configuration = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return { configuration, digest: digestOf(text) };
}

function describeText({ file, text }: TextFile): { file: string; digest: string } {
  return { file, digest: digestOf(text) };
}

function digestOf(text: string): string {
  return `sha256:${hash('sha256', text)}`;
}
