import { signText } from '../../src/tlog/note.ts';
import { formatSignature, splitNote } from '../../src/tlog/note-form.ts';
import { parseWitnessRequest } from '../../src/tlog/witness-request.ts';
import { signerFor } from '../tlog/ed25519.ts';

/** What a witness answers to a body; it heeds the signal. */
export type Answer = (body: Uint8Array, signal: AbortSignal) => Response | Promise<Response>;

/** The time in seconds, as cosignatures state it. */
export const seconds = (): number => Math.floor(Date.now() / 1000);

/** Cosigns the text of whatever it is sent, or what was made of it, at a time in seconds. */
export function cosignAt(
  name: string,
  time: () => number,
  change: (text: string) => string = (text) => text,
): Answer {
  return (body) => {
    const { text } = splitNote(parseWitnessRequest(body).checkpoint);
    const line = signText(change(text), signerFor(name, 'cosignature'), time());
    return new Response(formatSignature(line));
  };
}

/** Never answers, and goes away when it is told. */
export const hang: Answer = (_, signal) =>
  new Promise<Response>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

/** Begins an answer, and does not go on. */
export const stall: Answer = (_, signal) =>
  new Response(
    new ReadableStream({
      start: (to) => signal.addEventListener('abort', () => to.error(signal.reason)),
    }),
  );

/** Answers for ever. */
export const endless: Answer = () =>
  new Response(
    new ReadableStream<Uint8Array>({
      pull: (to) => to.enqueue(new Uint8Array(10_000).fill(0x41)),
    }),
  );

export const TREE_SIZE = 'text/x.tlog.size';

export function refusing(status: number, body = '', type = 'text/plain'): Answer {
  return () => new Response(body, { status, headers: { 'Content-Type': type } });
}

/** Does not take connections. */
export const down: Answer = () =>
  Promise.reject(new TypeError('fetch failed', { cause: new Error('connect refused') }));
