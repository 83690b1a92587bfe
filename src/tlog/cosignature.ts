import { joinBytes } from './bytes.ts';
import { encodeUtf8 } from './utf8.ts';

/** A signature and the time it was made, seconds since the epoch. */
export interface TimedSignature {
  readonly time: number;
  readonly signature: Uint8Array;
}

const TIME_SIZE = 8;

/**
 * The bytes a witness signs: header and time, one line each, and the checkpoint's text without
 * signatures (C2SP tlog-cosignature, section Ed25519 signed message). `time` in seconds since the epoch.
 */
export function cosignedMessage(text: string, time: number): Uint8Array {
  if (!Number.isSafeInteger(time) || time < 0)
    throw new RangeError(`${time} is no time in seconds`);
  return encodeUtf8(`cosignature/v1\ntime ${time}\n${text}`);
}

/** The time as 64 bits, big-endian, and the signature behind it. */
export function encodeTimedSignature({ time, signature }: TimedSignature): Uint8Array {
  const bytes = new Uint8Array(TIME_SIZE);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(time));
  return joinBytes(bytes, signature);
}

/** Reads it back; `undefined` if it is too short, or its time beyond 2^53−1. */
export function decodeTimedSignature(bytes: Uint8Array): TimedSignature | undefined {
  if (bytes.length <= TIME_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const time = Number(view.getBigUint64(0));
  if (!Number.isSafeInteger(time)) return undefined;
  return { time, signature: bytes.slice(TIME_SIZE) };
}
