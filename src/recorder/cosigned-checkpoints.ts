import type { Instant } from '../domain/time.ts';
import { addSignatures, openNote } from '../tlog/note.ts';
import { parseSignatures } from '../tlog/note-form.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import { isReached, type Quorum } from '../tlog/quorum.ts';
import { verifyEd25519 } from './crypto.ts';
import type { SignedCheckpoint } from './signed-checkpoint.ts';

/** A checkpoint that the quorum has cosigned, with the cosignatures, and since when it had. */
export interface WitnessedCheckpoint {
  readonly size: number;
  readonly note: Uint8Array;
  /** As the witnesses say. */
  readonly since: Instant;
}

/** Checkpoints that witnesses may still be at: each has one under way. */
const MAX_OPEN = 64;

/** Checkpoints and what witnesses have added to them. Smaller ones than the witnessed one are let go. */
export class CosignedCheckpoints {
  readonly #witnesses: readonly VerifierKey[];
  readonly #quorum: Quorum;
  /** By size, smallest first. */
  readonly #notes = new Map<number, Uint8Array>();
  #witnessed: WitnessedCheckpoint | undefined;

  constructor(witnesses: readonly VerifierKey[], quorum: Quorum) {
    this.#witnesses = witnesses;
    this.#quorum = quorum;
  }

  /** The largest that the quorum has cosigned. */
  get witnessed(): WitnessedCheckpoint | undefined {
    return this.#witnessed;
  }

  /** Takes a checkpoint that will be cosigned. Sizes only grow. */
  begin({ size, note }: SignedCheckpoint): void {
    if (this.#notes.has(size)) return;
    this.#notes.set(size, note);
    const [smallest = size] = this.#notes.keys();
    if (this.#notes.size > MAX_OPEN) this.#notes.delete(smallest);
  }

  /** The note with the cosignatures it has so far. */
  noteOf({ size, note }: SignedCheckpoint): Uint8Array {
    return this.#notes.get(size) ?? note;
  }

  /** Adds a cosignature, if its checkpoint is still held. Throws a TlogRefused for one that is wrong. */
  add(size: number, line: string): void {
    const note = this.#notes.get(size);
    if (note === undefined) return;
    const cosigned = addSignatures(verifyEd25519, this.#witnesses, note, parseSignatures(line));
    this.#notes.set(size, cosigned);
    const since = this.#reachedAt(cosigned);
    if (since === undefined || size < (this.#witnessed?.size ?? 0)) return;
    this.#witnessed = { size, note: cosigned, since };
    for (const held of this.#notes.keys()) if (held < size) this.#notes.delete(held);
  }

  /** When the last of the quorum cosigned; `undefined` if it is not reached. */
  #reachedAt(note: Uint8Array): Instant | undefined {
    const { signatures } = openNote(verifyEd25519, this.#witnesses, note);
    const times = signatures.map(({ time = 0 }) => time).toSorted((one, other) => one - other);
    const at = times.find((until) => {
      const early = signatures.filter(({ time = 0 }) => time <= until);
      return isReached(this.#quorum, new Set(early.map(({ key }) => key)));
    });
    return at === undefined ? undefined : at * 1000;
  }
}
