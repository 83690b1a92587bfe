const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 (RFC 3629). Throws a TypeError for a lone surrogate, which would silently become another character. */
export function encodeUtf8(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new TypeError('a text has a lone surrogate');
  return encoder.encode(text);
}

/** The text of exactly these bytes, a byte order mark included; `undefined` if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
