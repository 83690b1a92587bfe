import type { Sha256 } from '../tlog/hash.ts';

/** What an entry is about, as its envelope says in one byte. */
export const KINDS = {
  'access.attempted': 1,
  'access.finished': 2,
  'access.refused': 3,
  'access.interrupted': 4,
  'domain change': 5,
  'log reading': 6,
  session: 7,
  genesis: 16,
  'key change': 17,
  'policy or configuration': 18,
  erasure: 19,
  hold: 20,
  heartbeat: 21,
  recovery: 22,
} as const;
export type Kind = (typeof KINDS)[keyof typeof KINDS];

export const ENVELOPE_SIZE = 88;
const MAGIC = Uint8Array.of(0x53, 0x50, 0x45, 0x31); // "SPE1"
const FLAG_PUBLIC = 1;
const FLAG_CLAMPED = 2;
export const TAG_SIZE = 16;

export interface Envelope {
  readonly kind: number;
  /** The wall clock stood behind the log, so the time was held at the last entry's. */
  readonly isClockClamped: boolean;
  /** Milliseconds since the epoch; never decreasing along the log. */
  readonly time: number;
  /** Milliseconds since the epoch; 0 if there is nothing to erase. */
  readonly retainUntil: number;
  readonly commitment: Uint8Array;
  readonly accountTag: Uint8Array;
  readonly actorTag: Uint8Array;
  /** Canonical JSON, public by design, in place of a commitment. */
  readonly publicPayload?: Uint8Array | undefined;
}

/** The log entry: 88 bytes, and a public payload where there is one. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const payload = envelope.publicPayload ?? new Uint8Array();
  const bytes = new Uint8Array(ENVELOPE_SIZE + payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC, 0);
  bytes[4] = envelope.kind;
  bytes[5] =
    (envelope.publicPayload === undefined ? 0 : FLAG_PUBLIC) |
    (envelope.isClockClamped ? FLAG_CLAMPED : 0);
  view.setBigUint64(8, BigInt(envelope.time));
  view.setBigUint64(16, BigInt(envelope.retainUntil));
  if (envelope.publicPayload === undefined) bytes.set(envelope.commitment, 24);
  bytes.set(envelope.accountTag, 56);
  bytes.set(envelope.actorTag, 72);
  bytes.set(payload, ENVELOPE_SIZE);
  return bytes;
}

/** Reads an entry that may be hostile. Throws a RangeError naming the byte that is wrong. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length < ENVELOPE_SIZE) throw new RangeError(`an entry of ${bytes.length} bytes`);
  for (let at = 0; at < MAGIC.length; at += 1)
    if (bytes[at] !== MAGIC[at]) throw new RangeError(`byte ${at}: not an SPE1 entry`);
  const kind = bytes[4] ?? 0;
  const flags = bytes[5] ?? 0;
  if (flags > (FLAG_PUBLIC | FLAG_CLAMPED)) throw new RangeError('byte 5: unknown flags');
  if (bytes[6] !== 0 || bytes[7] !== 0) throw new RangeError('byte 6: reserved bytes are not zero');
  const isPublic = (flags & FLAG_PUBLIC) !== 0;
  if (!isPublic && bytes.length !== ENVELOPE_SIZE)
    throw new RangeError(`byte ${ENVELOPE_SIZE}: bytes follow that no flag announces`);
  if (isPublic && bytes.length === ENVELOPE_SIZE)
    throw new RangeError(`byte ${ENVELOPE_SIZE}: a public entry without its payload`);
  return {
    kind,
    isClockClamped: (flags & FLAG_CLAMPED) !== 0,
    time: readTime(bytes, 8),
    retainUntil: readTime(bytes, 16),
    commitment: readCommitment(bytes, isPublic),
    accountTag: bytes.slice(56, 72),
    actorTag: bytes.slice(72, 88),
    publicPayload: isPublic ? bytes.slice(ENVELOPE_SIZE) : undefined,
  };
}

/** The commitment as it stands in an entry's bytes, without reading the rest. */
export function commitmentIn(entry: Uint8Array): Uint8Array {
  return entry.subarray(24, 56);
}

function readTime(bytes: Uint8Array, at: number): number {
  const time = readUint32(bytes, at) * 2 ** 32 + readUint32(bytes, at + 4);
  if (!Number.isSafeInteger(time)) throw new RangeError(`byte ${at}: a time out of range`);
  return time;
}

/** Big-endian. Cheaper than a view, which would be made for each entry of a log. */
function readUint32(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let place = at; place < at + 4; place += 1) value = value * 256 + (bytes[place] ?? 0);
  return value;
}

function readCommitment(bytes: Uint8Array, isPublic: boolean): Uint8Array {
  const commitment = bytes.slice(24, 56);
  if (isPublic && commitment.some((byte) => byte !== 0))
    throw new RangeError('byte 24: a public entry has a commitment');
  return commitment;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
/** A key of 32 bytes, the longer label and a number. */
const tagInput = new Uint8Array(64);
const tagView = new DataView(tagInput.buffer);
const TAG_LABELS = { account: encode('acct-tag/v1\n'), actor: encode('actor-tag/v1\n') };

/**
 * The n-th tag of an account or actor: the first 16 bytes of SHA-256(key ‖ label ‖ u64be(n)). Whoever
 * holds the key finds every entry of his, and a missing n is an omission.
 */
export function tagOf(
  sha256: Sha256,
  whose: 'account' | 'actor',
  key: Uint8Array,
  n: number,
): Uint8Array {
  const label = TAG_LABELS[whose];
  const input = tagInput.subarray(0, key.length + label.length + 8);
  input.set(key, 0);
  input.set(label, key.length);
  const at = key.length + label.length;
  tagView.setUint32(at, Math.floor(n / 2 ** 32));
  tagView.setUint32(at + 4, n % 2 ** 32);
  return sha256(input).slice(0, TAG_SIZE);
}
