import type { Instant, Milliseconds } from '../domain/time.ts';
import { parseDecimal } from '../tlog/decimal.ts';
import { openNote } from '../tlog/note.ts';
import { formatSignature, parseSignatures, splitNote } from '../tlog/note-form.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import { decodeUtf8, encodeUtf8 } from '../tlog/utf8.ts';
import { formatWitnessRequest, type WitnessRequest } from '../tlog/witness-request.ts';
import { verifyEd25519 } from './crypto.ts';

/** `fetch`, as far as it is needed here. It must heed the signal, for the answer's body too. */
export type WitnessDial = (
  url: string,
  request: {
    readonly method: 'POST';
    readonly headers: Record<string, string>;
    readonly body: Uint8Array;
    readonly redirect: 'error';
    readonly signal: AbortSignal;
  },
) => Promise<Response>;

/** Whom to ask, and where. */
export interface AskedWitness {
  readonly key: VerifierKey;
  /** The submission prefix of C2SP tlog-witness, without a slash at its end. */
  readonly url: string;
}

export interface WitnessQuestion {
  readonly request: WitnessRequest;
  readonly signal: AbortSignal;
  readonly now: () => Instant;
}

/** A witness's own signature line, verified; or the size that it has cosigned and wants to go on from. */
export type WitnessReply =
  | { readonly is: 'cosigned'; readonly line: string }
  | { readonly is: 'elsewhere'; readonly size: number };

/** A hundred signature lines are fewer. */
const MAX_ANSWER_BYTES = 65_536;
const MAX_AHEAD_MS: Milliseconds = 5 * 60_000;
const MAX_AGE_MS: Milliseconds = 24 * 3_600_000;

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'it cannot read what it was sent (400)',
  403: 'it does not know the key of this log (403)',
  404: 'it does not know this log (404)',
  409: 'it has cosigned another root of this size (409): the log has forked, or the witness is wrong',
  413: 'it finds the request too long (413)',
  422: 'the log does not go on from what it has cosigned (422): the log has forked, or the witness is wrong',
  429: 'it was asked too often (429)',
};

/** Asks once for a cosignature. Throws with what went wrong, in words that repeat nothing of the answer. */
export async function askWitness(
  dial: WitnessDial,
  witness: AskedWitness,
  { request, signal, now }: WitnessQuestion,
): Promise<WitnessReply> {
  const answer = await dial(`${witness.url}/add-checkpoint`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/plain; charset=utf-8' },
    body: formatWitnessRequest(request),
    redirect: 'error',
    signal,
  });
  if (answer.status === 200) {
    const { text } = splitNote(request.checkpoint);
    return { is: 'cosigned', line: readLine(witness.key, text, await readText(answer), now()) };
  }
  if (answer.status === 409 && answer.headers.get('content-type') === 'text/x.tlog.size')
    return { is: 'elsewhere', size: readSize(await readText(answer)) };
  await answer.body?.cancel();
  throw new Error(MEANINGS[answer.status] ?? `it answered ${answer.status}`);
}

/** The witness's own line among those it answered, if it is what it should be; others' are passed over. */
function readLine(key: VerifierKey, text: string, answer: string, now: Instant): string {
  const own = parseSignatures(answer).find(({ name, id }) => name === key.name && id === key.id);
  if (own === undefined) throw new Error('it answered without a signature of its own');
  const line = formatSignature(own);
  const note = openNote(verifyEd25519, [key], encodeUtf8(`${text}\n${line}`));
  const at = (note.signatures[0]?.time ?? 0) * 1000;
  if (at > now + MAX_AHEAD_MS || at < now - MAX_AGE_MS)
    throw new Error('its cosignature states a time that cannot be: one of the clocks is wrong');
  return line;
}

function readSize(answer: string): number {
  const size = parseDecimal(answer.replace(/\n$/, ''));
  if (size === undefined) throw new Error('it answered with a size that is none');
  return size;
}

async function readText(answer: Response): Promise<string> {
  const body: AsyncIterable<Uint8Array> | readonly Uint8Array[] = answer.body ?? [];
  const parts: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels what is left of the body.
  for await (const part of body) {
    length += part.length;
    if (length > MAX_ANSWER_BYTES) throw new Error('its answer does not end');
    parts.push(part);
  }
  const text = decodeUtf8(Buffer.concat(parts));
  if (text === undefined) throw new Error('its answer is not UTF-8');
  return text;
}
