import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { holdLock } from '../store/sqlite/lock.ts';
import { parseCheckpoint } from '../tlog/checkpoint.ts';
import { openNote } from '../tlog/note.ts';
import { splitNote } from '../tlog/note-form.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { encodeUtf8 } from '../tlog/utf8.ts';
import { sha256, verifyEd25519 } from './crypto.ts';
import { readFileIfThere, replaceFile } from './private-file.ts';
import { WitnessRefused } from './witness-refused.ts';
import type { Cosigned } from './witness-submission.ts';

/** Two notes of one log that cannot both be true. */
export interface Evidence {
  readonly origin: string;
  readonly size: number;
  readonly notes: readonly [cosigned: Uint8Array, submitted: Uint8Array];
}

/** Pairs kept of one log. One convicts it; whoever holds its key could make any number of them. */
const MAX_PAIRS = 100;

/**
 * What a witness must not forget: for each log the checkpoint that it has cosigned last. One file a log,
 * `<hash of the origin>.checkpoint`; what two notes prove against a log lies beside them in `evidence/`.
 */
export class WitnessState {
  readonly #folder: string;
  readonly #unlock: () => void;
  readonly #last: Map<string, Cosigned>;

  private constructor(folder: string, unlock: () => void, last: Map<string, Cosigned>) {
    this.#folder = folder;
    this.#unlock = unlock;
    this.#last = last;
  }

  /** Throws a WitnessRefused if another process has the folder, or if `witness` has not cosigned what is in it. */
  static async open(
    folder: string,
    witness: VerifierKey,
    origins: readonly string[],
  ): Promise<WitnessState> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const unlock = lockFolder(folder);
    try {
      const last = new Map<string, Cosigned>();
      for (const origin of origins) {
        const cosigned = await readCosigned(fileOf(folder, origin), witness, origin);
        if (cosigned !== undefined) last.set(origin, cosigned);
      }
      return new WitnessState(folder, unlock, last);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  last(origin: string): Cosigned | undefined {
    return this.#last.get(origin);
  }

  /** Resolves once it is on disk. `note` has to bear the witness's own cosignature. */
  async replace(origin: string, cosigned: Cosigned): Promise<void> {
    await replaceFile(fileOf(this.#folder, origin), cosigned.note);
    this.#last.set(origin, cosigned);
  }

  /** Keeps two notes that cannot both be true, each pair once. Answers with the file it made, if it made one. */
  async keepEvidence(evidence: Evidence): Promise<string | undefined> {
    const folder = join(this.#folder, 'evidence');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const kept = await readdir(folder);
    const name = nameOf(evidence);
    const pairs = kept.filter((other) => other.startsWith(`${shortHash(evidence.origin)}-`));
    if (kept.includes(name) || pairs.length >= MAX_PAIRS) return undefined;
    const [cosigned, submitted] = evidence.notes;
    await replaceFile(join(folder, name), Buffer.concat([cosigned, encodeUtf8('\n'), submitted]));
    return join(folder, name);
  }

  close(): void {
    this.#unlock();
  }
}

function lockFolder(folder: string): () => void {
  try {
    return holdLock(join(folder, 'witness'));
  } catch (error) {
    throw new WitnessRefused(`another process is the witness of ${folder}`, { cause: error });
  }
}

async function readCosigned(
  file: string,
  witness: VerifierKey,
  origin: string,
): Promise<Cosigned | undefined> {
  const note = await readFileIfThere(file);
  if (note === undefined) return undefined;
  try {
    const { text } = openNote(verifyEd25519, [witness], note);
    const checkpoint = parseCheckpoint(text, { mayExtend: true });
    if (checkpoint.origin === origin) return { ...checkpoint, note };
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
  }
  throw new WitnessRefused(
    `${file} is no checkpoint of ${origin} that ${witness.name} has cosigned: it was damaged, or the key is another. ` +
      'Put back what belongs together. A witness that has lost its state ends, and a new one with a key of its own takes its place',
  );
}

function fileOf(folder: string, origin: string): string {
  return join(folder, `${shortHash(origin)}.checkpoint`);
}

/** The same for the same two texts, however they were signed. */
function nameOf({ origin, size, notes }: Evidence): string {
  const texts = notes.map((note) => shortHash(splitNote(note).text));
  return `${shortHash(origin)}-${size}-${texts.toSorted().join('-')}.notes`;
}

function shortHash(text: string): string {
  return Buffer.from(sha256(encodeUtf8(text)))
    .toString('hex')
    .slice(0, 32);
}
