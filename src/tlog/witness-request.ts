import { parseDecimal } from './decimal.ts';
import { formatHashes, formatHeaded, parseHashes, parseHeaded } from './proof-lines.ts';
import { TlogRefused } from './tlog-refused.ts';

/** What a log sends a witness (C2SP tlog-witness, section add-checkpoint). */
export interface WitnessRequest {
  /** The size of the checkpoint that the witness cosigned last; 0 if none. */
  readonly oldSize: number;
  /** The consistency proof from there; empty from size 0. */
  readonly proof: readonly Uint8Array[];
  /** A checkpoint with its signatures, to the letter. */
  readonly checkpoint: Uint8Array;
}

/** The body of the request. */
export function formatWitnessRequest(request: WitnessRequest): Uint8Array {
  const lines = [`old ${request.oldSize}`, ...formatHashes(request.proof)];
  return formatHeaded({ lines, checkpoint: request.checkpoint });
}

/** Reads a request without verifying anything. Throws a TlogRefused `request-malformed`. */
export function parseWitnessRequest(bytes: Uint8Array): WitnessRequest {
  const { lines, checkpoint } = parseHeaded(bytes) ?? raise('no blank line follows the proof');
  const [old = '', ...hashLines] = lines;
  const size = old.startsWith('old ') ? parseDecimal(old.slice('old '.length)) : undefined;
  return {
    oldSize: size ?? raise('the first line is no old size'),
    proof: parseHashes(hashLines) ?? raise('a line is no hash'),
    checkpoint,
  };
}

function raise(detail: string): never {
  throw new TlogRefused('request-malformed', detail);
}
