import { isSize } from '../tlog/inclusion.ts';
import { decodeUtf8 } from '../tlog/utf8.ts';
import { BUNDLE_FORMAT, type Manifest, MEMBERS } from './bundle-format.ts';
import { isTexts, readFields } from './bundle-lines.ts';
import { BundleRefused } from './bundle-refused.ts';
import { fromHex } from './hex.ts';
import type { TagKey } from './verifiable-log.ts';

/** Erasures and holds are few beside accesses; they are all kept in memory. */
const MAX_AHEAD = 250_000;
const TAG_KEY_SIZE = 32;

/** Reads `manifest.json`. Throws a BundleRefused for what cannot be true. */
export function readManifest(bytes: Uint8Array): Manifest {
  const { format, origin, size, range, query, ahead } = readObject(MEMBERS.manifest, bytes);
  if (format !== BUNDLE_FORMAT) refuse('its format is not known');
  if (typeof origin !== 'string' || origin === '') refuse('it has no origin');
  if (typeof query !== 'string') refuse('it has no query');
  if (!isIndex(size)) refuse('it has no size');
  return {
    format,
    origin,
    size,
    query,
    range: readRange(range, size),
    ahead: readAhead(ahead, size),
  };
}

/** Reads `keys.json` as far as a verifier needs it: keys of the log are never taken from a bundle. */
export function readTagKeys(bytes: Uint8Array): readonly TagKey[] {
  const { tags, log } = readObject(MEMBERS.keys, bytes);
  if (!isTexts(log)) throw new BundleRefused(MEMBERS.keys, 'it has no list of keys of the log');
  if (!Array.isArray(tags)) throw new BundleRefused(MEMBERS.keys, 'it has no list of tag keys');
  const keys = tags.map(readTagKey);
  if (new Set(keys.map(({ whose, name }) => `${whose} ${name}`)).size < keys.length)
    throw new BundleRefused(MEMBERS.keys, 'two tag keys are of the same');
  return keys;
}

function readTagKey(value: unknown, at: number): TagKey {
  const where = `${MEMBERS.keys} tag key ${at + 1}`;
  if (typeof value !== 'object' || value === null) throw new BundleRefused(where, 'it is none');
  const { whose, name, key, next }: { readonly [field: string]: unknown } = { ...value };
  const bytes = typeof key === 'string' ? fromHex(key, TAG_KEY_SIZE) : undefined;
  if (whose !== 'account' && whose !== 'actor')
    throw new BundleRefused(where, 'it is neither an account’s nor an actor’s');
  if (typeof name !== 'string') throw new BundleRefused(where, 'it has no name');
  if (bytes === undefined) throw new BundleRefused(where, 'it is not 32 bytes in hex');
  if (next !== undefined && !isIndex(next)) throw new BundleRefused(where, 'its next is no number');
  return { whose, name, key: bytes, next };
}

function readRange(value: unknown, size: number): Manifest['range'] {
  if (typeof value !== 'object' || value === null) return refuse('it has no range');
  const { from, to }: { readonly [field: string]: unknown } = { ...value };
  if (!isIndex(from) || !isIndex(to)) return refuse('it has no range');
  if (from > to || to > size) return refuse(`no range from ${from} to ${to} is in ${size} entries`);
  return { from, to };
}

function readAhead(value: unknown, size: number): readonly number[] {
  if (!Array.isArray(value) || value.length > MAX_AHEAD)
    return refuse(`it has no list of at most ${MAX_AHEAD} entries ahead`);
  const ahead = value.filter(isIndex);
  const isRising = ahead.every((index, at) => index < size && index > (ahead[at - 1] ?? -1));
  if (ahead.length < value.length || !isRising)
    return refuse('the entries ahead are no rising indexes of the log');
  return ahead;
}

function readObject(member: string, bytes: Uint8Array): ReturnType<typeof readFields> {
  const text = decodeUtf8(bytes);
  try {
    if (text !== undefined) return readFields(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new BundleRefused(member, 'it is no JSON object');
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && isSize(value);
}

function refuse(detail: string): never {
  throw new BundleRefused(MEMBERS.manifest, detail);
}
