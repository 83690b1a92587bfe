const LABEL = 'sallyport policy v1\n';

/**
 * The text whose SHA-256 names a policy in records:
 *
 *     "sallyport policy v1" LF
 *     byte length of the model, decimal, LF, the model
 *     byte length of the rules, decimal, LF, the rules
 *
 * The lengths stand first so that no text can move from one file into the other unnoticed.
 */
export function policyText(texts: { readonly model: string; readonly rules: string }): string {
  return LABEL + prefixLength(texts.model) + prefixLength(texts.rules);
}

function prefixLength(text: string): string {
  return `${new TextEncoder().encode(text).length}\n${text}`;
}
