import { hashLeaf } from '../../src/tlog/hash.ts';
import { formatCheckpoint } from '../../src/tlog/checkpoint.ts';
import { signNote } from '../../src/tlog/note.ts';
import type { VerifierKey } from '../../src/tlog/note-key.ts';
import { formatWitnessRequest } from '../../src/tlog/witness-request.ts';
import { signerFor } from '../tlog/ed25519.ts';
import { naiveConsistency } from '../tlog/naive-proof.ts';
import { naiveRoot } from './naive-tree.ts';
import { sha256 } from './sha256.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A log in memory. Two of one name have one key, and are a fork where their leaves differ. */
export class SmallLog {
  readonly origin: string;
  readonly #leaves: readonly Uint8Array[];

  constructor(origin: string, leaves: readonly string[]) {
    this.origin = origin;
    this.#leaves = leaves.map((leaf) => hashLeaf(sha256, encode(leaf)));
  }

  get key(): VerifierKey {
    return signerFor(this.origin).key;
  }

  /** The text of a checkpoint. */
  text(size: number): string {
    const root = naiveRoot(this.#leaves.slice(0, size));
    return formatCheckpoint({ origin: this.origin, size, root });
  }

  note(size: number): Uint8Array {
    return signNote(this.text(size), [signerFor(this.origin)]);
  }

  proof(from: number, to: number): Uint8Array[] {
    return from === 0 ? [] : naiveConsistency(this.#leaves.slice(0, to), from);
  }

  /** The body of an `add-checkpoint` request. */
  request(from: number, to: number, over: { note?: Uint8Array; proof?: Uint8Array[] } = {}) {
    const { note = this.note(to), proof = this.proof(from, to) } = over;
    return formatWitnessRequest({ oldSize: from, proof, checkpoint: note });
  }
}

/** `count` leaves; from `other` on they are not those of another log. */
export function leavesOf(count: number, other = count): string[] {
  return Array.from({ length: count }, (_, at) => `${at < other ? 'leaf' : 'other leaf'} ${at}`);
}
