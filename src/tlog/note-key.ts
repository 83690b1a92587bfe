import { decodeBase64Of, encodeBase64 } from './base64.ts';
import { joinBytes } from './bytes.ts';
import type { Sha256 } from './hash.ts';
import { TlogRefused } from './tlog-refused.ts';
import { encodeUtf8 } from './utf8.ts';

/** Whether an Ed25519 signature (RFC 8032) is that of these bytes. Given by the caller, like the hash. */
export type VerifyEd25519 = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

/**
 * What a key signs (C2SP signed-note, section Signature types): `note` its text with Ed25519, 0x01;
 * `cosignature` a checkpoint and the time it was seen, 0x04 (C2SP tlog-cosignature).
 */
export const KEY_TYPES = { note: 1, cosignature: 4 } as const;
export type KeyType = keyof typeof KEY_TYPES;

const PUBLIC_KEY_SIZE = 32;

/** Whom to believe: a name, a public key, and what it signs. Its id is in every signature. */
export interface VerifierKey {
  readonly name: string;
  readonly id: number;
  readonly type: KeyType;
  readonly publicKey: Uint8Array;
}

/** The key with its id. Throws a RangeError for a name with white space or a plus, or a key of another length. */
export function makeVerifierKey(
  sha256: Sha256,
  { name, type, publicKey }: Omit<VerifierKey, 'id'>,
): VerifierKey {
  if (!isKeyName(name)) throw new RangeError('a key cannot have this name');
  if (publicKey.length !== PUBLIC_KEY_SIZE)
    throw new RangeError(`a public key of ${publicKey.length} bytes`);
  return { name, id: keyId(sha256, name, typedKey(type, publicKey)), type, publicKey };
}

/** `name+id+key`: the id as eight hexadecimal digits, type and key in base 64 (C2SP signed-note, section Verifier keys). */
export function formatVerifierKey({ name, id, type, publicKey }: VerifierKey): string {
  return `${name}+${formatKeyId(id)}+${encodeBase64(typedKey(type, publicKey))}`;
}

/** Reads a key. Throws a TlogRefused `key-malformed` for another form or type, or an id that is not the key's. */
export function parseVerifierKey(sha256: Sha256, text: string): VerifierKey {
  const { name, id, type, bytes } = parseKeyText(text);
  const key = makeVerifierKey(sha256, { name, type, publicKey: bytes });
  if (key.id !== id) throw new TlogRefused('key-malformed', 'the id is not that of the key');
  return key;
}

/** Not empty, without white space, plus and control characters. */
export function isKeyName(name: string): boolean {
  return name.isWellFormed() && /^[^\p{White_Space}\0-\x1f+]+$/u.test(name);
}

export function formatKeyId(id: number): string {
  return id.toString(16).padStart(8, '0');
}

/** The type's byte, and the key behind it. */
export function typedKey(type: KeyType, key: Uint8Array): Uint8Array {
  return joinBytes(Uint8Array.of(KEY_TYPES[type]), key);
}

export interface KeyText {
  readonly name: string;
  readonly id: number;
  readonly type: KeyType;
  readonly bytes: Uint8Array;
}

/** Reads `name+id+key`, of a public or a secret key alike. Throws a TlogRefused `key-malformed`. */
export function parseKeyText(text: string): KeyText {
  const [, name = '', hex = '', base64 = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text) ?? [];
  const bytes = decodeBase64Of(1 + PUBLIC_KEY_SIZE, base64);
  if (!isKeyName(name) || bytes === undefined)
    throw new TlogRefused('key-malformed', 'a key is name+id+key');
  return { name, id: Number.parseInt(hex, 16), type: typeOf(bytes), bytes: bytes.subarray(1) };
}

function typeOf([byte]: Uint8Array): KeyType {
  if (byte === KEY_TYPES.note) return 'note';
  if (byte === KEY_TYPES.cosignature) return 'cosignature';
  throw new TlogRefused('key-malformed', 'the key is of a type that is not known here');
}

/** The first four bytes of SHA-256(name ‖ 0x0a ‖ type ‖ key), as a number. */
function keyId(sha256: Sha256, name: string, typed: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = sha256(joinBytes(encodeUtf8(`${name}\n`), typed));
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}
