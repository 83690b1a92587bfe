import type { Store } from '../store/store.ts';
import { HASH_SIZE } from '../tlog/hash.ts';
import { formatVerifierKey } from '../tlog/note-key.ts';
import { parseTilePath, type TilePath } from '../tlog/tile-path.ts';
import { widthOfTile } from '../tlog/tile.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import type { Publisher } from './publisher.ts';
import type { SignedCheckpoint } from './signed-checkpoint.ts';

/** Who knows what witnesses have added to a checkpoint. */
interface Cosigned {
  noteOf(checkpoint: SignedCheckpoint): Uint8Array;
}

/** What everybody may read of the log: nothing that no signed checkpoint covers (C2SP tlog-tiles). */
export class PublishedLog {
  readonly #store: Store;
  readonly #publisher: Publisher;
  readonly #cosigned: Cosigned | undefined;

  constructor(store: Store, publisher: Publisher, cosigned?: Cosigned) {
    this.#store = store;
    this.#publisher = publisher;
    this.#cosigned = cosigned;
  }

  /** The last checkpoint, a signed note, with the cosignatures it has so far; `undefined` before the first. */
  checkpoint(): Uint8Array | undefined {
    const { published } = this.#publisher;
    return published && (this.#cosigned?.noteOf(published) ?? published.note);
  }

  /** The keys to verify it with, one a line, the newest last (C2SP signed-note, section Verifier keys). */
  verifierKeys(): string {
    return this.#publisher.verifiers.map((key) => `${formatVerifierKey(key)}\n`).join('');
  }

  /** The bytes of `tile/…` as C2SP tlog-tiles names them; `undefined` for what is no tile of the published tree. */
  async readTile(path: string): Promise<Uint8Array | undefined> {
    const tile = parsePath(path);
    if (tile === undefined || !this.#isPublished(tile)) return undefined;
    const { level, index, width } = tile;
    const { reader } = this.#store;
    if (level === 'entries') return reader.entryBundle(index, width);
    return demandWhole(await reader.tile({ level, index, width }), width);
  }

  #isPublished({ level, index, width }: TilePath): boolean {
    const size = this.#publisher.published?.size ?? 0;
    return width <= widthOfTile(size, level === 'entries' ? 0 : level, index);
  }
}

/** What is handed out may be kept for ever by whoever gets it. */
function demandWhole(bytes: Uint8Array, width: number): Uint8Array {
  if (bytes.length !== width * HASH_SIZE) throw new Error('a published tile is not there any more');
  return bytes;
}

function parsePath(path: string): TilePath | undefined {
  try {
    return parseTilePath(path);
  } catch (error) {
    if (error instanceof TlogRefused) return undefined;
    throw error;
  }
}
