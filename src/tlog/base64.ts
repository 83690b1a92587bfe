const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Map(Array.from(ALPHABET, (letter, value) => [letter, value]));

/** Base 64 with padding (RFC 4648 section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) text += encodeGroup(bytes.subarray(at, at + 3));
  return text;
}

/**
 * The bytes that encode to exactly this text; `undefined` if there are none. So other letters, white
 * space, missing padding and stray bits after the last byte are refused (RFC 4648 section 3.5).
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const bytes = decodeGroups(text);
  return encodeBase64(bytes) === text ? bytes : undefined;
}

/** The same, for bytes that must be `length` long. */
export function decodeBase64Of(length: number, text: string): Uint8Array | undefined {
  if (text.length !== Math.ceil(length / 3) * 4) return undefined;
  const bytes = decodeBase64(text);
  return bytes?.length === length ? bytes : undefined;
}

function encodeGroup(group: Uint8Array): string {
  const [a = 0, b = 0, c = 0] = group;
  const bits = (a << 16) | (b << 8) | c;
  const letter = (shift: number): string => ALPHABET.charAt((bits >> shift) & 63);
  const third = group.length > 1 ? letter(6) : '=';
  const fourth = group.length > 2 ? letter(0) : '=';
  return letter(18) + letter(12) + third + fourth;
}

/** What is no letter counts as zero: the caller compares. */
function decodeGroups(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : Number(text.endsWith('='));
  const bytes = new Uint8Array((text.length / 4) * 3);
  for (let at = 0; at < text.length; at += 4) {
    let bits = 0;
    for (let n = at; n < at + 4; n += 1) bits = (bits << 6) | (VALUES.get(text.charAt(n)) ?? 0);
    bytes.set([(bits >> 16) & 255, (bits >> 8) & 255, bits & 255], (at / 4) * 3);
  }
  return bytes.subarray(0, bytes.length - padding);
}
