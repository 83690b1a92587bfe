import { encodeBase64 } from '../tlog/base64.ts';
import { type DisclosedContent, readDisclosed, writeDisclosed } from './disclosed.ts';

/**
 * A bundle is one ZIP file: its members in the order of their names, stored, without times. It holds
 * everything that is needed to verify the entries in it offline, against keys its reader already has.
 */
export const BUNDLE_FORMAT = 'sallyport-bundle/v1';

/** The members' names. */
export const MEMBERS = {
  /** Roots of the perfect subtrees behind the range, 32 bytes each. */
  after: 'after',
  /** The right edge of the tree before the range, 32 bytes a hash. */
  before: 'before',
  /** The signed note, to the letter. */
  checkpoint: 'checkpoint',
  /** A line for each content that is shown: `ContentLine`. */
  contents: 'contents.ndjson',
  /** The envelopes of the range, each behind its length as u16 big-endian. */
  entries: 'entries',
  keys: 'keys.json',
  manifest: 'manifest.json',
  /** A line for each entry outside the range: `SelectedLine`. */
  selected: 'selected.ndjson',
  /** An earlier checkpoint that was asked for, and the consistency proof from it: a hash in base 64 a line. */
  since: 'since/checkpoint',
  sinceProof: 'since/proof',
  /** A line for each content that is not shown: `WithheldLine`. */
  withheld: 'withheld.ndjson',
} as const;

export interface Manifest {
  readonly format: typeof BUNDLE_FORMAT;
  readonly origin: string;
  readonly size: number;
  readonly range: { readonly from: number; readonly to: number };
  /** What was asked, as the query string of the request. */
  readonly query: string;
  /** The indexes of the entries of kinds 19 and 20 that are in it. */
  readonly ahead: readonly number[];
}

/** What `keys.json` holds. */
export interface KeysMember {
  /** Verifier keys, as lines of C2SP signed-note. They prove nothing: verify with keys you have from elsewhere. */
  readonly log: readonly string[];
  readonly tags: readonly {
    readonly whose: 'account' | 'actor';
    readonly name: string;
    /** In hex. */
    readonly key: string;
    readonly next?: number;
  }[];
}

/** An entry outside the range; entry and hashes of its inclusion proof in base 64. */
export interface SelectedLine {
  readonly index: number;
  readonly entry: string;
  readonly proof: readonly string[];
}

/**
 * Why a content is not shown: it was not asked for, it is somebody else's, it is not disclosed yet, or it was
 * erased after the checkpoint, so that no erasure entry in the bundle covers it.
 */
export type WithheldReason = 'not-asked' | 'not-yours' | 'sealed' | 'erased';

export interface WithheldLine {
  readonly index: number;
  readonly reason: string;
}

export interface ContentLine {
  readonly index: number;
  readonly content: DisclosedContent;
}

/** One line of `selected.ndjson`, without its line feed. */
export function writeSelectedLine(
  index: number,
  entry: Uint8Array,
  proof: readonly Uint8Array[],
): string {
  const line: SelectedLine = { index, entry: encodeBase64(entry), proof: proof.map(encodeBase64) };
  return JSON.stringify(line);
}

/** One line of `contents.ndjson`, without its line feed. */
export function writeContentLine({ index, content }: ContentLine): string {
  return JSON.stringify({ index, ...writeDisclosed(content) });
}

/** Throws a SyntaxError that says what is wrong with the line. */
export function readContentLine(line: string): ContentLine {
  const json: unknown = JSON.parse(line);
  const index =
    typeof json === 'object' && json !== null && 'index' in json ? json.index : undefined;
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0)
    throw new SyntaxError('a content without its index');
  return { index, content: readDisclosed(json) };
}
