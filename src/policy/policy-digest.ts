import { hash } from 'node:crypto';

const LABEL = 'sallyport policy v1\n';

/**
 * Names a policy in records: `sha256:` and the hex SHA-256 over the UTF-8 bytes of
 *
 *     "sallyport policy v1" LF
 *     byte length of the model, decimal, LF, the model
 *     byte length of the rules, decimal, LF, the rules
 *
 * The lengths stand first so that no text can move from one file into the other unnoticed.
 */
export function digestPolicy(texts: { model: string; rules: string }): string {
  return `sha256:${hash('sha256', LABEL + prefixLength(texts.model) + prefixLength(texts.rules))}`;
}

function prefixLength(text: string): string {
  return `${Buffer.byteLength(text)}\n${text}`;
}
