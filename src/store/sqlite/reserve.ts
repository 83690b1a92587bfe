import { randomFillSync } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat, statfs, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Milliseconds } from '../../domain/time.ts';

/** What whoever runs the gateway has to hear of. */
export type ReserveReport =
  /** There is none, and no room to make one. Told once. */
  | { readonly is: 'missing'; readonly roomBytes: number }
  /** The disk is full, and it was given up for the last records. */
  | { readonly is: 'freed' }
  | { readonly is: 'made' };

export const RESERVE_BYTES = 64 * 1024 * 1024;
const LOOK_EVERY_MS: Milliseconds = 1000;
/** With less room than this the next write may fail: the log's, or that of a checkpoint. */
const LAST_ROOM_BYTES = 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
/** Written out piece by piece, with pauses: the syncs of the log go first. */
const CHUNKS_A_SYNC = 4;

/**
 * Room on the log's disk that is kept for the day on which it is full: a file that is emptied then, so that ends,
 * revocations, a last checkpoint and the shutdown can still be written. It is made while that leaves as
 * much room again. An empty file says, to the next start too, that the reserve is in use.
 */
export class Reserve {
  readonly #file: string;
  readonly #bytes: number;
  readonly #report: (report: ReserveReport) => void;
  #state: 'none' | 'kept' | 'freed' = 'none';
  #hasSaidMissing = false;
  #isClosing = false;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Beside `database`; with 0 bytes there is never one. */
  constructor(database: string, bytes: number, report: (report: ReserveReport) => void) {
    this.#file = `${database}.reserve`;
    this.#bytes = bytes;
    this.#report = report;
  }

  /** Whether it is in use: until it has been made again, nothing may begin that needs an end. */
  get isFreed(): boolean {
    return this.#state === 'freed';
  }

  /** Finds what an earlier run has left. One in use is made again first, if there is room; a first one is made by and by. */
  async start(): Promise<void> {
    if (this.#bytes === 0) return;
    const found = await sizeOf(this.#file);
    if (found !== undefined) this.#state = found >= this.#bytes ? 'kept' : 'freed';
    const looked = this.#look();
    if (found !== undefined) await looked;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Gives its room up. It does not fail: what cannot be freed is no help. */
  async free(): Promise<void> {
    if (this.#state !== 'kept') return;
    this.#state = 'freed';
    this.#report({ is: 'freed' });
    await truncate(this.#file, 0).catch(() => rm(this.#file, { force: true }).catch(() => {}));
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** One look at a time. A disk that does not say how much room it has is looked at again. */
  #look(): Promise<void> {
    this.#looking ??= this.#tend()
      .catch(() => {})
      .finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #tend(): Promise<void> {
    const room = await roomBeside(this.#file);
    if (this.#state === 'kept') return this.#tendKept(room);
    if (room >= 2 * this.#bytes) return this.#make();
    if (this.#state === 'none' && !this.#hasSaidMissing)
      this.#report({ is: 'missing', roomBytes: room });
    this.#hasSaidMissing = true;
  }

  async #tendKept(room: number): Promise<void> {
    if (room < LAST_ROOM_BYTES) return this.free();
    // Whoever has removed it wanted room: there is nothing in it that anybody needs.
    const isThere = ((await sizeOf(this.#file)) ?? 0) >= this.#bytes;
    if (!isThere && this.#state === 'kept') this.#state = 'none';
  }

  async #make(): Promise<void> {
    const draft = `${this.#file}.new`;
    try {
      await this.#fill(draft);
      await rename(draft, this.#file);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    this.#state = 'kept';
    this.#report({ is: 'made' });
  }

  async #fill(draft: string): Promise<void> {
    const file = await open(draft, 'w', 0o600);
    try {
      await this.#write(file);
    } finally {
      await file.close();
    }
  }

  /** Noise, which no file system can compress or leave out. */
  async #write(file: FileHandle): Promise<void> {
    const noise = randomFillSync(new Uint8Array(CHUNK_BYTES));
    for (let at = 0, chunks = 1; at < this.#bytes; at += CHUNK_BYTES, chunks += 1) {
      if (this.#isClosing) throw new Error('the store is being closed');
      await file.write(noise, 0, Math.min(CHUNK_BYTES, this.#bytes - at));
      if (chunks % CHUNKS_A_SYNC === 0) await syncGently(file);
    }
    await file.sync();
  }
}

/** Rests for as long as the disk was busy. */
async function syncGently(file: FileHandle): Promise<void> {
  const begun = performance.now();
  await file.datasync();
  const tookMs = performance.now() - begun;
  await new Promise((resolve) => setTimeout(resolve, tookMs));
}

async function roomBeside(file: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(file));
  return bavail * bsize;
}

async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.size;
}
