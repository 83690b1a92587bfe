import { decodeBase64, encodeBase64 } from './base64.ts';
import { joinBytes } from './bytes.ts';
import { isKeyName } from './note-key.ts';
import { TlogRefused } from './tlog-refused.ts';
import { decodeUtf8 } from './utf8.ts';

/** A note taken apart; nothing in it has been verified. */
export interface UnverifiedNote {
  /** With its last newline, without the blank line behind it. */
  readonly text: string;
  readonly signatures: readonly SignatureLine[];
}

/** Who claims to have signed, and what stands behind the key's id. */
export interface SignatureLine {
  readonly name: string;
  readonly id: number;
  readonly bytes: Uint8Array;
}

const MAX_NOTE_BYTES = 1_000_000;
const MAX_SIGNATURES = 100;
const ID_SIZE = 4;

/**
 * Takes a note apart at its last blank line (C2SP signed-note, section Format). Throws a TlogRefused
 * `note-malformed` for what is not UTF-8, for control characters, lines that are no signatures, no
 * signature or more than 100, and more than a million bytes.
 */
export function splitNote(bytes: Uint8Array): UnverifiedNote {
  if (bytes.length > MAX_NOTE_BYTES) throw malformed('the note is too long');
  const note = decodeUtf8(bytes);
  if (note === undefined) throw malformed('the note is not UTF-8');
  if (!isNoteText(note)) throw malformed('the note has control characters or no last newline');
  const blank = note.lastIndexOf('\n\n');
  if (blank < 0) throw malformed('no blank line stands before the signatures');
  return { text: note.slice(0, blank + 1), signatures: parseSignatures(note.slice(blank + 2)) };
}

/** Whether a text can be signed: lines that each end with a newline, without control characters. */
export function isNoteText(text: string): boolean {
  return text.isWellFormed() && /^[^\0-\x09\x0b-\x1f]*\n$/.test(text);
}

/** One or more signature lines, as they end a note and as a witness answers. Throws a TlogRefused `note-malformed`. */
export function parseSignatures(text: string): SignatureLine[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw malformed('the last line does not end');
  if (lines.length === 0) throw malformed('the note has no signature');
  if (lines.length > MAX_SIGNATURES) throw malformed('the note has too many signatures');
  return lines.map(parseSignature);
}

/** A signature line with its newline. */
export function formatSignature({ name, id, bytes }: SignatureLine): string {
  const idBytes = Uint8Array.of(id >>> 24, id >>> 16, id >>> 8, id);
  return `— ${name} ${encodeBase64(joinBytes(idBytes, bytes))}\n`;
}

function parseSignature(line: string, at: number): SignatureLine {
  const [, name = '', base64 = ''] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
  const bytes = decodeBase64(base64);
  if (!isKeyName(name) || bytes === undefined || bytes.length <= ID_SIZE)
    throw malformed(`signature line ${at + 1} is none`);
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const id = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  return { name, id, bytes: bytes.slice(ID_SIZE) };
}

function malformed(detail: string): TlogRefused {
  return new TlogRefused('note-malformed', detail);
}
