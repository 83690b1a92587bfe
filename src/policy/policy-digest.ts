import { hash } from 'node:crypto';
import { policyText } from '../domain/policy-text.ts';

/** Names a policy in records: `sha256:` and the hex SHA-256 of `policyText`, as UTF-8. */
export function digestPolicy(texts: { model: string; rules: string }): string {
  return `sha256:${hash('sha256', policyText(texts))}`;
}
